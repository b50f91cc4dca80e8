"""A new campaign from one page, and a start at a time by anybody's clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from campaigns.admin import zones
from campaigns.content import starters
from campaigns.delivery import control, pacing
from campaigns.models import Campaign, Sender
from contacts.models import Brand, Topic
from tests.campaigns.delivery.test_control import make_ready
from tests.make import make_contact, make_delivery, make_letter, make_segment, make_sender, make_topic, make_user

pytestmark = pytest.mark.django_db
ADD = "/admin/campaigns/campaign/add/"


@pytest.fixture
def desk(client):
    cache.clear()
    client.force_login(make_user())
    return client


def test_on_an_empty_installation_the_page_asks_who_writes_and_makes_it(desk):
    assert "Postal address" in desk.get(ADD).content.decode()

    who = {"brand": "Brûlerie du Port", "postal_address": "3 quai Gambetta", "from_email": "hello@port.example"}
    answer = desk.post(ADD, {"name": "First", **who, "begin": "letter-newsletter"})

    campaign = Campaign.objects.get()
    assert answer["Location"] == f"/admin/campaigns/campaign/{campaign.pk}/change/"
    assert (campaign.sender.from_email, campaign.topic.brand.slug) == ("hello@port.example", "brulerie-du-port")
    assert campaign.content.versions.get().bodies.filter(language="en").get().subject
    assert (Brand.objects.count(), Topic.objects.count(), Sender.objects.count()) == (1, 1, 1)


def test_a_new_campaign_begins_as_last_time_to_another_segment(desk):
    letter = make_letter(state="finished", started_at=timezone.now())
    segment = make_segment()

    desk.post(ADD, {"name": "June", "topic": letter.topic_id, "segment": segment.pk, "begin": f"campaign-{letter.pk}"})

    made = Campaign.objects.get(name="June")
    assert list(made.segments.all()) == [segment] and made.state == "draft"
    assert made.content_id != letter.content_id
    assert made.content.versions.get().bodies.get(language="en").subject == "Roses for May"


def test_a_new_campaign_begins_with_a_template_of_ones_own(desk):
    sender = make_sender()
    template = starters.create("newsletter", sender.brand, is_template=True)

    desk.post(ADD, {"name": "June", "topic": make_topic().pk, "begin": f"template-{template.pk}"})

    made = Campaign.objects.get(name="June")
    assert made.content_id != template.pk and made.sender == sender


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_made(desk):
    html = desk.post(ADD, {"name": "", "begin": "letter-none", "from_email": "nobody"}).content.decode()

    assert html.count("errorlist") >= 3 and not Campaign.objects.exists() and not Brand.objects.exists()


def test_a_brand_with_two_senders_asks_which_one(desk):
    topic = make_topic()
    make_sender(brand=topic.brand)
    make_sender(brand=topic.brand, from_email="other@mail.brand.example")

    html = desk.post(ADD, {"name": "June", "topic": topic.pk, "begin": "letter-newsletter"}).content.decode()

    assert "Say which address writes" in html and not Campaign.objects.exists()


def test_save_stays_on_the_campaigns_page_and_says_where_the_error_is(desk):
    campaign = make_ready(1)
    path = f"/admin/campaigns/campaign/{campaign.pk}/change/"
    fields = {"name": "June", "topic": campaign.topic_id, "sender": campaign.sender_id, "content": campaign.content_id}
    fields |= {"everyone_reason": "all", "objective": "sales", "tracking": "consent", "timing": "at_once"}
    fields |= {"priority": 0, "holdout_percent": 0, "ambiguity": "hold"}

    assert desk.post(path, {**fields, "_save": "Save"})["Location"] == path
    html = desk.post(path, {**fields, "holdout_percent": 90, "_save": "Save"}).content.decode()

    assert 'fan-section-problem" aria-labelledby="head-send"' in html.replace("\n", "")
    assert Campaign.objects.get().name == "June" and Campaign.objects.get().holdout_percent == 0


@pytest.mark.parametrize(
    ("zone", "utc"),
    [("Europe/Paris", "2099-07-01T16:00"), ("Pacific/Noumea", "2099-07-01T07:00"), ("", "2099-07-01T18:00")],
)
def test_a_time_is_meant_by_the_clocks_that_were_named(desk, settings, zone, utc):
    settings.TIME_ZONE = "UTC"
    campaign = make_ready(1)

    desk.post(f"/admin/campaigns/campaign/{campaign.pk}/do/schedule/", {"at": "2099-07-01T18:00", "zone": zone})

    campaign.refresh_from_db()
    assert campaign.scheduled_at.astimezone(UTC).isoformat()[:16] == utc


def test_an_hour_that_the_clocks_leave_out_is_refused():
    with pytest.raises(control.Refused, match="does not exist"):
        zones.moment("2026-03-29T02:30", "Europe/Paris")
    with pytest.raises(control.Refused, match="Choose a day"):
        zones.moment("2026-03-29T02:30", "Mars/Olympus")


def test_each_gets_it_in_her_own_evening(desk, monkeypatch):
    campaign = make_ready(0)
    make_contact(email="first@example.com", topic=campaign.topic)
    act = f"/admin/campaigns/campaign/{campaign.pk}/do/schedule/"
    desk.post(act, {"at": "2099-07-01T08:00", "own_evening": "1"})
    campaign.refresh_from_db()
    assert campaign.timing == "evening"
    rows = [
        make_delivery(campaign=campaign, contact=make_contact(email=f"{n}@example.com", time_zone=zone))
        for n, zone in enumerate(["Asia/Tokyo", "Europe/Paris", "America/New_York"])
    ]
    monkeypatch.setattr(pacing.timezone, "now", lambda: datetime(2026, 5, 12, 10, 30, tzinfo=UTC))  # 19:30 in Tokyo

    waiting = pacing.put_off(campaign, rows)

    assert rows[0].pk not in waiting
    assert timedelta(seconds=waiting[rows[1].pk].seconds) == timedelta(hours=5, minutes=30)
    assert timedelta(seconds=waiting[rows[2].pk].seconds) == timedelta(hours=11, minutes=30)
    desk.post(act, {"at": "2099-07-02T08:00"})
    campaign.refresh_from_db()
    assert campaign.timing == "at_once"
