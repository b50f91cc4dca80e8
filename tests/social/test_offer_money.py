"""Money: what codes that are out will cost, when a budget warns and stops, and what an offer's report says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from social.models import Claim, FanProof, Offer, Order
from social.offers import budget
from social.offers.offer_report import report_of
from social.offers.reasons import Reason, Refused
from social.offers.redemption import Who, claim, redeem, reverse
from tests.make import make_contact, make_offer, make_segment, make_till, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def till():
    device, zoe = make_till()
    return {"place": device.place, "who": Who.at_till(device, zoe)}


def people(n):
    return [make_contact(email=f"fan{number}@example.com", language="fr") for number in range(n)]


def test_liability_is_claims_out_times_value_times_expected_use():
    offer = make_offer(kind="amount", percent=None, amount_minor=500, expected_percent=40, budget_minor=10_000)
    for fan in people(10):
        claim(offer, fan, via="mail")

    now = budget.outlook(offer)

    assert (now.open_claims, now.liability_minor, now.worst_minor) == (10, 2_000, 5_000)
    assert (now.part, now.level) == (0.2, "")


def test_expected_use_is_learned_from_the_offer(till):
    offer = make_offer(kind="amount", percent=None, amount_minor=500)
    claims = [claim(offer, fan, via="mail") for fan in people(10)]
    assert budget.outlook(offer).expected == 0.25  # nobody of ten came: (0 + 5) / (10 + 10)
    for number in range(5):
        redeem(claims[number].token, key=str(number), **till)

    assert budget.outlook(offer).expected == 0.5  # (5 + 5) / (10 + 10)


def test_eighty_per_cent_warn_and_a_hundred_stop_new_claims():
    offer = make_offer(kind="amount", percent=None, amount_minor=500, expected_percent=100, budget_minor=2_500)
    fans = people(6)
    for fan in fans[:4]:
        claim(offer, fan, via="mail")
    assert budget.outlook(offer).level == "warn"
    fifth = claim(offer, fans[4], via="mail")
    assert budget.outlook(offer).level == "stop"

    with pytest.raises(Refused) as why:
        claim(offer, fans[5], via="mail")

    assert why.value.reason == Reason.BUDGET_SPENT
    assert claim(offer, fans[4], via="mail") == fifth  # hers stays hers


@pytest.mark.parametrize(("choice", "redeemed"), [("honour", True), ("refuse", False)])
def test_codes_that_are_out_are_honoured_past_the_budget_or_not_as_stated(till, choice, redeemed):
    offer = make_offer(kind="amount", percent=None, amount_minor=500, budget_minor=500, expected_percent=10)
    offer.over_budget = choice
    offer.save()
    ann, ben = (claim(offer, fan, via="mail") for fan in people(2))
    redeem(ann.token, key="1", **till)

    if redeemed:
        assert redeem(ben.token, key="2", **till).pk
        assert Offer.objects.get().spent_minor == 1_000
    else:
        with pytest.raises(Refused) as why:
            redeem(ben.token, key="2", **till)
        assert why.value.reason == Reason.BUDGET_SPENT


def test_a_usual_order_tells_what_a_percentage_costs(till):
    offer = make_offer(percent=20)
    Order.objects.create(
        source="shop", reference="1", amount_minor=6_000, currency="EUR", ordered_at=timezone.now(), channel="web"
    )
    assert budget.cost_of_one(offer) == 1_200
    redeem(claim(offer, make_contact(), via="mail").token, key="1", amount_minor=4_000, **till)

    assert budget.cost_of_one(offer) == 800


def played(till):
    """Four redeem: a fan of long, one won by the offer, a customer of long, a stranger; a fifth is undone."""
    offer = make_offer(kind="amount", percent=None, amount_minor=500)
    old, won, buyer, new, undone = people(5)
    now = timezone.now()
    FanProof.objects.create(contact=old, network="x", level=4, method="list", verified_at=now - timedelta(days=90))
    proof = FanProof.objects.create(contact=won, network="bluesky", level=5, method="bluesky", verified_at=now)
    Order.objects.create(
        source="shop", reference="1", contact=buyer, amount_minor=9_000, currency="EUR",
        ordered_at=now - timedelta(days=30), channel="web",
    )  # fmt: skip
    for number, fan in enumerate((old, won, buyer, new, undone)):
        hers = claim(offer, fan, via="mail")
        if fan == won:
            Claim.objects.filter(pk=hers.pk).update(proof=proof)
        used = redeem(hers.token, key=str(number), amount_minor=3_000, **till)
    reverse(used, reason="wrong bag", who=till["who"], key="undo")
    make_segment()
    return offer


def test_the_report_tells_kept_from_won_and_old_customers_from_new(till):
    report = report_of(played(till))

    assert (report.claims, report.uses, report.undone, report.people) == (5, 4, 1, 4)
    assert (report.fans_before, report.fans_won, report.fans_never) == (1, 1, 2)
    assert (report.customers_before, report.customers_new) == (1, 3)
    assert (report.given_minor, report.sales_minor) == (2_000, 12_000)
    assert report.cost_per_new_minor == 667  # 20.00 given to all four, three of them new
    by = {title: [(line.label, line.uses, line.cost_minor) for line in lines] for title, lines in report.tables}
    assert by["By shop"] == [("Shop Lyon", 4, 2_000)]
    assert by["By network of the proof"] == [("no proof", 3, 1_500), ("Bluesky", 1, 500)]
    assert by["By fan level"][1] == ("5 · verified by the network", 1, 500)
    assert by["By segment, as people stand today"] == [("Everybody who speaks French", 4, 2_000)]


def test_both_pages_open_and_the_report_downloads(till, client):
    offer = played(till)
    Offer.objects.update(budget_minor=2_400)
    client.force_login(make_user())

    screen = client.get("/admin/social/offer/budget/").text
    report = client.get(f"/admin/social/offer/{offer.pk}/report/").text
    file = client.get(f"/admin/social/offer/{offer.pk}/report/", {"format": "csv"}).text

    assert "nearly used up" in screen and "€20.00" in screen
    assert "€6.67" in report and "By fan level" in report
    assert "By shop,Shop Lyon,4,2000,EUR" in file
    assert "is spent or promised" in client.get("/admin/").text


def test_a_cashiers_manager_without_rights_sees_neither(client):
    client.force_login(make_user(username="lea", is_superuser=False))

    assert client.get("/admin/social/offer/budget/").status_code == 403
    assert client.get(f"/admin/social/offer/{make_offer().pk}/report/").status_code == 403
