"""Approval by a second person: who may start alone, what withdraws it, and what it shows."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from campaigns import approval
from campaigns.content import versions
from campaigns.delivery import control
from campaigns.models import ApprovalStep, Campaign, ContentBody
from contacts.models import AuditEntry
from tests.campaigns.delivery.test_control import TEXT, make_ready
from tests.make import make_segment, make_user

pytestmark = pytest.mark.django_db
WRITES = ("view_campaign", "change_campaign", "start_campaign", "write_to_everybody")


def person(name, *rights):
    user = make_user(username=name, is_superuser=False)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return type(user).objects.get(pk=user.pk)


@pytest.fixture
def marie():
    return person("marie", *WRITES)


@pytest.fixture
def paul():
    return person("paul", *WRITES, "approve_campaign", "start_unapproved")


def press(client, who, campaign, verb, room="approval", **values):
    client.force_login(who)
    path = f"/admin/campaigns/campaign/{campaign.pk}/{room}/{verb}/"
    return client.post(path, values, follow=True).content.decode()


def rewrite(campaign, subject, by=None, blocks=TEXT):
    versions.new_version(campaign.content, [ContentBody(language="en", subject=subject, blocks=blocks)], by)


def test_who_may_not_start_alone_starts_what_a_second_person_approved(client, marie, paul):
    campaign = make_ready(2)

    assert "A second person has to approve" in press(client, marie, campaign, "start", "do")
    press(client, marie, campaign, "ask", words="Is the price right?")
    html = press(client, paul, campaign, "approve", words="It is")
    assert "Is the price right?" in html and "Approved as it stands" in html
    assert "The mails are going out" in press(client, marie, campaign, "start", "do")

    assert list(AuditEntry.objects.filter(subject_id=campaign.pk).values_list("verb", flat=True).order_by("pk")) == [
        "asked approval of campaign", "approved campaign", "started campaign",
    ]  # fmt: skip


def test_nobody_approves_what_she_asked_for_or_wrote_herself(client, marie, paul):
    campaign = make_ready(1)

    assert "Somebody else has to approve it" in press(client, paul, campaign, "ask") + press(
        client, paul, campaign, "approve"
    )
    press(client, marie, campaign, "ask")
    rewrite(campaign, "Paul's own words", paul)
    assert "Somebody else has to approve it" in press(client, paul, campaign, "approve")
    assert not ApprovalStep.objects.filter(kind="approved").exists()


@pytest.mark.parametrize(
    ("change", "label", "before", "after"),
    [
        (lambda c: rewrite(c, "June"), "Subject (en)", "May", "June"),
        (lambda c: Campaign.objects.filter(pk=c.pk).update(holdout_percent=5), "Control group", "0", "5"),
        (lambda c: c.segments.add(make_segment(name="VIP")), "To", "", "VIP"),
        (
            lambda c: rewrite(c, "May", blocks=[{**TEXT[0], "html": "<p>Bye</p>"}, TEXT[1]]),
            "Mail (en)",
            "<p>Hello</p>",
            "<p>Bye</p>",
        ),
    ],
)  # fmt: skip
def test_a_change_after_the_approval_withdraws_it_and_is_shown(client, marie, paul, change, label, before, after):
    campaign = make_ready(1)
    approval.ask(campaign, marie)
    approval.approve(campaign, paul)

    change(campaign)

    found = approval.standing(Campaign.objects.get(pk=campaign.pk))
    (only,) = found.changes
    assert (found.state, only.label, only.before) == ("changed", label, before) and only.after.startswith(after)
    html = press(client, marie, campaign, "start", "do")
    assert f"Changed since it was approved: {label}" in html and "the approval no longer holds" in html
    assert Campaign.objects.get(pk=campaign.pk).state == "draft"


def test_what_is_changed_after_it_was_scheduled_does_not_start_by_itself(marie, paul):
    campaign = make_ready(1)
    approval.ask(campaign, marie)
    approval.approve(campaign, paul)
    at = timezone.now() + timedelta(hours=1)
    control.schedule(campaign, at, marie)
    rewrite(campaign, "Twice the price")

    assert control.start_due(at) == 0

    campaign.refresh_from_db()
    assert campaign.state == "draft" and "Changed since it was approved" in campaign.paused_reason
    approval.approve(campaign, paul)
    control.schedule(campaign, at, marie)
    assert control.start_due(at) == 1


def test_a_campaign_sent_back_says_why_and_is_asked_anew(client, marie, paul):
    campaign = make_ready(1)
    press(client, marie, campaign, "ask")

    assert "Write what you want to say" in press(client, paul, campaign, "decline")
    assert "the price is wrong" in press(client, paul, campaign, "decline", words="the price is wrong")
    assert "sent back" in press(client, marie, campaign, "comment", words="Sorry")
    assert approval.standing(campaign).state == "declined"
    press(client, marie, campaign, "ask")
    assert approval.standing(campaign).state == "asked"


def test_home_says_what_waits_for_approval_to_those_who_may_give_it(client, marie, paul):
    campaign = make_ready(1)
    approval.ask(campaign, marie)

    client.force_login(paul)
    assert "waits for your approval" in client.get("/admin/").content.decode()
    client.force_login(marie)
    assert "waits for your approval" not in client.get("/admin/").content.decode()


def test_who_may_not_approve_is_refused(client, marie):
    campaign = make_ready(1)
    client.force_login(marie)

    assert client.post(f"/admin/campaigns/campaign/{campaign.pk}/approval/approve/").status_code == 403
    assert client.get(f"/admin/campaigns/campaign/{campaign.pk}/approval/ask/").status_code == 405


def test_a_campaign_that_asks_for_it_needs_it_from_everybody(client, paul):
    campaign = make_ready(1, needs_approval=True)

    assert "A second person has to approve" in press(client, paul, campaign, "start", "do")
