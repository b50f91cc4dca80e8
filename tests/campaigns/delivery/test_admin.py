import email.message
import re

import pytest
from django.core.cache import cache
from django.utils import timezone

from campaigns.admin import steps
from campaigns.admin.live import rate_since
from campaigns.delivery import breaker, control, throttle
from campaigns.models import Campaign, Delivery, OutboxMail
from tests.campaigns.delivery.test_control import make_ready
from tests.make import make_campaign, make_contact, make_delivery, make_user

pytestmark = pytest.mark.django_db
PATH = "/admin/campaigns/campaign/"


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()  # numbers of the same campaign id in an earlier test


@pytest.fixture
def desk(client):
    client.force_login(make_user())
    return client


def page(desk, campaign):
    answer = desk.get(f"/admin/campaigns/campaign/{campaign.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def press(desk, campaign, verb, **values):
    return desk.post(f"/admin/campaigns/campaign/{campaign.pk}/do/{verb}/", values, follow=True).content.decode()


def test_the_page_shows_five_steps_and_says_what_a_start_does(desk):
    html = page(desk, make_ready(3))

    for step in ("People", "Content", "Share &amp; offer", "Check", "Send"):
        assert step in html
    assert "3 people" in html and "Send to 3 people now. You can pause, but mails already out stay out." in html


def test_an_unfinished_campaign_cannot_be_started_from_the_page(desk):
    campaign = make_campaign(sender=None)

    assert "Finish the open steps" in page(desk, campaign)
    press(desk, campaign, "start")
    campaign.refresh_from_db()
    assert campaign.state == "draft"


def test_start_pause_resume_and_cancel_are_presses(desk):
    campaign = make_ready(2)

    assert "The mails are going out" in press(desk, campaign, "start")
    assert "0 of 2 mails sent" in page(desk, campaign)
    assert "already “sending”" in press(desk, campaign, "start")
    press(desk, campaign, "pause", reason="a wrong link")
    assert "a wrong link" in page(desk, campaign)
    press(desk, campaign, "resume")
    assert "2 mails will never be sent" in press(desk, campaign, "cancel")
    assert Campaign.objects.get().state == "cancelled"


def test_a_get_presses_nothing(desk):
    campaign = make_ready(2)

    assert desk.get(f"/admin/campaigns/campaign/{campaign.pk}/do/start/").status_code == 405
    assert Campaign.objects.get().state == "draft"


def test_who_may_not_send_sees_no_button_and_is_refused(client):
    user = make_user(is_superuser=False)
    from django.contrib.auth.models import Permission

    rights = ["view_campaign", "change_campaign", "write_to_everybody"]
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    campaign = make_ready(2)

    assert "somebody with the right to send" in page(client, campaign)
    assert client.post(f"/admin/campaigns/campaign/{campaign.pk}/do/start/").status_code == 403


def test_a_schedule_needs_a_time_to_come(desk):
    campaign = make_ready(2)

    assert "Choose a day and a time" in press(desk, campaign, "schedule", at="soon")
    assert "This time is over" in press(desk, campaign, "schedule", at="2020-01-01T10:00")
    assert "Scheduled for" in press(desk, campaign, "schedule", at="2099-01-01T10:00")
    press(desk, campaign, "unschedule")
    assert Campaign.objects.get().state == "draft"


def test_the_live_panel_knows_the_rate_and_groups_refusals(desk):
    row = make_delivery(state="failed", reply_code=550, reply="5.1.1 no such user")
    campaign = row.campaign
    make_delivery(campaign=campaign, contact=make_contact(email="b@example.com"), state="sent", sent_at=timezone.now())
    before = timezone.now().timestamp() - 10

    html = desk.get(f"/admin/campaigns/campaign/{campaign.pk}/progress/?sent=0&at={before}").content.decode()
    assert "1 of 2 mails sent" in html and "5.1.1 no such user" in html and "0.1 a second" in html
    html = desk.get(f"/admin/campaigns/campaign/{campaign.pk}/progress/?sent=x&at=y").content.decode()
    assert "hx-get" in html


def test_mails_in_doubt_have_two_buttons(desk):
    row = make_delivery(state="ambiguous", reply="connection closed")

    assert "Count as sent" in page(desk, row.campaign)
    press(desk, row.campaign, "settle")
    assert Delivery.objects.get().state == "sent"


def test_the_list_asks_for_all_numbers_at_once(desk, django_assert_max_num_queries):
    for name in "abcdef":
        make_campaign(name=name)
    with django_assert_max_num_queries(14):
        assert desk.get("/admin/campaigns/campaign/").status_code == 200


def test_a_started_campaign_keeps_its_audience_and_changes_its_pace(desk):
    campaign = make_ready(2)
    press(desk, campaign, "start")
    url = f"/admin/campaigns/campaign/{campaign.pk}/change/"
    desk.post(
        url,
        {
            "name": "May",
            "pace_per_hour": "7200",
            "timing": "at_once",
            "priority": "0",
            "objective": "sales",
            "holdout_percent": "20",
            "everyone_reason": "",
        },
    )

    campaign.refresh_from_db()
    assert campaign.pace_per_hour == 7200 and campaign.holdout_percent == 0 and campaign.everyone_reason


def make_mail():
    message = email.message.EmailMessage()
    message["Subject"], message["From"], message["To"] = "Bonjour", "news@brand.example", "ann@example.com"
    message.set_content("Voir https://example.com/")
    message.add_alternative(
        "<html><head></head><body><a href='https://example.com/'>Voir</a></body></html>", subtype="html"
    )
    return OutboxMail.objects.create(
        sender="b@brand.example", recipient="ann@example.com", subject="Bonjour", message=message.as_bytes()
    )


def test_the_outbox_shows_a_mail_in_a_frame_without_script(desk):
    mail = make_mail()
    assert "ann@example.com" in desk.get("/admin/campaigns/outboxmail/").content.decode()
    shown = desk.get(f"/admin/campaigns/outboxmail/{mail.pk}/change/").content.decode()
    assert 'sandbox="allow-popups' in shown and "allow-scripts" not in shown and "Voir" in shown

    answer = desk.get(f"/admin/campaigns/outboxmail/{mail.pk}/html/")
    assert b'<base target="_blank">' in answer.content and answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]


def test_the_preview_is_a_page_that_only_we_may_frame(desk):
    campaign = make_ready(1)
    answer = desk.get(f"/admin/campaigns/campaign/{campaign.pk}/preview/")

    assert answer.status_code == 200 and b"Hello" in answer.content
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]


def test_a_hold_is_lifted_only_with_a_choice_for_each_campaign(desk):
    from campaigns.delivery import hold

    row = make_delivery()
    held = hold.place("restored")
    url = f"/admin/campaigns/sendinghold/{held.pk}/change/"
    assert "restored" in desk.get(url).content.decode()
    desk.post(url, {})
    assert hold.active()
    desk.post(url, {f"campaign-{row.campaign_id}": "pause"})
    row.campaign.refresh_from_db()
    assert hold.active() is None and row.campaign.state == "paused"


@pytest.mark.parametrize(
    "path", ["delivery", "outboxmail", "sendinghold", "relaystate", "campaign", "campaign/calendar"]
)
def test_every_list_opens(desk, path):
    make_delivery()

    assert desk.get(f"/admin/campaigns/{path}/").status_code == 200


def test_a_mail_opened_outside_its_frame_runs_nothing_and_its_links_work(desk):
    campaign, kept = make_ready(1), make_mail()
    for url in (f"campaign/{campaign.pk}/preview/", f"outboxmail/{kept.pk}/html/"):
        policy = desk.get(f"/admin/campaigns/{url}")["Content-Security-Policy"]
        sandbox = next(part for part in policy.split(";") if part.strip().startswith("sandbox"))
        assert "allow-popups-to-escape-sandbox" in sandbox and "allow-scripts" not in sandbox


@pytest.mark.parametrize(
    "name", ["campaigns/outboxmail", "campaigns/sendinghold", "campaigns/campaign", "contacts/job", "contacts/contact"]
)
@pytest.mark.parametrize("pk", ["abc", "9" * 40])
def test_an_address_without_a_number_is_not_found(desk, name, pk):
    assert desk.get(f"/admin/{name}/{pk}/change/").status_code in (302, 404)


def test_failed_mails_are_tried_again_by_a_press_that_only_shows_when_it_helps(desk):
    campaign = make_ready(2)
    press(desk, campaign, "start")
    assert "Try only these again" not in page(desk, campaign)
    Delivery.objects.update(state="failed", reply="451 later")
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(bounced_at=timezone.now())

    assert "1 mail failed although its address is not at fault" in page(desk, campaign)
    assert "1 failed mail is tried again" in press(desk, campaign, "retry-failed")
    assert Delivery.objects.filter(state="queued").count() == 1
    assert "Try only these again" not in page(desk, campaign)


def test_the_live_page_tells_relays_receivers_and_what_happened_last(desk):
    campaign = make_campaign(state="sending", started_at=timezone.now(), audience_at=timezone.now())
    now = timezone.now()
    mails = [
        ("a@gmail.com", "sent", "main"),
        ("b@googlemail.com", "deferred", "main"),
        ("c@brand.example", "failed", "spare"),
    ]
    for address, state, relay in mails:
        make_delivery(
            campaign=campaign, contact=make_contact(email=address), state=state, relay=relay,
            sent_at=now if state == "sent" else None, next_at=now if state == "deferred" else None,
        )  # fmt: skip
    throttle.slower("gmail.com")
    breaker.failed("spare", "connection refused")
    control.pause(campaign, "wrong price", "marie")

    text = " ".join(re.sub("<[^>]+>", " ", desk.get(f"{PATH}{campaign.pk}/watch/").content.decode()).split())

    assert "main 1 0 1 0" in text and "spare left alone for 1 s: connection refused 0 0 0 1" in text
    assert "gmail.com asked for fewer: 4 a second 1 0 1 0" in text, "one receiver under two names"
    assert "paused: wrong price marie" in text and "relay spare fails" in text


def test_the_presses_come_with_the_numbers_only_when_the_state_has_changed(desk):
    row = make_delivery()
    control.pause(row.campaign, "wrong price", "marie")

    same, other = (
        desk.get(f"{PATH}{row.campaign_id}/progress/?state={state}").content.decode() for state in ("paused", "sending")
    )

    assert "hx-swap-oob" not in same and 'id="fan-press" hx-swap-oob' in other and "Resume…" in other


def test_the_pace_is_a_press(desk):
    campaign = make_delivery().campaign
    desk.post(f"{PATH}{campaign.pk}/do/pace/", {"per_hour": "500"})
    campaign.refresh_from_db()
    assert campaign.pace_per_hour == 500

    desk.post(f"{PATH}{campaign.pk}/do/pace/", {"per_hour": "-1"})
    desk.post(f"{PATH}{campaign.pk}/do/pace/", {"per_hour": ""})
    campaign.refresh_from_db()
    assert campaign.pace_per_hour is None


def test_the_rate_does_not_jump_and_the_time_left_is_said_in_hours():
    first = rate_since({"at": "100", "sent": "0"}, 20, 102)
    assert (first, rate_since({"at": "102", "sent": "20", "rate": str(first)}, 20, 104)) == (10.0, 7.0)
    assert rate_since({"at": "nan", "sent": "1", "rate": "inf"}, 5, 104) == 0
    assert [steps.time_left(n) for n in (20, 3540, 7500, 400_000)] == [
        "about 1 minute left", "about 59 minutes left", "about 2 h 5 min left", "about 5 days left",
    ]  # fmt: skip
