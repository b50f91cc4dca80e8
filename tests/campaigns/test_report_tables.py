"""Domains, segments, devices a year before, and counts that are kept: each number recomputed by hand."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.delivery import progress
from campaigns.models import Delivery, Engagement, Tally
from campaigns.reports import Rate, ahead, campaign_report, counts, people, summary, tally
from campaigns.tracking import events, rollups
from campaigns.tracking.rollups import Act
from contacts.models import Contact
from tests.make import make_campaign, make_contact, make_segment, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def campaign():
    return make_campaign(state="finished", started_at=NOW - timedelta(hours=1), audience_at=NOW - timedelta(hours=1))


def sent(campaign, address, **fields):
    person = make_contact(email=address, language=fields.pop("language", ""))
    values = {"state": "sent", "sent_at": NOW, "next_at": NOW, "tracks_opens": True, "tracks_clicks": True, **fields}
    Delivery.objects.create(campaign=campaign, contact=person, **values)
    return person


def shown(table):
    return [
        [getattr(value, "n", value) if not isinstance(value, Rate) else value for value in row] for row in table.rows
    ]


def test_each_receiving_domain_shows_what_it_took_refused_and_opened(campaign, client):
    ann = sent(campaign, "ann@gmail.com")
    sent(campaign, "ben@gmail.com", bounced_at=NOW, state="failed")
    sent(campaign, "cara@gmail.com", complained_at=NOW)
    sent(campaign, "dan@web.de", state="deferred")
    sent(campaign, "eve@web.de", tracks_opens=False)
    for n in range(3):
        events.record("open", key=f"o{n}", contact=ann, campaign=campaign)

    table = campaign_report(campaign).table("domains")

    assert shown(table) == [
        ["gmail.com", 2, 1, Rate(1, 3), 0, 1, Rate(1, 2)],
        ["web.de", 1, 0, Rate(0, 2), 1, 0, Rate(0, 0)],
    ]
    client.force_login(make_user())
    for value, names in (
        (table.rows[0][1], ["ann", "cara"]),
        (table.rows[0][2], ["ben"]),
        (table.rows[1][4], ["dan"]),
    ):
        page = client.get(value.url).content.decode()
        assert [who for who in ("ann", "ben", "cara", "dan", "eve") if f"{who}@" in page] == names


def test_small_domains_stand_together_and_an_erased_address_has_none(campaign):
    for n in range(18):
        sent(campaign, f"p@d{n:02}.example")
    gone = sent(campaign, "gone@d00.example")
    Contact.objects.filter(pk=gone.pk).update(email=None)

    rows = shown(campaign_report(campaign).table("domains"))

    assert len(rows) == 16 and rows[-1][:2] == ["all others", 4] and rows[0][0] == "address erased"


def test_segments_stand_side_by_side_with_their_own_rates(campaign, client):
    french, english = (
        make_segment(),
        make_segment(name="English", rules={"field": "language", "op": "is", "value": "en"}),
    )
    campaign.segments.add(french, english)
    people = [sent(campaign, f"f{n}@example.com", language="fr") for n in range(3)]
    sent(campaign, "e@example.com", language="en", tracks_opens=False)
    for person in people[:2]:
        events.record("open", key=f"o{person.pk}", contact=person, campaign=campaign)
    events.record("conversion", key="c", contact=people[0], campaign=campaign)

    rows = shown(campaign_report(campaign).table("segments"))

    assert rows == [
        [french.name, 3, Rate(2, 3), Rate(0, 3), Rate(0, 3), Rate(0, 3), Rate(1, 3)],
        ["English", 1, Rate(0, 0), Rate(0, 1), Rate(0, 1), Rate(0, 1), Rate(0, 1)],
    ]
    client.force_login(make_user())
    page = client.get(reverse("admin:campaigns_campaign_report", args=[campaign.pk]), {"segment": [english.pk, "x"]})
    assert page.context["segments_shown"]["rows"][0][0][1] == "English"
    assert f'value="{english.pk}" checked' in page.content.decode()


def test_devices_stand_beside_those_of_the_season_a_year_before(campaign):
    last_year = make_campaign(name="Last year", started_at=NOW - timedelta(days=380))
    ann = make_contact()

    def opened(campaign, n, at, **fields):
        acts = [Act("open", at, f"{campaign.pk}{fields}{i}", campaign_id=campaign.pk, **fields) for i in range(n)]
        rollups.add(acts)

    opened(campaign, 3, NOW, contact_id=ann.pk, device="phone", os="iOS")
    opened(campaign, 1, NOW, contact_id=ann.pk, device="computer", os="Windows")
    opened(last_year, 1, NOW - timedelta(days=380), device="phone", os="iOS")
    opened(last_year, 4, NOW - timedelta(days=380), device="computer", os="Windows")

    rows = shown(campaign_report(campaign).table("devices"))

    assert rows == [
        ["phone", "iOS", 3, 0, Rate(3, 4), Rate(1, 5)],
        ["computer", "Windows", 1, 0, Rate(1, 4), Rate(4, 5)],
    ]
    assert len(campaign_report(last_year).table("devices").columns) == 5, "nothing is known of two years before"


def test_what_takes_long_to_count_is_kept_until_something_happens(campaign, monkeypatch):
    monkeypatch.setattr(tally, "LONG", 0)
    monkeypatch.setattr(tally, "REST", 0)
    ann = sent(campaign, "ann@example.com")
    sent(campaign, "ben@example.com", state="ambiguous")
    assert counts.read(campaign).sent == 1
    kept = Tally.objects.get(key="mails")

    counts.read(campaign)
    assert Tally.objects.get(key="mails").counted_at == kept.counted_at

    Delivery.objects.filter(state="ambiguous").update(state="sent")
    assert counts.read(campaign).sent == 2
    events.record("open", key="o", contact=ann, campaign=campaign)
    assert counts.read(campaign).people == {"open": 1}
    assert [(row.sent, row.opened) for row in summary.of_many([campaign])] == [(2, Rate(1, 2))]


def test_while_mails_go_out_a_long_count_is_repeated_only_after_a_rest(campaign, monkeypatch):
    monkeypatch.setattr(tally, "LONG", 0)
    campaign.state = "sending"
    sent(campaign, "ann@example.com")
    counts.read(campaign)
    Tally.objects.update(seconds=3)
    sent(campaign, "ben@example.com")
    assert counts.read(campaign).sent == 1

    Tally.objects.update(counted_at=timezone.now() - timedelta(seconds=61))
    assert counts.read(campaign).sent == 2


def test_a_large_campaigns_report_is_counted_before_anybody_asks_and_again_at_half_of_its_time(campaign, monkeypatch):
    monkeypatch.setattr(tally, "LONG", 0)
    monkeypatch.setattr(ahead, "LARGE", 1)
    sent(campaign, "ann@example.com")
    assert ahead.count() == 0

    ben = sent(campaign, "ben@example.com")
    assert ahead.count() == 1
    assert ahead.count() == 0

    events.record("open", key="o", contact=ben, campaign=campaign)
    Tally.objects.update(seconds=1, counted_at=timezone.now() - timedelta(seconds=11))
    assert counts.read(campaign).people == {}, "a page would still show what was counted 11 s ago"
    assert ahead.count() == 1
    assert counts.read(campaign).people == {"open": 1}


def test_of_very_many_people_those_added_last_stand_first_and_nothing_is_sorted(campaign, monkeypatch):
    monkeypatch.setattr(people, "SORTED", 1)
    ann, ben = (sent(campaign, f"{name}@example.com") for name in ("ann", "ben"))
    for person, ago in ((ann, 1), (ben, 2)):
        Engagement.objects.create(
            campaign=campaign, contact=person, kind="open", first_at=NOW, last_at=NOW - timedelta(hours=ago)
        )

    assert [row.contact for row in people.behind(campaign, "open")] == [ben, ann]
    monkeypatch.setattr(people, "SORTED", 2)
    assert [row.contact for row in people.behind(campaign, "open")] == [ann, ben]


def test_lists_show_what_was_counted_of_a_large_campaign_that_is_over_and_count_one_that_runs(campaign):
    sent(campaign, "ann@example.com")
    kept = {"data": [["sent", True, True, 7], ["failed", True, False, 2]], "mark": "1", "seconds": 1}
    Tally.objects.create(campaign=campaign, key="mails", counted_at=NOW, **kept)

    shown = progress.progress(campaign)
    assert (shown.sent, shown.failed, shown.total) == (7, 2, 9)
    campaign.state = "sending"
    campaign.save()
    assert progress.progress(campaign).sent == 1
