"""What they relay: rates drawn towards their mean, topics of share bars, times, devices and segments."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.reports import campaign_report
from campaigns.tracking import events
from contacts.models import Segment
from social import relay, sharing
from social.models import EarnedVisit, ShareLink
from social.shrink import shrink
from tests.make import make_contact, make_delivery, make_letter

MONDAY = datetime(2026, 5, 4, 4, 30, tzinfo=UTC)  # 6:30 in Paris


def shared(campaign, name, block="b6", *, at=MONDAY, evidence=True, visits=0, agent_device="phone"):
    contact = make_contact(email=f"{name}@example.com", topic=campaign.topic)
    make_delivery(campaign=campaign, contact=contact, state="sent", sent_at=at)
    link = sharing.share_link_for(contact, campaign, "bluesky", block)
    ShareLink.objects.filter(pk=link.pk).update(intended_at=at, composed_at=at if evidence else None)
    for number in range(visits):
        EarnedVisit.objects.create(share_link=link, day=at.date(), visitor_key=f"{number}", first_at=at)
    act = {"contact": contact, "campaign": campaign, "link": link.link, "device": (agent_device, "")}
    events.record("share_intent", key=f"share_intent:{link.pk}", at=at, **act)
    return contact


def table(campaign, key):
    return next(one for one in relay.section(campaign).tables if one.key == key)


# --- Rates drawn towards their mean ----------------------------------------------------------------------------------


def test_two_rates_are_drawn_together_as_far_as_chance_would_explain_them():
    """By hand: mean 0.2, spread 2, by chance 0.16, so between (2 − 0.16) / 100 and strength 0.16 / 0.0184 − 1."""
    high, low = shrink([(30, 100), (10, 100)])

    assert high.strength == pytest.approx(7.6957, abs=1e-4)
    assert (high.value, low.value) == (pytest.approx(0.2929, abs=1e-4), pytest.approx(0.1071, abs=1e-4))
    assert high.low < 0.2929 < high.high


def test_three_shares_of_three_mails_are_no_winner():
    many, few = shrink([(60, 100), (3, 3)])[0:2]

    assert 0.6 < few.value < 0.8 and few.high - few.low > many.high - many.low


def test_rows_that_differ_by_chance_alone_are_drawn_as_far_as_all_of_them_weigh():
    one, other = shrink([(10, 100), (10, 100)])

    assert (one.strength, one.value, other.value) == (200, pytest.approx(0.1), pytest.approx(0.1))


def test_visits_per_share_may_be_above_one():
    """By hand: mean 1.5, spread 10, between (10 − 1.5) / 20 = 0.425, strength 1.5 / 0.425."""
    high, low = shrink([(40, 20), (20, 20)], counts=True)

    assert (high.value, low.value) == (pytest.approx(1.925), pytest.approx(1.075))
    assert high.low < 1.925 < high.high and high.low > 1


def test_nothing_and_nobody_break_no_rate():
    assert shrink([]) == [] and shrink([(0, 0)])[0].value is None
    assert shrink([(0, 50), (0, 10)])[0].value == 0


# --- Topics ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "bar", "said"),
    [
        ([{"type": "image"}, {"type": "text"}], {}, "Image"),
        ([{"type": "image"}], {"topic": " Recipes "}, "Recipes"),
        ([{"type": "text"}, {"type": "unheard_of"}], {}, "the mail as a whole"),
    ],
)
def test_a_bar_stands_for_its_topic_else_for_the_block_above(above, bar, said):
    blocks = [*above, {"id": "b6", "type": "share", **bar}]

    assert relay.topic_of(blocks, "b6") == said


@pytest.mark.django_db
def test_topics_come_from_the_years_campaigns_and_an_unshared_one_stands_with_none():
    now = timezone.now()
    may, april, old = (
        make_letter(name=name, bar={"topic": topic}, audience_at=at)
        for name, topic, at in (
            ("May", "Recipes", now),
            ("April", "Prices", now - timedelta(days=30)),
            ("Old", "Recipes", now - timedelta(days=400)),
        )
    )
    for number in range(2):
        shared(may, f"may{number}", visits=3 * number)
    make_delivery(campaign=april, contact=make_contact(email="april@example.com"), state="sent", sent_at=now)
    shared(old, "old")

    topics = {topic.label: topic for topic in relay.by_topic(may)}

    assert set(topics) == {"Recipes", "Prices"}
    recipes, prices = topics["Recipes"], topics["Prices"]
    assert (recipes.mails, recipes.people, recipes.links, recipes.visits) == (2, 2, 2, 3)
    assert (prices.mails, prices.people) == (1, 0)


@pytest.mark.django_db
def test_too_few_shares_rank_no_topic_and_thirty_do(monkeypatch):
    bars = [{"id": "b2", "type": "share", "topic": "Zebras"}]
    campaign = make_letter(blocks=bars, bar={"topic": "Apples"})
    shared(campaign, "ann", "b6")
    for number in range(2):
        shared(campaign, f"z{number}", "b2")
    few = table(campaign, "relay_topics")

    monkeypatch.setattr(relay, "TOO_FEW", 3)
    ranked = table(campaign, "relay_topics")

    assert [row[0] for row in few.rows] == ["Apples", "Zebras"] and "too few to rank" in few.note
    assert [row[:3] for row in ranked.rows] == [["Zebras", 3, 2], ["Apples", 3, 1]]
    assert "too few" not in ranked.note


# --- When, on what, by whom ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_times_are_the_sites_own_hours(settings):
    settings.TIME_ZONE = "Europe/Paris"
    campaign = make_letter()
    shared(campaign, "ann")
    shared(campaign, "ben", evidence=False)
    shared(campaign, "cara", at=MONDAY - timedelta(hours=6))  # Monday at half past midnight in Paris, Sunday in UTC

    times = table(campaign, "relay_times")

    assert [row[:3] for row in times.rows] == [["Monday, 0 to 6", 1, 1], ["Monday, 6 to 12", 2, 1]]
    assert "Europe/Paris" in times.note and "too few" in times.note


@pytest.mark.django_db
def test_devices_and_segments_are_told_apart():
    campaign = make_letter()
    campaign.segments.add(
        Segment.objects.create(name="Anns", rules={"field": "email", "op": "is", "value": "ann@example.com"})
    )
    shared(campaign, "ann", visits=2)
    shared(campaign, "ben", evidence=False, agent_device="computer")

    devices, segments = table(campaign, "relay_devices"), table(campaign, "relay_segments")

    assert [row[:3] for row in devices.rows] == [["computer", 1, 0], ["phone", 1, 1]]
    name, mails, rate, visits, *most = segments.rows[0]
    assert (name, mails, rate.n, rate.of, visits) == ("Anns", 1, 1, 1, 2)
    assert most == ["too few to say"] * 3


@pytest.mark.django_db
def test_the_report_has_the_section_only_where_somebody_pressed():
    campaign = make_letter()
    assert relay.section(campaign) is None

    shared(campaign, "ann")

    assert campaign_report(campaign).table("relay_topics") is not None
