"""A campaign's objective: which number leads, against which target, and what may be said of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape

from campaigns import aims, reports
from campaigns.models import Campaign, Engagement
from social import aims as counted
from social.models import Conversion, Credit, EarnedVisit, Order
from tests.api.conftest import AT_DOCS
from tests.make import make_contact, make_letter, make_share_link, make_user

pytestmark = pytest.mark.django_db


def order(campaign, contact, reference, *, is_new):
    made = Order.objects.create(
        source="shop", reference=reference, contact=contact, is_new_customer=is_new, amount_minor=1000, currency="EUR",
        ordered_at=timezone.now(),
    )  # fmt: skip
    bought = Conversion.objects.create(order=made, contact=contact, net_minor=1000, currency="EUR", at=timezone.now())
    Credit.objects.create(
        conversion=bought, model="last_touch", campaign=campaign, touched_at=timezone.now(), parts=1_000_000
    )
    first = {"first_at": timezone.now(), "last_at": timezone.now()}
    Engagement.objects.get_or_create(campaign=campaign, contact=contact, kind="conversion", defaults=first)


@pytest.fixture
def letter():
    """Ann bought once, for the first time; Eve twice, and not for the first time; three friends came."""
    campaign = make_letter(started_at=timezone.now())
    link = make_share_link(campaign=campaign)
    for n in range(4):
        day = date(2026, 5, 1)
        EarnedVisit.objects.create(
            share_link=link, day=day, visitor_key=str(n), is_sharer=n == 3, first_at=timezone.now()
        )
    eve = make_contact(email="eve@example.com")
    order(campaign, link.contact, "1", is_new=True)
    order(campaign, eve, "2", is_new=False)
    order(campaign, eve, "3", is_new=False)
    return campaign


@pytest.mark.parametrize(
    ("objective", "measure", "n"),
    [("awareness", "earned_visit", 3), ("sales", "conversion", 2), ("loyalty", "returned", 1)],
)
def test_the_objective_chooses_the_number_that_report_page_api_and_home_lead_with(
    letter, client, objective, measure, n
):
    Campaign.objects.filter(pk=letter.pk).update(objective=objective, target=50, due_on=date(2099, 5, 1))
    letter.refresh_from_db()
    client.force_login(make_user())

    found = reports.campaign_report(letter).aim
    page = client.get(f"/admin/campaigns/campaign/{letter.pk}/report/").content.decode()
    api = client.get(f"/api/v1/campaigns/{letter.pk}/report/", headers=AT_DOCS).json()["aim"]
    home = client.get("/admin/").content.decode()

    assert (found.measure, found.n, found.percent) == (measure, n, 2 * n)
    sentence = escape(found.sentence)
    assert sentence in page and sentence in home and sentence.startswith(f"{n} of 50 ")
    assert "Too few to say where it lands." in page and "Too few to say where it lands." in home
    assert (api["measure"], api["n"], api["target"], api["due_on"], api["projected"]) == (
        measure, n, 50, "2099-05-01", None,
    )  # fmt: skip


def test_many_campaigns_are_counted_by_one_query_an_objective(letter, django_assert_num_queries):
    others = [make_letter(name=name) for name in ("June", "July")]

    with django_assert_num_queries(1):
        assert counted.actual([letter, *others]) == {letter.pk: 2, others[0].pk: 0, others[1].pk: 0}


@pytest.mark.parametrize(
    ("n", "due", "outlook"),
    [
        (29, 10, "Too few to say where it lands."),
        (30, 9, "At the pace so far about 60 by then."),
        (100, 9, "Reached."),
        (40, -1, "Missed: the date is over."),
        (40, None, ""),
    ],
)
def test_where_it_lands_is_said_only_of_enough(monkeypatch, n, due, outlook):
    now = datetime(2026, 5, 11, tzinfo=UTC)
    monkeypatch.setattr(aims.timezone, "now", lambda: now)
    timezone.activate("UTC")
    on = None if due is None else now.date() + timedelta(days=due)
    campaign = Campaign(name="May", target=100, due_on=on, started_at=now - timedelta(days=10))

    assert aims.aim(campaign, n).outlook == outlook


def test_without_a_target_the_number_stands_alone():
    assert aims.aim(Campaign(name="May", objective="loyalty"), 7).sentence == "7 came back to buy"
