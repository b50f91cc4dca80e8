"""A test mail: as one contact would get it, to testers, counted nowhere."""

import email
import email.policy

import pytest
from django.urls import reverse

from campaigns.delivery import trial
from campaigns.models import Delivery, Event, OutboxMail
from contacts.models import AuditEntry
from tests.make import make_campaign, make_contact, make_mail, make_user
from tests.sink import Sink

pytestmark = pytest.mark.django_db


def parsed(kept):
    return email.message_from_bytes(bytes(kept.message), policy=email.policy.default)


def test_a_test_reaches_each_tester_as_the_contact_would_get_it():
    campaign = make_mail(subject="Hi {{ contact.first_name }}")
    ann = make_contact(first_name="Ann", topic=campaign.topic)

    assert trial.send(campaign, ["a@x.example", "b@x.example", "a@x.example"], contact=ann, by="marie") == 2

    first, second = OutboxMail.objects.order_by("pk")
    assert (first.recipient, second.recipient) == ("a@x.example", "b@x.example")
    mail = parsed(first)
    assert mail["subject"] == "[Test] Hi Ann" and mail["to"] == "a@x.example"
    assert mail["list-unsubscribe"] is None and mail["list-unsubscribe-post"] is None
    assert "/u/" not in mail.get_body(("html",)).get_content() and "/w/" in mail.get_body(("html",)).get_content()
    assert not Delivery.objects.exists() and not Event.objects.exists()
    assert AuditEntry.objects.get().verb == "sent a test of"


@pytest.mark.parametrize("addresses", [[], [" "], ["nobody"], ["a@x.example\r\nBcc: b@x.example"]])
def test_what_is_no_address_is_refused_before_anything_is_sent(addresses):
    with pytest.raises(trial.NotSent):
        trial.send(make_mail(), addresses, by="marie")
    assert not OutboxMail.objects.exists()


def test_twenty_one_testers_are_too_many_and_a_draft_without_mail_has_none():
    with pytest.raises(trial.NotSent):
        trial.send(make_mail(), [f"{n}@x.example" for n in range(21)], by="marie")
    with pytest.raises(trial.NotSent):
        trial.send(make_campaign(), ["a@x.example"], by="marie")


def test_the_page_sends_it_and_says_what_is_wrong(client):
    campaign = make_mail()
    client.force_login(make_user())
    url = reverse("admin:campaigns_campaign_test", args=[campaign.pk])

    said = client.post(url, {"addresses": "a@x.example, b@x.example"}, follow=True).text
    assert "on its way to 2 addresses" in said and OutboxMail.objects.count() == 2
    assert "is no e-mail address" in client.post(url, {"addresses": "nobody"}, follow=True).text
    assert client.get(url).status_code == 405
    client.force_login(make_user(username="paul", is_superuser=False))
    assert client.post(url, {"addresses": "a@x.example"}).status_code == 403


def test_a_relay_carries_it_over_the_wire_and_its_refusal_is_told(settings):
    def script(phase, n, line):
        return "550 no such user" if phase == "rcpt" and "nobody" in line else None

    with Sink(script=script) as sink:
        options = {"host": "127.0.0.1", "port": sink.port}
        settings.FANFARE_RELAYS = [{"name": "main", "kind": "smtp", "weight": 1, "options": options}]
        campaign = make_mail()
        trial.send(campaign, ["a@x.example"], by="marie")
        with pytest.raises(trial.NotSent, match="The relay did not take it"):
            trial.send(campaign, ["nobody@x.example"], by="marie")

    assert len(sink.messages) == 1 and b"To: <a@x.example>" in sink.messages[0]
