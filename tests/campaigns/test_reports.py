"""The report: every number recomputed by hand, doubt said aloud, and pages that work at 0, 3 and 300."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns import links
from campaigns.models import Delivery
from campaigns.reports import Money, Rate, Section, Step, campaign_report, words
from campaigns.reports.control import lift
from campaigns.reports.interval import wilson
from campaigns.tracking import events
from contacts.models import Contact
from tests.make import make_campaign, make_contact, make_user

pytestmark = pytest.mark.django_db


def sent_to(campaign, n, *, measured=True, state="sent"):
    """n contacts who got the mail; returns them."""
    now = timezone.now()
    start = Contact.objects.count()
    people = [make_contact(email=f"p{start + i}@example.com") for i in range(n)]
    Delivery.objects.bulk_create(
        Delivery(campaign=campaign, contact=p, state=state, sent_at=now, tracks_opens=measured, tracks_clicks=measured)
        for p in people
    )
    return people


@pytest.fixture
def campaign():
    return make_campaign(state="sending", started_at=timezone.now() - timedelta(hours=1), audience_at=timezone.now())


def step(report, key):
    return next(step for step in report.funnel if step.key == key)


def test_the_funnel_counts_people_once_and_says_of_how_many(campaign, monkeypatch):
    people = sent_to(campaign, 40)
    link = links.number_for(campaign, None, "b1", "https://shop.example/")
    for i, person in enumerate(people[:10]):
        for n in range(2):
            events.record("open", key=f"o{i}-{n}", contact=person, campaign=campaign)
    for i, person in enumerate(people[:4]):
        events.record("click", key=f"c{i}", contact=person, campaign=campaign, link=link)

    report = campaign_report(campaign)

    opened, clicked = step(report, "open"), step(report, "click")
    assert (step(report, "sent").n, opened.n, opened.of, clicked.n) == (40, 10, 40, 4)
    assert opened.rate.value == 0.25
    assert (round(opened.rate.low, 4), round(opened.rate.high, 4)) == (0.1419, 0.4019)
    assert sum(point.opened for point in report.series) == 20
    row = report.table("links").rows[0]
    assert (row[0], row[1], row[2].n, row[3].n) == (1, "https://shop.example/", 4, 4)
    assert "40 mails sent" in report.sentence and "25.0\N{NO-BREAK SPACE}%" in report.sentence


def test_the_measured_are_the_denominator_not_everybody(campaign):
    sent_to(campaign, 30)
    sent_to(campaign, 70, measured=False)
    report = campaign_report(campaign)
    assert step(report, "open").of == 30
    assert "30 of 100" in " ".join(report.notes)


def test_nothing_sent_and_three_sent_say_so(campaign):
    assert campaign_report(campaign).sentence == "Nothing was sent yet."
    sent_to(campaign, 3)
    report = campaign_report(campaign)
    assert "too few" in report.next_step and "%" not in report.sentence


def test_a_report_asks_as_often_for_many_events_as_for_few(campaign, django_assert_max_num_queries):
    people = sent_to(campaign, 5)
    for i in range(50):
        events.record("open", key=f"o{i}", contact=people[i % 5], campaign=campaign)
    with django_assert_max_num_queries(40):
        campaign_report(campaign)


def test_sections_of_upper_floors_join_the_funnel(campaign, settings, monkeypatch):
    from campaigns.reports import build

    revenue = Step("revenue", "revenue", 0, kind="money", money=Money(123456, "EUR"), is_social=True)
    section = Section("shop", "Shop", steps=[Step("redeem", "redeemed", 3, is_social=True), revenue])
    monkeypatch.setattr(build, "load_sections", lambda campaign: [section])
    sent_to(campaign, 40)
    report = campaign_report(campaign)
    assert step(report, "redeem").n == 3 and [s.key for s in report.funnel][-1] == "revenue"
    assert "€1,234.56" in report.sentence


def test_a_control_group_without_difference_shows_no_lift(campaign):
    treated, control = sent_to(campaign, 200), sent_to(campaign, 50, state="control")
    for person in [*treated[:20], *control[:5]]:
        Contact.objects.filter(pk=person.pk).update(last_ordered_at=timezone.now() + timedelta(seconds=5))
    report = campaign_report(campaign)
    assert [(g.people, g.ordered.n) for g in report.groups] == [(200, 20), (50, 5)]
    assert report.lift.startswith("No effect")
    assert lift(Rate(400, 1000), Rate(100, 1000)).startswith("The mail brought orders")
    assert lift(Rate(2, 10), Rate(1, 10)).startswith("Too few")


@pytest.mark.parametrize(
    ("n", "of", "low", "high"), [(0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634), (0, 0, 0, 1)]
)
def test_wilsons_interval(n, of, low, high):
    assert [round(end, 4) for end in wilson(n, of)] == [low, high]


def test_downloads_hold_no_formula():
    assert words.raw("=HYPERLINK(1)") == "'=HYPERLINK(1)" and words.raw("@x").startswith("'")
    assert words.raw(-3) == "-3" and words.raw(None) == ""


def test_small_numbers_are_people_and_no_rate():
    assert words.rate(Rate(2, 7)) == "2 of 7: too few to say a rate"
    assert words.rate(Rate(387, 12480)).replace("\N{NO-BREAK SPACE}", " ") == "3.1 % (387 of 12,480; 2.8–3.4 %)"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("people", [0, 3, 40])
def test_the_pages_answer(client, campaign, people, language):
    client.force_login(make_user())
    for i, person in enumerate(sent_to(campaign, people)):
        events.record("open", key=f"o{i}", contact=person, campaign=campaign)
        events.record("open", key=f"p{i}", contact=person, campaign=campaign, at=timezone.now() - timedelta(hours=3))
    page = client.get(
        reverse("admin:campaigns_campaign_report", args=[campaign.pk]), headers={"accept-language": language}
    )
    assert page.status_code == 200 and "<script>" not in page.content.decode().split("fan-report")[1]
    assert client.get(reverse("admin:campaigns_report_list")).status_code == 200
    csv = client.get(reverse("admin:campaigns_campaign_report_csv", args=[campaign.pk, "funnel"]))
    assert csv.status_code == 200 and csv["Content-Type"].startswith("text/csv")
    assert client.get(reverse("admin:campaigns_campaign_report_csv", args=[campaign.pk, "nothing"])).status_code == 404


def test_the_report_is_for_those_who_may_see_campaigns(client, campaign):
    client.force_login(make_user(username="cashier", is_superuser=False))
    assert client.get(reverse("admin:campaigns_campaign_report", args=[campaign.pk])).status_code == 403
    client.logout()
    assert client.get(reverse("admin:campaigns_campaign_report", args=[campaign.pk])).status_code == 302


@pytest.mark.parametrize("model", ["event", "engagement", "link", "spoolfile"])
def test_lists_answer(client, campaign, model):
    client.force_login(make_user())
    person = sent_to(campaign, 1)[0]
    link = links.number_for(campaign, None, "b1", "https://shop.example/")
    event = events.record("click", key="c", contact=person, campaign=campaign, link=link)
    page = reverse(f"admin:campaigns_{model}_changelist")
    assert client.get(page).status_code == 200
    if model in {"event", "engagement"}:
        assert client.get(f"{page}?campaign__id__exact={campaign.pk}&kind__exact=click").status_code == 200
    if model == "event":
        assert client.get(reverse("admin:campaigns_event_change", args=[event.pk])).status_code == 200


def test_changing_a_target_in_the_admin_keeps_the_former(client, campaign):
    client.force_login(make_user())
    link = links.number_for(campaign, None, "b1", "https://shop.example/old")
    client.post(
        reverse("admin:campaigns_link_change", args=[link.pk]),
        {
            "target": "https://shop.example/new",
            "former_targets-TOTAL_FORMS": "0",
            "former_targets-INITIAL_FORMS": "0",
        },
    )
    link.refresh_from_db()
    assert link.target.endswith("new") and link.former_targets.get().target.endswith("old")


def test_segments_and_timeline_know_what_the_mail_did(campaign):
    from contacts.profile import timeline
    from contacts.segments.sql import people as matching

    ann, ben, cara = sent_to(campaign, 3)
    Contact.objects.exclude(pk=cara.pk).update(open_tracking_at=timezone.now())
    events.record("open", key="o", contact=ann, campaign=campaign)

    def who(op):
        return set(matching({"field": "opened", "op": op, "value": {"campaign": campaign.pk, "days": 30}}))

    assert who("did") == {ann}
    assert who("did_not") == {ben}, "Cara cannot be observed"
    assert {entry.kind for entry in timeline(ann)} >= {"mail", "open"}
