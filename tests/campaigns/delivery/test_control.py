import io
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from campaigns.content import versions
from campaigns.delivery import control, hold, ledger, leftovers, rounds, sender
from campaigns.models import Campaign, ContentBody, Delivery, EmailContent, OutboxMail, TokenBucket
from contacts.models import AuditEntry, Contact
from tests.make import make_brand, make_campaign, make_contact, make_segment, make_topic

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = [{"id": "b1", "type": "text", "html": "<p>Hello</p>"}, {"id": "b2", "type": "footer"}]


def make_ready(n=3, **fields):
    """A draft that only waits for Start: n subscribers and a mail."""
    topic = make_topic()
    content = EmailContent.objects.create(name="May", brand=make_brand())
    body = ContentBody(language="en", subject="May", blocks=TEXT)
    versions.new_version(content, [body])
    for i in range(n):
        make_contact(email=f"fan{i}@example.com", topic=topic)
    return make_campaign(topic=topic, content=content, **fields)


def test_start_pins_the_version_freezes_the_audience_and_is_audited():
    campaign = make_ready()

    control.start(campaign, "marie")

    assert campaign.state == "sending" and campaign.content_version.published_at and campaign.started_at
    assert Delivery.objects.filter(state="queued", content_version=campaign.content_version).count() == 3
    assert AuditEntry.objects.get(verb="started campaign").detail["people"] == 3


def test_what_is_in_doubt_is_not_sent_again_by_a_cancelled_campaign():
    campaign = make_ready()
    control.start(campaign, "marie")
    control.cancel(campaign, "marie")
    Delivery.objects.update(state="ambiguous")

    with pytest.raises(control.WrongState):
        leftovers.resend_ambiguous(campaign, "marie", resend=True)

    assert not Delivery.objects.filter(state="queued").exists(), "nobody would ever take them"
    assert leftovers.resend_ambiguous(campaign, "marie", resend=False) == 3


def test_a_double_press_starts_once():
    campaign = make_ready()
    stale = Campaign.objects.get(pk=campaign.pk)
    control.start(campaign, "marie")

    with pytest.raises(control.WrongState, match="sending"):
        control.start(stale, "marie")
    assert Delivery.objects.count() == 3 and AuditEntry.objects.filter(verb="started campaign").count() == 1


def test_two_presses_at_the_same_moment_start_once():
    campaign = make_ready()
    if connection.vendor == "sqlite":  # the in-memory database has one connection; the conditional UPDATE is the same
        control.move(campaign, ["draft"], "sending")
        with pytest.raises(control.WrongState):
            control.move(campaign, ["draft"], "sending")
        return
    results = []

    def press():
        try:
            control.start(Campaign.objects.get(pk=campaign.pk), "marie")
            results.append("started")
        except control.WrongState:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(results) == ["refused"] * 3 + ["started"] and Delivery.objects.count() == 3


def test_nobody_to_write_to_is_refused_with_a_sentence_and_writes_nothing():
    campaign = make_ready(0)
    with pytest.raises(control.EmptyAudience, match="hold no people"):
        control.start(campaign, "marie")
    contact = make_contact(topic=campaign.topic)
    contact.subscriptions.update(basis="none")
    with pytest.raises(control.EmptyAudience, match="one person"):
        control.start(campaign, "marie")

    campaign.refresh_from_db()
    assert campaign.state == "draft" and not AuditEntry.objects.filter(verb="started campaign").exists()


def test_a_mail_with_errors_is_not_ready():
    campaign = make_ready()
    campaign.content = None
    campaign.save()

    with pytest.raises(control.Refused):
        control.start(campaign, "marie")
    campaign.refresh_from_db()
    assert campaign.state == "draft"


def test_a_scheduled_campaign_starts_when_its_time_has_come():
    campaign = make_ready()
    with pytest.raises(control.Refused, match="over"):
        control.schedule(campaign, timezone.now() - timedelta(minutes=1), "marie")
    at = timezone.now() + timedelta(hours=1)
    control.schedule(campaign, at, "marie")

    assert control.start_due() == 0
    assert control.start_due(now=at + timedelta(seconds=1)) == 1
    campaign.refresh_from_db()
    assert campaign.state == "sending" and Delivery.objects.count() == 3


def test_a_scheduled_campaign_that_cannot_start_is_a_draft_again_with_the_reason():
    campaign = make_ready()
    control.schedule(campaign, timezone.now() + timedelta(hours=1), "marie")
    campaign.topic.subscriptions.all().delete()

    assert control.start_due(now=timezone.now() + timedelta(hours=2)) == 0
    campaign.refresh_from_db()
    assert campaign.state == "draft" and "hold no people" in campaign.paused_reason


def test_nothing_scheduled_starts_while_sending_is_held():
    campaign = make_ready()
    control.schedule(campaign, timezone.now() + timedelta(hours=1), "marie")
    hold.place("look first")

    assert control.start_due(now=timezone.now() + timedelta(hours=2)) == 0


def test_pause_resume_and_cancel():
    campaign = make_ready()
    control.start(campaign, "marie")
    control.pause(campaign, "a wrong link", "marie")
    assert sender.run(campaign).sent == 0
    with pytest.raises(control.WrongState):
        control.pause(campaign, "again", "marie")

    control.resume(campaign, "marie")
    assert sender.run(campaign).sent == 3
    campaign.refresh_from_db()
    assert campaign.state == "finished"
    with pytest.raises(control.WrongState):
        control.cancel(campaign, "marie")


def test_cancelling_ends_what_waits_and_keeps_what_is_out():
    campaign = make_ready(4)
    control.start(campaign, "marie")
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state="sent", sent_at=timezone.now())

    assert control.cancel(campaign, "marie") == 3
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["cancelled"] * 3 + ["sent"]


def test_a_new_version_goes_to_those_who_had_none_yet():
    campaign = make_ready(2)
    control.start(campaign, "marie")
    first = campaign.content_version
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state="sent", sent_at=timezone.now())
    control.pause(campaign, "a wrong link", "marie")
    versions.new_version(campaign.content, [ContentBody(language="en", subject="Mended", blocks=TEXT)])
    control.resume(campaign, "marie")
    sender.run(campaign)

    assert list(Delivery.objects.order_by("pk").values_list("content_version__number", flat=True)) == [1, 2]
    assert campaign.content_version != first and OutboxMail.objects.get().subject == "Mended"


def test_people_who_came_later_are_added_on_request():
    campaign = make_ready(2)
    control.start(campaign, "marie")
    make_contact(email="late@example.com", topic=campaign.topic)

    assert control.add_people(campaign, "marie") == 1
    assert Delivery.objects.count() == 3 and dict(campaign.exclusions.values_list("reason", "n")) == {}


def test_people_of_a_segment_are_taken_out_before_they_get_it_and_only_then():
    campaign = make_ready(3)
    control.start(campaign, "marie")
    first, second, third = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=first.pk).update(state="sent", sent_at=timezone.now())
    [second] = ledger.claim(campaign, "worker", 1)
    Contact.objects.update(language="fr")

    assert control.remove_people(campaign, make_segment(), "marie") == 2
    assert ledger.commit_intents([(second.pk, second.fence)], "worker") == set()
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["sent", "cancelled", "cancelled"]


def test_the_pace_changes_while_it_sends():
    campaign = make_ready(pace_per_hour=3600)
    control.start(campaign, "marie")
    assert TokenBucket.objects.get(key=f"campaign:{campaign.pk}").rate == 1
    control.set_pace(campaign, 7200, "marie")
    assert TokenBucket.objects.get(key=f"campaign:{campaign.pk}").rate == 2
    control.set_pace(campaign, None, "marie")
    assert not TokenBucket.objects.exists()


def test_after_the_last_moment_the_rest_is_not_sent():
    campaign = make_ready()
    control.start(campaign, "marie")
    Campaign.objects.update(send_until=timezone.now() - timedelta(seconds=1))

    rounds.go_round()
    campaign.refresh_from_db()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"} and campaign.state == "finished"


def test_an_interrupted_snapshot_is_completed_by_the_next_round():
    campaign = make_ready()
    control.pin(campaign)
    Campaign.objects.update(state="sending", started_at=timezone.now())  # the process died right here

    rounds.go_round()
    assert Delivery.objects.count() == 3
    sender.run()
    campaign.refresh_from_db()
    assert campaign.state == "finished"


def test_the_mails_of_a_real_campaign_lie_in_the_outbox():
    campaign = make_ready()
    control.start(campaign, "marie")
    counts = sender.run(campaign)

    assert counts.sent == 3 and OutboxMail.objects.count() == 3
    mail = OutboxMail.objects.first()
    assert mail.subject == "May" and b"List-Unsubscribe" in bytes(mail.message)
    assert mail.delivery.state == "sent" and mail.delivery.reply == "kept in the Outbox"


def failed(campaign, **fields):
    """One row of the campaign, failed long ago after many tries."""
    row = campaign.deliveries.filter(state="queued").order_by("pk").first()
    Delivery.objects.filter(pk=row.pk).update(
        state="failed",
        attempts=9,
        reply_code=451,
        reply="later",
        created_at=timezone.now() - timedelta(days=9),
        **fields,
    )
    return row.pk


def test_only_the_failed_whose_address_is_not_at_fault_are_tried_again_and_as_new():
    campaign = make_ready(4)
    control.start(campaign, "marie")
    again, unknown = failed(campaign), failed(campaign, bounced_at=timezone.now())
    sender.run(campaign)
    campaign.refresh_from_db()
    assert campaign.state == "finished"

    assert leftovers.retry_failed(campaign, "marie") == 1

    row = Delivery.objects.get(pk=again)
    assert (campaign.state, row.state, row.attempts) == ("sending", "queued", 0)
    assert timezone.now() - row.created_at < timedelta(hours=1), "the three days of tries begin anew"
    sender.run(campaign)
    assert Delivery.objects.get(pk=again).state == "sent" and Delivery.objects.get(pk=unknown).state == "failed"
    assert OutboxMail.objects.count() == 3, "nobody got it twice"
    campaign.refresh_from_db()
    assert campaign.state == "finished" and AuditEntry.objects.get(verb="retried failed mails").detail["n"] == 1


def test_what_was_mended_meanwhile_is_what_a_failed_mail_takes():
    campaign = make_ready(1)
    control.start(campaign, "marie")
    failed(campaign)
    control.pause(campaign, "wrong", "marie")
    versions.new_version(campaign.content, [ContentBody(language="en", subject="Mended", blocks=TEXT)])
    leftovers.retry_failed(campaign, "marie")
    assert campaign.state == "paused", "a pause stays a pause"
    control.resume(campaign, "marie")
    sender.run(campaign)

    assert OutboxMail.objects.get().subject == "Mended"


def test_a_retry_of_nothing_or_of_a_cancelled_campaign_or_too_late_says_why_and_changes_nothing():
    campaign = make_ready(1)
    control.start(campaign, "marie")
    row = failed(campaign, bounced_at=timezone.now())
    Campaign.objects.update(state="finished", finished_at=timezone.now())

    with pytest.raises(control.Refused, match="do not exist"):
        leftovers.retry_failed(campaign, "marie")
    campaign.refresh_from_db()
    assert campaign.state == "finished" and campaign.finished_at
    Delivery.objects.update(bounced_at=None)
    Campaign.objects.update(send_until=timezone.now() - timedelta(hours=1))
    with pytest.raises(control.Refused, match="promises is over"):
        leftovers.retry_failed(campaign, "marie")
    Campaign.objects.update(state="cancelled", send_until=None)
    with pytest.raises(control.WrongState):
        leftovers.retry_failed(campaign, "marie")
    assert Delivery.objects.get(pk=row).state == "failed"


def test_the_command_presses_the_same_buttons_and_says_what_it_cannot():
    campaign = make_ready(2)
    out = io.StringIO()

    for words in (["start"], ["pause", "--reason", "wrong price"], ["resume"]):
        call_command("campaign", str(campaign.pk), *words, stdout=out)
    failed(campaign)
    call_command("campaign", str(campaign.pk), "retry-failed", stdout=out)
    call_command("campaign", str(campaign.pk), "cancel", stdout=out)

    assert "paused, 0 of 2 sent" in out.getvalue() and "1 failed mails are tried again" in out.getvalue()
    campaign.refresh_from_db()
    assert campaign.state == "cancelled"
    for number, verb, words in ((campaign.pk, "start", "already"), (campaign.pk + 99, "show", "no campaign")):
        with pytest.raises(CommandError, match=words):
            call_command("campaign", str(number), verb)
