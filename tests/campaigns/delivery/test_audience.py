from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.delivery import audience
from campaigns.models import AudienceExclusion, Campaign, Delivery
from contacts import suppression
from contacts.models import Contact, Subscription
from tests.make import make_campaign, make_contact, make_segment, make_topic

pytestmark = pytest.mark.django_db


def make_cast():
    """Ann may be written to; everybody else may not, each for a reason of her own."""
    topic = make_topic()
    people = {"ann": make_contact(email="ann@example.com", topic=topic, language="fr")}
    people["ben"] = make_contact(email="ben@example.com", topic=topic)
    people["ben"].subscriptions.update(state="unsubscribed", unsubscribed_at=timezone.now())
    people["cara"] = make_contact(email="cara@example.com", topic=topic)
    suppression.suppress("cara@example.com", "hard_bounce")
    people["nobase"] = make_contact(email="emma@example.com", topic=topic)
    people["nobase"].subscriptions.update(basis="none")
    people["paused"] = make_contact(
        email="flo@example.com", topic=topic, paused_until=timezone.now() + timedelta(days=9)
    )
    people["card"] = make_contact(email=None)
    Subscription.objects.create(contact=people["card"], topic=topic, state="pending")
    return topic, people


def test_the_count_says_who_is_left_out_and_why():
    topic, _ = make_cast()

    counted = audience.count(make_campaign(topic=topic))

    assert counted.reachable == 1
    assert counted.excluded == {"unsubscribed": 1, "suppressed": 1, "no_basis": 1, "paused": 1, "unsendable": 1}


def test_the_snapshot_takes_whom_the_count_counted_and_records_the_others():
    topic, people = make_cast()
    campaign = make_campaign(topic=topic)

    assert audience.snapshot(campaign) == 1

    row = Delivery.objects.get()
    assert (row.contact, row.state, row.language, row.occasion) == (people["ann"], "queued", "fr", "")
    campaign.refresh_from_db()
    assert campaign.audience_at
    assert dict(campaign.exclusions.values_list("reason", "n")) == audience.count(campaign).excluded


def test_a_repeated_or_resumed_snapshot_adds_nobody_twice(monkeypatch):
    monkeypatch.setattr(audience, "PEOPLE_PER_STEP", {"sqlite": 3, "postgresql": 3})
    topic = make_topic()
    for n in range(10):
        make_contact(email=f"fan{n}@example.com", topic=topic)
    campaign = make_campaign(topic=topic)
    since, until = 0, audience.end_of_range(0, 3)
    assert audience.snapshot_range(campaign, since, until) == 3  # then the process died
    assert audience.snapshot_range(campaign, since, until) == 0  # another had read the same cursor

    assert audience.snapshot(campaign) == 7
    assert audience.snapshot(campaign) == 0
    Campaign.objects.update(audience_at=None, audience_cursor=0)
    assert audience.snapshot(campaign) == 0 and Delivery.objects.count() == 10


def test_people_of_a_segment_minus_those_of_an_excluded_one():
    topic = make_topic()
    for email, language in [("a@example.com", "fr"), ("b@example.com", "fr"), ("c@example.com", "en")]:
        make_contact(email=email, topic=topic, language=language, first_name=email[0])
    campaign = make_campaign(topic=topic, everyone_reason="")
    assert audience.count(campaign).reachable == 0
    campaign.segments.add(make_segment())
    campaign.excluded_segments.add(
        make_segment(name="b", rules={"all": [{"field": "first_name", "op": "is", "value": "b"}]})
    )

    assert audience.count(campaign) == audience.AudienceCount(1, {"excluded": 1})
    audience.snapshot(campaign)
    assert Delivery.objects.get().contact.email == "a@example.com"


def test_acts_are_measured_only_with_consent_and_only_where_the_campaign_measures_people():
    topic = make_topic()
    make_contact(topic=topic)
    Contact.objects.update(open_tracking_at=timezone.now())
    for tracking, opens in [("consent", True), ("crowd", False), ("none", False)]:
        campaign = make_campaign(topic=topic, tracking=tracking, name=tracking)
        audience.snapshot(campaign)
        row = Delivery.objects.get(campaign=campaign)
        assert (row.tracks_opens, row.tracks_clicks) == (opens, False)


def test_the_control_group_is_drawn_by_hash_and_stays_the_same():
    topic = make_topic()
    for n in range(300):
        make_contact(email=f"fan{n}@example.com", topic=topic)
    campaign, other = (make_campaign(topic=topic, holdout_percent=20, name=name) for name in "ab")
    audience.snapshot(campaign)
    audience.snapshot(other)

    drawn = set(Delivery.objects.filter(campaign=campaign, state="control").values_list("contact", flat=True))
    assert 35 <= len(drawn) <= 85
    assert campaign.exclusions.get(reason="control").n == len(drawn)
    Delivery.objects.filter(campaign=campaign).delete()
    Campaign.objects.filter(pk=campaign.pk).update(audience_at=None, audience_cursor=0)
    audience.snapshot(campaign)
    assert drawn == set(Delivery.objects.filter(campaign=campaign, state="control").values_list("contact", flat=True))
    assert drawn != set(Delivery.objects.filter(campaign=other, state="control").values_list("contact", flat=True))


def test_every_reason_has_a_name():
    topic, _ = make_cast()

    assert set(audience.count(make_campaign(topic=topic)).excluded) <= set(AudienceExclusion.Reason.values)


def test_a_snapshot_costs_the_same_queries_for_any_number_of_people(django_assert_max_num_queries):
    topic = make_topic()
    campaign = make_campaign(topic=topic)
    for n in range(50):
        make_contact(email=f"fan{n}@example.com", topic=topic)

    with django_assert_max_num_queries(30):
        audience.snapshot(campaign)


def test_rules_that_hold_for_nobody_freeze_an_empty_audience():
    make_contact(topic=make_topic())
    campaign = make_campaign()
    campaign.segments.add(make_segment(rules={"any": []}))

    assert audience.snapshot(campaign) == 0

    campaign.refresh_from_db()
    assert campaign.audience_at is not None and not Delivery.objects.exists()
