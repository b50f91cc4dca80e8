"""Start here: what is done of a first campaign, what DNS and relays say, for each role her own."""

import pytest
from django.contrib.auth.models import Group
from django.test import override_settings

from campaigns import domains
from tests.make import make_contact, make_sender, make_topic, make_user
from tests.sink import Sink

pytestmark = pytest.mark.django_db
START = "/admin/start/"


@pytest.fixture
def desk(client):
    client.force_login(make_user())
    return client


@pytest.fixture
def dns(monkeypatch):
    """Answer by a table instead of the network; what is not in it does not exist."""
    records = {}
    monkeypatch.setattr(domains, "texts", lambda name: records.get(name, []))
    return records


def relay(**options):
    return {"name": "main", "kind": "smtp", "weight": 1, "options": {"tls": "none", "username": "", **options}}


def done(desk):
    return [step.key for step in desk.get(START).context["steps"] if step.is_done]


def test_steps_are_ticked_as_they_are_done(desk):
    assert done(desk) == []

    make_sender(brand=make_topic().brand)
    assert done(desk) == ["begin"]
    make_contact()
    assert done(desk) == ["begin", "people"]
    assert "fan-step-done" in desk.get(START).content.decode()


def test_it_says_what_the_dns_lacks_and_how_to_mend_it(desk, dns):
    make_sender(from_email="bonjour@mail.brand.example")
    dns["mail.brand.example"] = ["v=spf1 include:relay.example -all"]

    page = desk.get(START + "leaving/").content.decode()

    assert "SPF of mail.brand.example</b> published" in page
    assert "DMARC of mail.brand.example</b> not published" in page and "v=DMARC1" in page


def test_it_says_whether_the_relay_takes_our_connection(desk, dns):
    with Sink() as sink, override_settings(FANFARE_RELAYS=[relay(host="127.0.0.1", port=sink.port)]):
        assert "takes our connection" in desk.get(START + "leaving/").content.decode()
    with override_settings(FANFARE_RELAYS=[relay(host="127.0.0.1", port=1)]):
        assert "does not take our connection: ConnectionRefusedError" in desk.get(START + "leaving/").content.decode()
    outbox = [{"name": "outbox", "kind": "outbox", "weight": 1, "options": {}}]
    with override_settings(FANFARE_RELAYS=outbox):
        assert "nothing leaves this house yet" in desk.get(START + "leaving/").content.decode()


def test_who_writes_no_campaigns_has_nothing_to_start_and_a_manager_of_a_shop_has_two_steps(client):
    for role, status, n in (("analyst", 403, 0), ("place manager", 200, 2), ("marketer", 200, 4)):
        user = make_user(username=role, is_superuser=False)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        page = client.get(START)
        assert page.status_code == status and (not n or len(page.context["steps"]) == n), role
        assert client.get(START + "leaving/").status_code == (200 if role == "marketer" else 403 if n else 200), role
