"""What a running campaign's page can do, a partner's key and the command can do too: same verbs, same refusals."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns import links
from campaigns.delivery import control
from campaigns.models import Campaign, Delivery, OutboxMail
from contacts.models import AuditEntry, Segment
from tests.api.conftest import Partner
from tests.make import make_contact, make_mail, make_segment, make_sender, make_topic

pytestmark = pytest.mark.django_db
WORDS = [{"type": "text", "html": "<p>Mended</p>"}, {"type": "footer"}]


@pytest.fixture
def running():
    """A campaign that sends, to Ann, Ben and Eve."""
    campaign = make_mail()
    for name in ("ann", "ben", "eve"):
        make_contact(email=f"{name}@example.com", topic=make_topic(), language="fr" if name == "eve" else "")
    return control.start(campaign, "test")


def path(campaign, verb):
    return f"/api/v1/campaigns/{campaign.pk}/{verb}/"


def states():
    return dict(Delivery.objects.values_list("contact__email", "state"))


def test_a_test_mail_goes_to_testers_as_one_person_would_get_it_and_counts_nowhere(partner):
    campaign = make_mail(subject="For {{ contact.first_name }}", sender=make_sender())
    ann = make_contact(first_name="Ann")

    answer = partner.post(path(campaign, "test"), {"to": ["marie@example.com"], "contact": ann.pk})

    assert (answer.status_code, answer.json()) == (200, {"sent": 1})
    mail = OutboxMail.objects.get()
    assert mail.recipient == "marie@example.com" and b"For Ann" in bytes(mail.message)
    assert not Delivery.objects.exists()
    assert partner.post(path(campaign, "test"), {"to": []}).status_code == 422
    assert (
        Partner("campaigns:write", owner=partner.key.owner)
        .post(path(campaign, "test"), {"to": ["a@example.com"]})
        .status_code
        == 403
    )


def test_the_pace_changes_while_it_sends_and_back(partner, running):
    answers = [partner.post(path(running, "pace"), {"per_hour": n}).json()["pace_per_hour"] for n in (5000, None)]

    assert answers == [5000, None]
    assert partner.post(path(running, "pace"), {"per_hour": 0}).status_code == 422
    assert AuditEntry.objects.filter(verb="changed pace of campaign").count() == 2


def test_mails_in_doubt_are_counted_as_sent_or_sent_again(partner, running):
    Delivery.objects.filter(contact__email="ann@example.com").update(state="ambiguous")
    assert partner.post(path(running, "settle"), {"resend": True}).status_code == 200
    assert states()["ann@example.com"] == "queued"

    Delivery.objects.filter(contact__email="ben@example.com").update(state="ambiguous")
    partner.post(path(running, "settle"), {"resend": False})
    assert states()["ben@example.com"] == "sent"
    assert partner.post(path(running, "settle")).status_code == 422


def test_a_start_is_taken_back(partner):
    campaign = make_mail()
    make_contact(topic=make_topic())
    partner.post(path(campaign, "schedule"), {"send_at": (timezone.now() + timedelta(days=1)).isoformat()})

    assert partner.post(path(campaign, "unschedule")).json()["state"] == "draft"
    assert partner.post(path(campaign, "unschedule")).status_code == 409


def test_a_mended_version_goes_to_who_has_none_yet_and_other_languages_stay(partner, running):
    wish = {"bodies": [{"language": "en", "subject": "Sorry", "blocks": WORDS}]}
    refused = partner.post(path(running, "publish"), wish)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")

    partner.post(path(running, "pause"), {"reason": "wrong price"})
    assert partner.post(path(running, "publish"), wish, Idempotency_Key="1").json() == {"version": 2}
    assert partner.post(path(running, "publish"), wish, Idempotency_Key="1").json() == {"version": 2}
    french = {"bodies": [{"language": "fr", "subject": "Pardon", "blocks": WORDS}]}
    assert partner.post(path(running, "publish"), french).json() == {"version": 3}
    partner.post(path(running, "resume"))

    running.refresh_from_db()
    said = dict(running.content_version.bodies.values_list("language", "subject"))
    assert said == {"en": "Sorry", "fr": "Pardon"}


def test_wrong_words_are_refused_with_their_place_and_make_no_version(partner, running):
    partner.post(path(running, "pause"))
    wish = {"bodies": [{"language": "en", "subject": "{{ nobody.knows }}", "blocks": WORDS}]}

    refused = partner.post(path(running, "publish"), wish)

    assert (refused.status_code, refused.json()["code"]) == (422, "bad_content")
    assert running.content.versions.count() == 1


def test_a_link_leads_elsewhere_also_in_mails_already_sent(partner, running):
    link = links.number_for(running, None, "b1", "https://shop.example/wrong")
    wish = {"link": link.number, "target": "https://shop.example/right"}

    assert partner.get(path(running, "links")).json()[0]["target"] == "https://shop.example/wrong"
    assert partner.post(path(running, "retarget"), wish).json()["target"] == "https://shop.example/right"

    link.refresh_from_db()
    assert link.target == "https://shop.example/right" and link.former_targets.get().changed_by is not None
    assert partner.post(path(running, "retarget"), {**wish, "link": 99}).json()["code"] == "unknown_link"
    assert partner.post(path(running, "retarget"), {**wish, "target": "javascript:alert(1)"}).status_code == 422


def test_writing_to_readers_makes_a_segment_so_it_needs_that_scope_too(running):
    Delivery.objects.update(state="sent", sent_at=timezone.now())
    without = Partner("campaigns:write", "campaigns:read")
    refused = without.post(path(running, "write-to"), {"version": 1})
    assert refused.status_code == 403 and "segments:write" in refused.json()["detail"]
    assert not Segment.objects.exists()

    both = Partner("campaigns:write", "segments:write", owner=without.key.owner)
    assert both.post(path(running, "write-to"), {"version": 1}).status_code == 201


def test_a_key_that_writes_drafts_may_not_touch_what_runs(running):
    writer = Partner("campaigns:write", "campaigns:read")

    answers = {
        verb: writer.post(path(running, verb)).status_code
        for verb in ("pace", "settle", "retarget", "unschedule", "retry-failed", "add-people", "remove-people")
    }

    assert set(answers.values()) == {403}, answers


def test_the_command_presses_the_same(running, capsys):
    link = links.number_for(running, None, "b1", "https://shop.example/wrong")
    french = make_segment()
    Delivery.objects.filter(contact__email="ann@example.com").update(state="ambiguous")
    for press in (
        ["pace", "500"], ["settle", "sent"], ["remove-people", str(french.pk)], ["add-people"],
        ["retarget", str(link.number), "https://shop.example/right"],
    ):  # fmt: skip
        call_command("campaign", str(running.pk), *press)

    said = capsys.readouterr().out
    running.refresh_from_db()
    link.refresh_from_db()
    assert "1 mails in doubt settled" in said and "1 people taken out" in said and "0 people added" in said
    assert (running.pace_per_hour, link.target) == (500, "https://shop.example/right")
    assert states() == {"ann@example.com": "sent", "ben@example.com": "queued", "eve@example.com": "cancelled"}


def test_the_command_schedules_and_takes_back_and_says_what_is_wrong():
    campaign = make_mail()
    make_contact(topic=make_topic())
    number = str(campaign.pk)

    call_command("campaign", number, "schedule", (timezone.now() + timedelta(days=1)).isoformat())
    assert Campaign.objects.get().state == "scheduled"
    call_command("campaign", number, "unschedule")

    assert Campaign.objects.get().state == "draft"
    for wrong, why in (
        (["schedule", "tomorrow"], "is no time"), (["retarget", "1", "javascript:1"], "is no web address"),
        (["retarget", "1", "https://x.example"], "has no link 1"), (["remove-people", "9"], "no segment 9"),
        (["unschedule"], "already"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=why):
            call_command("campaign", number, *wrong)
