import io
import random
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from campaigns.delivery import bounces, replies, returned
from campaigns.models import Campaign, Event
from campaigns.tracking.tokens import Purpose, make
from contacts.models import Suppression
from tests.make import make_campaign, make_contact, make_delivery

pytestmark = pytest.mark.django_db
CORPUS = sorted((Path(__file__).parents[2] / "payloads" / "bounces").glob("*.eml"))
FAULT = {"hard": replies.NO_SUCH_ADDRESS, "full": replies.FULL_MAILBOX, "ours": replies.POLICY, "soft": replies.LATER}


def sent(**fields):
    return make_delivery(state="sent", sent_at=timezone.now(), **fields)


def payload(name, row, token=None):
    token = token or make(Purpose.BOUNCE, row.campaign_id, row.pk)
    path = next(path for path in CORPUS if path.stem == name)
    return path.read_text().replace("TOKEN", token).encode()


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_mails_that_come_back_in_real_life_are_understood(path):
    kind, _, fault = path.read_text().split("\n", 1)[0].removeprefix("X-Expected: ").partition(" ")
    token = make(Purpose.BOUNCE, 7, 42)

    report = returned.read(path.read_text().replace("TOKEN", token).encode())

    assert report.kind == kind
    assert (report.delivery.campaign_id, report.delivery.delivery_id) == (7, 42)
    if fault:
        assert replies.judge(report.code, report.text) == FAULT[fault]


def test_a_hard_bounce_suppresses_once_however_often_it_comes():
    row = sent()
    raw = payload("postfix_unknown", row)

    said = [bounces.take(raw), bounces.take(raw)]

    row.refresh_from_db()
    assert said == ["bounce", "bounce"]
    assert (row.state, row.reply_code) == ("sent", 550)
    assert row.bounced_at is not None
    assert Suppression.objects.get().reason == "hard_bounce"
    assert Event.objects.filter(kind="bounce", contact=row.contact).count() == 1


@pytest.mark.parametrize("name", ["gmail_unauthenticated", "postfix_delayed", "postfix_full", "away_en"])
def test_nobody_is_suppressed_for_our_fault_a_delay_a_full_box_or_an_absence(name):
    row = sent()

    bounces.take(payload(name, row))

    assert not Suppression.objects.exists()


def test_a_box_full_three_times_over_two_weeks_is_suppressed(time_machine_back):
    ann = make_contact(topic=make_campaign().topic)
    for n, days in enumerate((20, 10, 0)):
        row = sent(campaign=make_campaign(name=f"May {n}", state="sending"), contact=ann)
        time_machine_back(row, days)
        assert not Suppression.objects.exists()
        bounces.take(payload("postfix_full", row))

    assert Suppression.objects.get().reason == "soft_bounces"


@pytest.fixture
def time_machine_back():
    def back(row, days):
        type(row).objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))
        row.refresh_from_db()

    return back


def test_a_forged_token_changes_nothing():
    row = sent()
    token = make(Purpose.BOUNCE, row.campaign_id, row.pk)
    forged = [token[:-1] + ("0" if token[-1] != "0" else "1"), make(Purpose.UNSUBSCRIBE, row.campaign_id, row.pk)]

    said = [bounces.take(payload("postfix_unknown", row, each)) for each in forged]

    row.refresh_from_db()
    assert said == ["unmatched", "unmatched"]
    assert row.bounced_at is None
    assert not Suppression.objects.exists()


def test_the_envelope_alone_says_which_mail_it_was():
    row = sent()
    raw = payload("without_original", row, "0" * 32)
    token = make(Purpose.BOUNCE, row.campaign_id, row.pk).upper()

    assert bounces.take(raw, f"B+{token}@mail.brand.example") == "bounce"


def test_a_complaint_suppresses_and_is_counted():
    row = sent()

    assert bounces.take(payload("arf_abuse", row)) == "complaint"

    row.refresh_from_db()
    assert row.complained_at is not None
    assert Suppression.objects.get().reason == "complaint"


def test_many_complaints_pause_the_campaign_in_plain_words(settings):
    first = sent()
    rows = [first] + [sent(campaign=first.campaign, contact=make_contact(email=f"c{n}@example.com")) for n in range(5)]
    for row in rows[:4]:
        bounces.complained(row)
    assert Campaign.objects.get().state == "sending"

    bounces.complained(rows[4])

    campaign = Campaign.objects.get()
    assert campaign.state == "paused"
    assert "5 of 6 people complained" in campaign.paused_reason


def test_a_bounce_proves_that_a_mail_in_doubt_was_taken():
    row = make_delivery(state="ambiguous")

    bounces.take(payload("postfix_full", row))

    row.refresh_from_db()
    assert row.state == "sent"


def test_the_operators_rule_comes_before_the_table(settings):
    settings.BOUNCE_RULES = {"5.7.1": "refused", "5.4": "hard"}

    assert replies.judge(550, "5.7.1 no") == replies.REFUSED
    assert replies.judge(550, "5.7.133 no") == replies.POLICY
    assert replies.judge(550, "5.4.4 no") == replies.NO_SUCH_ADDRESS


def test_mangled_mails_never_raise_and_never_suppress_somebody_else():
    rng, row = random.Random(5), sent()
    for path in CORPUS:
        raw = bytearray(path.read_bytes().replace(b"TOKEN", b"0" * 32))
        for _ in range(40):
            mangled = bytearray(raw[: rng.randrange(len(raw))])
            for _each in range(rng.randrange(12)):
                if mangled:
                    mangled[rng.randrange(len(mangled))] = rng.randrange(256)
            assert bounces.take(bytes(mangled)) in {"unmatched", "unknown", "auto_reply"}
    row.refresh_from_db()
    assert row.bounced_at is None


def test_a_local_mail_server_pipes_a_mail_in(monkeypatch, capsys):
    row = sent()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(payload("qmail", row))))

    call_command("read_bounces", "--pipe")

    assert re.match("bounce", capsys.readouterr().out)
