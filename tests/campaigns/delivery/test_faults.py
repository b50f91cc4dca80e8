"""What servers do to a sender (F8–F10, F14 and worse): none lost, none doubled, none suppressed for our own faults."""

import time

import pytest
from django.utils import timezone

from campaigns.content.batch import Outgoing
from campaigns.delivery import sender
from campaigns.models import Delivery, RelayState, TokenBucket
from contacts.models import Contact, Suppression
from tests.campaigns.delivery.conftest import plain_messages
from tests.campaigns.delivery.test_smtp import make_queue, states
from tests.sink import DRIP, HANG, Sink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_mails")]


def drain(campaign, turns=4):
    """Send, and again when retries are due and the relay may be asked."""
    for _ in range(turns):
        sender.run(campaign)
        Delivery.objects.filter(state="deferred").update(next_at=timezone.now())
        RelayState.objects.update(open_until=None)
        TokenBucket.objects.all().delete()  # the pace of a domain that asked for less


SCRIPTS = {
    "421 at connect": lambda phase, n, line: "421 busy" if phase == "greeting" and n <= 2 else None,
    "421 after ten mails": lambda phase, n, line: "421 enough" if phase == "mail" and n % 10 == 0 else None,
    "454 throttle": lambda phase, n, line: "454 4.7.0 throttled" if phase == "rcpt" and n <= 5 else None,
    "450 for some": lambda phase, n, line: (
        "450 4.2.0 greylisted" if phase == "rcpt" and n % 3 == 0 and n < 30 else None
    ),
    "552 at RCPT": lambda phase, n, line: (
        "552 too many recipients" if phase == "rcpt" and n % 4 == 0 and n < 30 else None
    ),
    "452 4.5.3": lambda phase, n, line: "452 4.5.3 too many" if phase == "rcpt" and n == 2 else None,
    "unknown code at RCPT": lambda phase, n, line: "299 well" if phase == "rcpt" and n == 2 else None,
    "no code": lambda phase, n, line: "hello there" if phase == "mail" and n == 2 else None,
    "code beyond all": lambda phase, n, line: "777 what" if phase == "data" and n == 2 else None,
    "lines with different codes": lambda phase, n, line: "250-fine\r\n550 no" if phase == "mail" and n == 2 else None,
    "bare LF": lambda phase, n, line: "250-one\n250 two" if phase == "mail" and n == 2 else None,
    "reply of 10 MB at MAIL": lambda phase, n, line: "250-" + "x" * 10_000_000 if phase == "mail" and n == 2 else None,
    "10 MB of lines": lambda phase, n, line: "250-x\r\n" * 1_500_000 + "250 x" if phase == "rcpt" and n == 2 else None,
    "two replies": lambda phase, n, line: "250 ok\r\n250 again" if phase == "mail" and n == 2 else None,
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_whatever_a_server_answers_before_the_dot_everybody_gets_one_mail_in_the_end(relay_to, script):
    campaign = make_queue(24)
    with Sink(script) as sink:
        relay_to(sink)
        drain(campaign, 6)

    assert states(campaign) == {"sent": 24}
    assert len(sink.recipients) == 24 == len(set(sink.recipients))
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    "reply", ["250-" + "x" * 200_000, "299-odd\r\n999 what", "no code at all", "\x00\xff", "354 go on"]
)
def test_an_answer_to_the_dot_that_nobody_understands_is_doubt_not_a_second_mail(relay_to, reply):
    campaign = make_queue(8)
    with Sink(lambda phase, n, line: reply if phase == "dot" and n == 3 else None) as sink:
        relay_to(sink)
        drain(campaign)

    assert states(campaign)["ambiguous"] == 1 and states(campaign)["sent"] == 7
    assert len(sink.recipients) == len(set(sink.recipients)), "the scripted one may be in or not, but no other twice"
    assert not Suppression.objects.exists()


def test_a_dripping_server_is_left_after_the_phases_deadline_and_holds_nobody_up(relay_to):
    campaign = make_queue(30)
    with Sink(lambda phase, n, line: DRIP if phase == "rcpt" and n == 2 else None) as sink:
        relay_to(sink, timeout=2)
        began = time.monotonic()
        sender.run(campaign)
        took = time.monotonic() - began

    assert states(campaign) == {"sent": 30} and took < 2 * 1.1 + 2.5


@pytest.mark.parametrize(("phase", "found"), [("data", {"sent": 6}), ("dot", {"sent": 5, "ambiguous": 1})])
def test_a_hang_is_retried_before_the_dot_and_doubt_after_it(relay_to, phase, found):
    campaign = make_queue(6)
    with Sink(lambda at, n, line: HANG if at == phase and n == 1 else None) as sink:
        relay_to(sink, timeout=1.5)
        drain(campaign, 2)

    assert states(campaign) == found and len(set(sink.recipients)) == len(sink.recipients)


def test_a_relay_that_fails_is_asked_at_most_once_a_second(relay_to):
    campaign = make_queue(5)
    with Sink(lambda phase, n, line: "421 away" if phase == "greeting" else None) as sink:
        relay_to(sink, connections=10)
        until = time.monotonic() + 4
        while time.monotonic() < until:
            sender.run(campaign)
            time.sleep(0.05)

    assert sink.seen["connection"] <= 5 and states(campaign) == {"queued": 5}


def test_unknown_addresses_are_suppressed_exactly_and_a_storm_of_policy_refusals_pauses_within_200_tries(relay_to):
    campaign = make_queue(100)
    unknown = {f"fan{n}@example.com" for n in (7, 50, 93)}
    with Sink(
        lambda p, n, line: "550 5.1.1 no such user" if p == "rcpt" and any(u in line for u in unknown) else None
    ) as sink:
        relay_to(sink)
        sender.run(campaign)
    assert states(campaign) == {"sent": 97, "failed": 3} and Suppression.objects.count() == 3

    Delivery.objects.update(state="queued", sent_at=None)
    Suppression.objects.all().delete()
    type(campaign).objects.update(state="sending")
    with Sink(lambda phase, n, line: "550 5.7.26 not authenticated" if phase == "dot" else None) as sink:
        relay_to(sink)
        sender.run(campaign)
    campaign.refresh_from_db()
    assert campaign.state == "paused" and sink.seen["dot"] <= 200 and not Suppression.objects.exists()


def test_one_poison_row_fails_alone(relay_to, monkeypatch):
    campaign = make_queue(60)
    poisoned = Delivery.objects.order_by("pk")[30].pk

    def stream(campaign, rows):
        for made in plain_messages(campaign, rows):
            bad = made.delivery_id == poisoned
            yield Outgoing(made.delivery_id, "", "", b"", "a name with \x0b") if bad else made

    monkeypatch.setattr("campaigns.content.batch.stream", stream)
    with Sink() as sink:
        relay_to(sink)
        sender.run(campaign)

    assert states(campaign) == {"sent": 59, "failed": 1}
    assert Delivery.objects.get(state="failed").pk == poisoned


SMUGGLED = ["\n.\n", "\r.\r", "\r\n.\n", "\n.\r\n", "\r\n.\r\n", "\r\n.\r"]


@pytest.mark.parametrize("ending", SMUGGLED, ids=map(repr, SMUGGLED))
def test_a_smuggled_end_of_mail_arrives_as_part_of_the_one_message(relay_to, monkeypatch, ending):
    from campaigns.content import versions
    from campaigns.models import ContentBody, EmailContent
    from tests.make import make_brand

    monkeypatch.undo()  # real content
    campaign = make_queue(1)
    text = f"<p>Hello</p>{ending}MAIL FROM:&lt;evil@x.example&gt;{ending}RCPT TO:&lt;a@b.example&gt;"
    content = EmailContent.objects.create(name="May", brand=make_brand())
    blocks = [{"id": "b1", "type": "text", "html": text + " {{ contact.first_name }}"}, {"id": "b2", "type": "footer"}]
    versions.publish(versions.new_version(content, [ContentBody(language="en", subject="May", blocks=blocks)]))
    type(campaign).objects.update(content=content, content_version=content.versions.first())
    Contact.objects.update(first_name=f"Ann{ending}DATA{ending}")
    campaign.refresh_from_db()
    with Sink() as sink:
        relay_to(sink)
        sender.run(campaign)

    assert states(campaign) == {"sent": 1} and len(sink.messages) == 1
    assert [line[:4].upper() for line in sink.commands] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    body = sink.messages[0]
    assert b"\n" not in body.replace(b"\r\n", b"") and b"\r" not in body.replace(b"\r\n", b"")
    assert not any(line.startswith(b".") for line in body.split(b"\r\n"))
