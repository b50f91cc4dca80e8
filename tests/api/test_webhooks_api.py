"""Webhooks end to end: a partner asks, something happens, her server hears of it, signed, in order, once or more."""

import ipaddress
import json
from datetime import timedelta

import pytest
import standardwebhooks
import time_machine
from django.db import connection
from django.utils import timezone

from campaigns.models import OutboxMail
from campaigns.tracking import events
from config.partners.models import WebhookAttempt, WebhookEndpoint
from config.partners.webhooks import delivering, kinds, owing
from config.tasks import forget_webhooks, tell_partners
from contacts import consent, idempotency, privacy
from contacts.models import Consent, IdempotencyKey
from tests.api.conftest import Partner
from tests.api.receiver import Receiver
from tests.make import make_campaign, make_contact, make_place, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback(settings):
    settings.OUTSIDE_ALSO = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def subscribe(partner, receiver, *names):
    return partner.post("/api/v1/webhooks/", {"url": receiver.url, "events": list(names)}).json()


def click(contact, number, campaign=None):
    return events.record("click", key=f"test:{number}", contact=contact, campaign=campaign)


def agreed(**fields):
    return make_contact(open_tracking_at=timezone.now(), click_tracking_at=timezone.now(), **fields)


def test_what_happens_reaches_the_partner_signed_as_standard_webhooks(partner, receiver):
    hook = subscribe(partner, receiver)
    ann, campaign = agreed(), make_campaign()
    act = click(ann, 1, campaign)

    tell_partners()

    [created, clicked] = receiver.verified(hook["secret"])
    assert created["type"] == "contact.created" and created["data"]["contact"] == ann.pk
    assert clicked["type"] == "email.clicked" and clicked["data"]["campaign"] == campaign.pk
    assert receiver.requests[1][0]["webhook-id"] == f"event-{act.pk}"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        receiver.verified("whsec_" + "A" * 43 + "=")


def test_each_happening_is_told_once_however_often_the_task_runs(partner, receiver):
    subscribe(partner, receiver, "email.clicked")
    click(agreed(), 1)

    for _round in range(3):
        tell_partners()

    assert len(receiver.requests) == 1
    assert WebhookAttempt.objects.get().delivered_at


def test_a_new_endpoint_hears_nothing_of_what_was_before(partner, receiver):
    click(agreed(), 1)

    subscribe(partner, receiver)
    tell_partners()

    assert receiver.requests == []


def test_only_chosen_kinds_come_and_only_those_the_scopes_allow(receiver):
    reader = Partner("webhooks:write", "webhooks:read", "events:read", owner=make_user(username="reader"))
    refused = reader.post("/api/v1/webhooks/", {"url": receiver.url, "events": ["contact.created"]})
    unknown = reader.post("/api/v1/webhooks/", {"url": receiver.url, "events": ["email.clickd"]})
    subscribe(reader, receiver)
    click(agreed(), 1)

    tell_partners()

    assert refused.status_code == 422 and "contacts:read" in refused.json()["detail"]
    assert unknown.status_code == 422 and "email.clicked" in unknown.json()["detail"]
    assert [json.loads(body)["type"] for body in receiver.told] == ["email.clicked"]


def test_a_key_bound_to_a_topic_or_a_place_hears_of_nothing_else(partner, receiver):
    subscribe(partner, receiver, "email.clicked")
    mine, others = make_campaign(), make_campaign(topic=make_topic(slug="other"), name="Other")
    partner.key.topics.add(mine.topic)
    ann = agreed()
    click(ann, 1, mine), click(ann, 2, others)
    tell_partners()

    partner.key.places.add(make_place())
    click(ann, 3, mine)
    tell_partners()

    assert [json.loads(body)["data"]["campaign"] for body in receiver.told] == [mine.pk]


def test_acts_are_told_only_while_the_person_agrees(partner, receiver):
    subscribe(partner, receiver, "email.clicked", "email.opened", "consent.withdrawn")
    ann = agreed()
    click(ann, 1)
    events.record("open", key="test:2", contact=ann)
    consent.withdraw(ann, Consent.Purpose.CLICK_TRACKING, method=Consent.Method.PREFERENCES)

    tell_partners()

    assert sorted(json.loads(body)["type"] for body in receiver.told) == ["consent.withdrawn", "email.opened"]


def test_an_erasure_is_told_by_number_alone_and_takes_back_what_was_owed(partner, receiver):
    receiver.answer = 503
    subscribe(partner, receiver)
    ann = agreed()
    click(ann, 1)
    tell_partners()
    receiver.answer = 204

    privacy.erase_contact(ann)
    WebhookEndpoint.objects.update(retry_at=None)
    tell_partners()

    assert [json.loads(body)["data"] for body in receiver.told] == [{"contact": ann.pk}]
    assert "ann@example.com" not in str(receiver.requests)


def test_a_receiver_that_was_down_gets_everything_in_order_for_each_person(partner, receiver):
    subscribe(partner, receiver, "email.clicked")
    ann, ben = agreed(), agreed(email="ben@example.com")
    receiver.answer = 500
    for number in range(20):
        click(ann if number % 2 else ben, number)
        tell_partners()
    tried_while_down = len(receiver.requests)
    receiver.answer = 204

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        tell_partners()

    told = [json.loads(body)["data"] for body in receiver.told]
    assert tried_while_down == 1  # the endpoint waits as a whole, so that nobody hammers a server that is down
    assert len(told) == 20
    for person in (ann, ben):
        numbers = [one["event"] for one in told if one["contact"] == person.pk]
        assert numbers == sorted(numbers) and len(numbers) == 10


def test_one_refused_message_holds_up_only_its_person(partner, receiver):
    subscribe(partner, receiver, "email.clicked")
    ann, ben = agreed(), agreed(email="ben@example.com")
    poison, behind, other = click(ann, 1), click(ann, 2), click(ben, 3)
    receiver.answer = lambda body: 422 if json.loads(body)["data"]["event"] == poison.pk else 204
    tell_partners()
    assert [json.loads(body)["data"]["event"] for body in receiver.told] == [other.pk]

    with time_machine.travel(timezone.now() + timedelta(days=3, hours=1)):
        tell_partners()
        tell_partners()

    assert [json.loads(body)["data"]["event"] for body in receiver.told] == [other.pk, behind.pk]
    assert WebhookAttempt.objects.get(given_up_at__isnull=False).status == 422


def test_after_three_days_of_failure_it_is_switched_off_and_its_owner_is_mailed(receiver):
    owner = make_user(username="olga", email="olga@partner.example")
    partner = Partner(owner=owner)
    make_sender()
    hook = subscribe(partner, receiver, "email.clicked")
    receiver.answer = 500
    click(agreed(), 1)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _try in range(40):
            tell_partners()
            clock.shift(timedelta(hours=7))

    shown = partner.get(f"/api/v1/webhooks/{hook['id']}/").json()
    assert shown["is_active"] is False and "three days" in shown["disabled_reason"]
    assert OutboxMail.objects.get().recipient == "olga@partner.example"

    receiver.answer = 204
    partner.patch(f"/api/v1/webhooks/{hook['id']}/", {"is_active": True})
    tell_partners()

    assert len(receiver.told) == 1


def test_gone_switches_it_off_at_once(partner, receiver):
    subscribe(partner, receiver, "email.clicked")
    receiver.answer = 410
    click(agreed(), 1)

    tell_partners()

    assert WebhookEndpoint.objects.get().is_active is False


def test_a_redirect_is_not_followed_and_no_answer_is_shown(partner, receiver):
    hook = subscribe(partner, receiver, "email.clicked")
    receiver.answer = 302
    click(agreed(), 1)
    tell_partners()

    log = partner.get(f"/api/v1/webhooks/{hook['id']}/messages/")

    assert len(receiver.requests) == 1 and log.json()["results"][0]["status"] == 302
    assert "secrets of the receiver" not in log.content.decode()


def test_while_a_secret_is_rotated_old_and_new_verify(partner, receiver):
    hook = subscribe(partner, receiver, "email.clicked")
    fresh = partner.post(f"/api/v1/webhooks/{hook['id']}/rotate-secret/").json()["secret"]
    click(agreed(), 1)
    tell_partners()
    assert receiver.verified(fresh) == receiver.verified(hook["secret"])

    receiver.requests.clear()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        click(agreed(email="ben@example.com"), 2)
        tell_partners()
        assert len(receiver.verified(fresh)) == 1
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            receiver.verified(hook["secret"])


def test_a_test_event_tells_how_the_server_answered(partner, receiver):
    hook = subscribe(partner, receiver)

    good = partner.post(f"/api/v1/webhooks/{hook['id']}/test/").json()
    receiver.close()
    bad = partner.post(f"/api/v1/webhooks/{hook['id']}/test/").json()

    assert good["status"] == 204 and receiver.verified(hook["secret"])[0]["type"] == kinds.TEST
    assert bad["status"] is None and bad["error"] == "no answer"


@pytest.mark.django_db(transaction=True)
def test_a_test_with_a_key_is_sent_once_and_holds_nobody_up(partner, receiver):
    hook = subscribe(partner, receiver)
    path, headers = f"/api/v1/webhooks/{hook['id']}/test/", partner.headers(Idempotency_Key="t-1")
    told = []

    def meanwhile(_body):
        """The same request comes again before the first has its answer, from another thread with its own connection."""
        told.append(partner.client.post(path, "{}", "application/json", headers=headers))
        connection.close()
        return 204

    receiver.answer = meanwhile
    first = partner.client.post(path, "{}", "application/json", headers=headers)
    again = partner.client.post(path, "{}", "application/json", headers=headers)

    assert first.status_code == again.status_code == 200 and first.content == again.content
    assert len(receiver.requests) == 1 and WebhookAttempt.objects.count() == 1
    assert (told[0].status_code, told[0].json()["code"]) == (409, "idempotency_running")


def test_a_test_whose_process_died_can_be_asked_again(partner, receiver):
    hook = subscribe(partner, receiver)
    path, headers = f"/api/v1/webhooks/{hook['id']}/test/", partner.headers(Idempotency_Key="t-1")
    partner.client.post(path, "{}", "application/json", headers=headers)
    IdempotencyKey.objects.update(status=None, answer=None)  # as a kill -9 before the answer leaves it

    at_once = partner.client.post(path, "{}", "application/json", headers=headers)
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.LONGEST_OUTSIDE)
    later = partner.client.post(path, "{}", "application/json", headers=headers)

    assert (at_once.status_code, later.status_code, len(receiver.requests)) == (409, 200, 2)


def test_what_was_delivered_can_be_replayed_under_its_old_id(partner, receiver):
    hook = subscribe(partner, receiver, "email.clicked")
    click(agreed(), 1)
    tell_partners()

    one = partner.post(f"/api/v1/webhooks/{hook['id']}/replay/", {"also_delivered": True}).json()
    tell_partners()

    assert one == {"replayed": 1}
    assert len({headers["webhook-id"] for headers, _body in receiver.requests}) == 1 and len(receiver.requests) == 2


def test_unsubscribing_forgets_the_endpoint_and_what_it_was_owed(partner, receiver):
    hook = subscribe(partner, receiver, "email.clicked")
    click(agreed(), 1)
    owing.owe()

    gone = partner.client.delete(f"/api/v1/webhooks/{hook['id']}/", headers=partner.headers())
    tell_partners()

    assert gone.status_code == 204 and receiver.requests == [] and not WebhookAttempt.objects.exists()


def test_partners_see_only_their_own_webhooks(partner, receiver):
    hook = subscribe(partner, receiver)
    other = Partner(owner=make_user(username="other"))

    assert other.get("/api/v1/webhooks/").json()["results"] == []
    for path in ("", "messages/"):
        assert other.get(f"/api/v1/webhooks/{hook['id']}/{path}").status_code == 404
    assert other.post(f"/api/v1/webhooks/{hook['id']}/test/").status_code == 404
    assert "secret" not in partner.get(f"/api/v1/webhooks/{hook['id']}/").json()


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/", "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/", "ftp://x.example/", "http://192.168.1.1:80/"],
)  # fmt: skip
def test_no_webhook_leads_into_our_network(partner, url):
    refused = partner.post("/api/v1/webhooks/", {"url": url})

    assert refused.status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_a_name_that_turns_inward_later_is_not_asked(partner, receiver, settings):
    subscribe(partner, receiver, "email.clicked")
    settings.OUTSIDE_ALSO = []
    click(agreed(), 1)

    tell_partners()

    assert receiver.requests == []
    assert "private network" in WebhookAttempt.objects.get().error


def test_two_workers_at_once_send_nothing_twice(partner, receiver):
    subscribe(partner, receiver, "email.clicked")
    click(agreed(), 1)
    owing.owe()
    WebhookEndpoint.objects.update(leased_until=timezone.now() + timedelta(minutes=1))

    delivering.deliver()
    assert receiver.requests == []
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):  # the other worker has died
        delivering.deliver()

    assert len(receiver.requests) == 1


def test_the_log_is_kept_for_thirty_days(partner, receiver):
    subscribe(partner, receiver, "email.clicked")
    click(agreed(), 1)
    tell_partners()

    with time_machine.travel(timezone.now() + timedelta(days=29)):
        forget_webhooks()
        assert WebhookAttempt.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        forget_webhooks()
        assert WebhookAttempt.objects.count() == 0


def test_the_desk_adds_tests_and_shows_a_webhook(admin_client, partner, receiver):
    page = "/admin/config/webhookendpoint/"
    form = {"key": partner.key.pk, "url": receiver.url, "events": ["email.clicked"], "is_active": "on"}
    added = admin_client.post(f"{page}add/", {**form, "config_webhookendpoint_save_and_test": "1"}, follow=True)
    [hook] = WebhookEndpoint.objects.all()
    click(agreed(), 1)
    tell_partners()

    assert hook.secret in added.content.decode() and "answered 204" in added.content.decode()
    assert [kind["type"] for kind in receiver.verified(hook.secret)] == [kinds.TEST, "email.clicked"]
    shown = admin_client.get(f"{page}{hook.pk}/change/").content.decode()
    assert "2 delivered, 0 owed, 0 given up" in shown and hook.secret not in shown
    log = admin_client.get(f"/admin/config/webhookattempt/?endpoint__id__exact={hook.pk}").content.decode()
    assert "email.clicked" in log


def test_the_desk_refuses_what_the_api_refuses(admin_client, partner):
    form = {"key": partner.key.pk, "url": "https://10.0.0.1/", "is_active": "on"}

    refused = admin_client.post("/admin/config/webhookendpoint/add/", form)

    assert "private network" in refused.content.decode() and not WebhookEndpoint.objects.exists()
