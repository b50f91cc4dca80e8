import contextlib
import threading
import time

import pytest
from django.db import OperationalError
from django.utils import timezone

from campaigns.delivery import sender
from campaigns.models import Campaign, Delivery, RelayState, TokenBucket
from contacts import suppression
from tests.campaigns.delivery import conftest
from tests.make import make_campaign, make_contact
from tests.sink import DROP, HANG, TAKE_AND_DROP, Sink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_mails")]


def make_queue(n, **fields):
    campaign = make_campaign(state="sending", started_at=timezone.now(), audience_at=timezone.now(), **fields)
    for i in range(n):
        contact = make_contact(email=f"fan{i}@example.com", topic=campaign.topic)
        Delivery.objects.create(campaign=campaign, contact=contact)
    return campaign


def states(campaign):
    found = {}
    for state in Delivery.objects.filter(campaign=campaign).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_every_mail_arrives_once_over_several_connections(relay_to):
    campaign = make_queue(40)
    with Sink() as sink:
        relay_to(sink)
        counts = sender.run(campaign)

    campaign.refresh_from_db()
    assert counts.sent == 40 and sorted(sink.recipients) == sorted(f"fan{i}@example.com" for i in range(40))
    assert states(campaign) == {"sent": 40} and campaign.state == Campaign.State.FINISHED
    row = Delivery.objects.first()
    assert row.reply.startswith("2.0.0 taken") and row.reply_code == 250 and row.relay == "main" and row.attempts == 1
    assert sink.seen["connection"] == 3 and sink.commands.count("QUIT") == 3


def test_a_server_without_pipelining_is_spoken_to_one_command_at_a_time(relay_to):
    campaign = make_queue(7)
    with Sink(features=()) as sink:
        relay_to(sink)
        sender.run(campaign)

    assert len(sink.messages) == 7 and states(campaign) == {"sent": 7}
    assert "SIZE" not in " ".join(sink.commands)


def test_an_unknown_address_is_suppressed_and_the_others_are_sent(relay_to):
    campaign = make_queue(10)
    with Sink(lambda phase, n, line: "550 5.1.1 no such user" if phase == "rcpt" and "fan3@" in line else None) as sink:
        relay_to(sink)
        sender.run(campaign)

    assert states(campaign) == {"sent": 9, "failed": 1}
    assert suppression.is_suppressed("fan3@example.com") and not suppression.is_suppressed("fan4@example.com")
    assert Delivery.objects.get(state="failed").bounced_at


def test_a_temporary_refusal_is_tried_again_later(relay_to):
    campaign = make_queue(4)
    with Sink(lambda phase, n, line: "451 4.3.0 busy" if phase == "dot" and n == 1 else None) as sink:
        relay_to(sink)
        sender.run(campaign)

    deferred = Delivery.objects.get(state="deferred")
    assert deferred.attempts == 1 and 50 < (deferred.next_at - timezone.now()).total_seconds() <= 61
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.SENDING


def test_a_connection_dropped_in_the_body_loses_and_doubles_nothing(relay_to, monkeypatch):
    monkeypatch.setitem(conftest.PADDING, "octets", 8_000_000)  # more than the socket takes at once
    campaign = make_queue(6)
    with Sink(
        lambda phase, n, line: DROP if phase == "body" and n in {2, 5} else None, features=("PIPELINING",)
    ) as sink:
        relay_to(sink)
        sender.run(campaign)

    assert states(campaign) == {"sent": 6} and len(sink.messages) == 6


def test_a_drop_after_the_dot_leaves_one_mail_in_doubt_and_does_not_send_it_again(relay_to):
    campaign = make_queue(20)
    with Sink(lambda phase, n, line: TAKE_AND_DROP if phase == "dot" and n == 7 else None) as sink:
        relay_to(sink)
        counts = sender.run(campaign)

    assert states(campaign) == {"sent": 19, "ambiguous": 1} and len(sink.messages) == 20 and counts.ambiguous == 1
    assert len(set(sink.recipients)) == 20


def test_421_closes_the_connection_and_blames_nobody(relay_to):
    campaign = make_queue(30)
    with Sink(lambda phase, n, line: "421 4.7.0 too many mails" if phase == "mail" and n % 10 == 0 else None) as sink:
        relay_to(sink)
        sender.run(campaign)

    assert states(campaign) == {"sent": 30} and not Delivery.objects.filter(attempts__gt=1).exists()


def test_a_relay_that_refuses_us_is_left_alone_and_nobody_is_blamed(relay_to):
    campaign = make_queue(5)
    with Sink(lambda phase, n, line: "554 go away" if phase == "greeting" else None) as sink:
        relay_to(sink)
        sender.run(campaign)
        sender.run(campaign)

    assert states(campaign) == {"queued": 5} and sink.seen["connection"] <= 3
    assert RelayState.objects.get(name="main").last_error.startswith("554")


def test_a_hanging_server_holds_up_only_its_own_connection(relay_to):
    campaign = make_queue(12)
    with Sink(lambda phase, n, line: HANG if phase == "dot" and n == 2 else None) as sink:
        relay_to(sink, timeout=1.5)
        sender.run(campaign)

    assert states(campaign) == {"sent": 11, "ambiguous": 1} and len(sink.messages) == 12


def test_policy_refusals_pause_the_campaign_in_plain_words_and_suppress_nobody(relay_to):
    campaign = make_queue(60)
    with Sink(lambda phase, n, line: "550 5.7.26 not authenticated" if phase == "dot" else None) as sink:
        relay_to(sink)
        sender.run(campaign)

    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.PAUSED and "SPF" in campaign.paused_reason
    assert sink.seen["dot"] < 20
    found = states(campaign)
    assert set(found) == {"deferred", "queued"} and not suppression.is_suppressed("fan0@example.com")


def test_a_turn_whose_machine_stood_still_before_it_began_sends_all_the_same(relay_to, monkeypatch):
    campaign = make_queue(8)
    monkeypatch.setattr(sender, "TURN", -1.0)  # its time is over before the first look into the ledger

    with Sink() as sink:
        relay_to(sink)
        sender.run(campaign)

    assert len(sink.messages) == 8 and states(campaign) == {"sent": 8}


def insist(write):
    """Write from the server's thread: SQLite in memory locks tables between connections and does not wait."""
    for _ in range(500):
        try:
            return write()
        except OperationalError:
            time.sleep(0.01)
    raise AssertionError("the table stayed locked")


def test_pausing_stops_within_one_mail_a_connection_and_resuming_sends_the_rest(relay_to):
    from campaigns.delivery import control

    campaign = make_queue(50)

    def script(phase, n, line):
        if phase == "dot" and n == 10:
            insist(lambda: Campaign.objects.filter(pk=campaign.pk).update(state="paused"))
        return

    with Sink(script) as sink:
        relay_to(sink)
        sender.run(campaign)
        out = len(sink.messages)
        assert 10 <= out <= 10 + 3 and states(campaign) == {"sent": out, "queued": 50 - out}
        control.move(campaign, ["paused"], "sending")
        sender.run(campaign)

    assert len(set(sink.recipients)) == len(sink.recipients) == 50


def test_who_leaves_between_claim_and_dot_gets_nothing(relay_to):
    campaign = make_queue(8)
    leaving = Delivery.objects.order_by("pk")[7]

    def script(phase, n, line):
        if phase == "dot" and n == 1:
            left = {"state": "unsubscribed", "unsubscribed_at": timezone.now()}
            insist(lambda: leaving.contact.subscriptions.update(**left))
        return

    with Sink(script) as sink:
        relay_to(sink, connections=1)
        sender.run(campaign)

    assert states(campaign) == {"sent": 7, "suppressed": 1} and leaving.contact.email not in sink.recipients


def test_a_pace_is_kept(relay_to):
    campaign = make_queue(20, pace_per_hour=60)
    from campaigns.delivery import control

    control.apply_pace(campaign)
    with Sink() as sink:
        relay_to(sink)
        sender.run(campaign)

    assert len(sink.messages) == 1 and TokenBucket.objects.get().rate == 60 / 3600


def test_a_mail_larger_than_the_relay_takes_fails_alone(relay_to):
    campaign = make_queue(3)
    with Sink(features=("PIPELINING", "SIZE 10")) as sink:
        relay_to(sink)
        sender.run(campaign)

    assert states(campaign) == {"failed": 3} and sink.messages == []


def cancel(campaign):
    """Cancel from another thread; the tests' SQLite in memory refuses at once while the sender writes."""
    for _try in range(200):
        with contextlib.suppress(OperationalError):
            insist(lambda: Campaign.objects.filter(pk=campaign.pk).update(state="cancelled"))
            return
        time.sleep(0.01)
    raise AssertionError("never unlocked")


def test_a_campaign_cancelled_in_the_middle_leaves_nobody_waiting(relay_to):
    campaign = make_queue(50)

    def script(phase, n, line):
        if phase == "dot" and n == 10:
            cancel(campaign)

    with Sink(script) as sink:
        relay_to(sink)
        sender.run(campaign)

    out = len(sink.messages)
    assert 10 <= out <= 10 + 3 and states(campaign) == {"sent": out, "cancelled": 50 - out}


def test_a_stopped_sender_does_not_wait_for_the_farewell_of_a_silent_server(relay_to, monkeypatch):
    from campaigns.delivery import smtp

    monkeypatch.setattr(smtp, "DRAIN", 0.5)
    campaign, stop = make_queue(30), threading.Event()

    def script(phase, n, line):
        if phase == "dot" and n == 5:
            stop.set()
        return HANG if phase == "dot" and n > 5 else None

    with Sink(script) as sink:
        relay_to(sink)
        began = time.monotonic()
        sender.run(campaign, stop=stop)
        took = time.monotonic() - began

    assert took < 0.5 + smtp.FAREWELL + 3, "one second for all farewells, not two for each"
    assert states(campaign)["queued"] >= 30 - 5 - 3
