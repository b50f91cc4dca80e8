"""The calendar: what is where, whom it presses, what clashes, and moving a plan."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns import calendar
from campaigns.models import Campaign, PaceRule
from tests.campaigns.delivery.test_control import make_ready
from tests.make import make_campaign, make_contact, make_delivery, make_segment, make_topic, make_user

pytestmark = pytest.mark.django_db
PATH = "/admin/campaigns/campaign/calendar/"
MAY = datetime(2099, 5, 6, 9, tzinfo=UTC)  # a Wednesday


@pytest.fixture(autouse=True)
def at_greenwich(settings):
    settings.TIME_ZONE = "UTC"
    timezone.activate("UTC")


def plan(name, at, *segments, **fields):
    campaign = make_campaign(name=name, state="scheduled", scheduled_at=at, **fields)
    campaign.segments.set(segments)
    return campaign


@pytest.fixture
def french():
    return make_segment()


@pytest.mark.parametrize(
    ("view", "days", "since"),
    [("day", 1, date(2099, 5, 6)), ("week", 7, date(2099, 5, 4)), ("month", 35, date(2099, 5, 1))],
)
def test_a_view_holds_its_days_and_its_campaigns(french, view, days, since):
    may = plan("May", MAY, french)
    plan("August", MAY + timedelta(days=90), french)

    board = calendar.board(date(2099, 5, 6), view)

    assert (len(board.days), board.since) == (days, since)
    (found,) = [(day.on, entry.campaign) for day in board.days for entry in day.entries]
    assert found == (date(2099, 5, 6), may)


def test_two_plans_to_the_same_segment_within_two_days_clash(french):
    plan("May", MAY, french)
    plan("Roses", MAY + timedelta(hours=47), french)
    plan("Later", MAY + timedelta(hours=96), french)
    plan("Others", MAY, make_segment(name="English"), topic=make_topic(slug="other"))

    board = calendar.board(date(2099, 5, 6), "week")

    assert [(str(one), str(other), shared) for one, other, shared in board.clashes] == [("May", "Roses", french.name)]


def test_a_plan_to_everybody_of_a_topic_clashes_with_a_segments(french):
    plan("May", MAY, french)
    plan("All", MAY + timedelta(hours=1))

    assert len(calendar.board(date(2099, 5, 6), "day").clashes) == 1


def test_pressure_counts_what_each_person_would_get_with_what_she_got(french, django_assert_max_num_queries):
    PaceRule.objects.create(cap_mails=2)
    topic = make_topic()
    people = [make_contact(email=f"{n}@example.com", language="fr", topic=topic) for n in range(3)]
    make_contact(email="left@example.com", language="fr")
    make_delivery(campaign=make_campaign(name="Sent"), contact=people[0], state="sent", sent_at=MAY)
    plan("May", MAY, french)
    plan("Roses", MAY + timedelta(days=1), french)

    with django_assert_max_num_queries(19):  # PostgreSQL is asked for its clock six times, SQLite never
        (found,) = calendar.pressures(calendar.start(date(2099, 5, 4)), calendar.start(date(2099, 5, 11)))

    assert found.counts == {3: 1, 2: 2, 0: 1}  # one had a mail; who does not subscribe gets none
    assert (found.people, found.most, found.over, found.mean) == (4, 3, 1, 1.75)


def test_the_page_shows_plans_clashes_and_the_pressure(client, french):
    client.force_login(make_user())
    plan("May", MAY, french)
    plan("Roses", MAY, french)

    html = client.get(PATH, {"day": "2099-05-06", "view": "week"}).content.decode()
    table = client.get(f"{PATH}pressure/", {"day": "2099-05-06"}).content.decode()

    assert "“May” and “Roses” go to the same people" in html and "Move “May” a day later" in html
    assert french.name in table and "no cap is set" in table
    assert client.get(PATH, {"day": "yesterday", "view": "century"}).status_code == 200


def test_a_press_moves_a_plan_by_a_day_and_a_drop_to_a_day_at_the_same_hour(client):
    client.force_login(make_user())
    campaign = make_ready(1, state="scheduled", scheduled_at=MAY)
    move = f"{PATH}{campaign.pk}/move/?view=week&day=2099-05-04"

    answer = client.post(move, {"days": "1"})
    campaign.refresh_from_db()
    assert campaign.scheduled_at == MAY + timedelta(days=1) and answer["Location"] == f"{PATH}?view=week&day=2099-05-07"
    client.post(move, {"on": "2099-05-20"})
    campaign.refresh_from_db()
    assert campaign.scheduled_at == MAY + timedelta(days=14)


@pytest.mark.parametrize(
    ("state", "wish", "words"),
    [
        ("scheduled", {"days": "many"}, "Choose the day"),
        ("scheduled", {"on": "2020-01-01"}, "This time is over"),
        ("draft", {"days": "1"}, "The campaign is already “draft”"),
        ("finished", {"days": "1"}, "The campaign is already “finished”"),
    ],
)
def test_what_cannot_be_moved_says_why_and_stays(client, state, wish, words):
    client.force_login(make_user())
    campaign = make_ready(1, state=state, scheduled_at=MAY)

    assert words in client.post(f"{PATH}{campaign.pk}/move/", wish, follow=True).content.decode()
    assert Campaign.objects.get().scheduled_at == MAY


def test_who_may_not_send_moves_nothing(client):
    client.force_login(make_user(is_superuser=False))
    campaign = make_ready(1, state="scheduled", scheduled_at=MAY)

    assert client.post(f"{PATH}{campaign.pk}/move/", {"days": "1"}).status_code == 403
