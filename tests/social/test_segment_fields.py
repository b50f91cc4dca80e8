"""What campaigns and social lend to segments: random trees mean the same for sets and for one person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Engagement
from contacts.models import Contact
from contacts.segments import predicate, rules, sql
from social import conversions
from social.models import Claim, FanProof, Order, Redemption, Referral
from tests.contacts.test_segments import leaf
from tests.make import make_campaign, make_contact, make_delivery, make_offer, make_place, make_share_link
from tests.trees import DAYS, acts, trees

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def days_ago(n):
    return NOW - timedelta(days=n)


def buy(contact, on, *, category="Knitwear", size="M", place=None, amount=5000, returned=0, n=[0]):  # noqa: B006
    n[0] += 1
    line = conversions.Line(1, "A1", "Jumper", category, size, 1, 1 if returned == amount else 0, amount)
    order = conversions.record_order(
        "shop", f"A-{n[0]}", amount_minor=amount, returned_minor=returned, currency="EUR", ordered_at=on,
        lines=[line], place=place, channel="shop", is_attributed=False,
    )  # fmt: skip
    Order.objects.filter(pk=order.pk).update(contact=contact)


@pytest.fixture
def crowd(db):
    """Twenty people who did a bit of everything, and when; returns what rules may name."""
    people = [make_contact(email=f"p{n}@example.com") for n in range(20)]
    lyon, lille = make_place(slug="lyon"), make_place(slug="lille")
    offer, letters = make_offer(), [make_campaign(name="one"), make_campaign(name="two")]
    moments = [days_ago(n) for n in (1, 9, 40, 300, 320, 700)]
    for n, person in enumerate(people):
        at, letter = moments[n % 6], letters[n % 2]
        person.open_tracking_at = at if n % 3 else None
        person.save()
        if n % 2:
            make_delivery(contact=person, campaign=letter, state="sent", sent_at=at, tracks_opens=bool(n % 4 == 1))
        if n % 4 == 1:
            Engagement.objects.create(campaign=letter, contact=person, kind="open", first_at=at, last_at=at)
        if n % 5 == 0:
            share = make_share_link(contact=person, campaign=letter, network=["bluesky", "x"][n % 2])
            share.intended_at, share.visited_at = at, at if n % 10 else None
            share.save()
            Referral.objects.create(sponsor=person, friend=people[n - 1], state="approved", confirmed_at=at)
        if n % 3 == 0:
            claim = Claim.objects.create(offer=offer, contact=person, token=f"{n:016}", expires_at=NOW)
            Claim.objects.filter(pk=claim.pk).update(claimed_at=at)
        if n % 4 == 0:
            FanProof.objects.create(
                contact=person, network="bluesky", level=n % 6, method="test", verified_at=at,
                revoked_at=NOW if n == 8 else None,
            )  # fmt: skip
        for k in range(n % 4):
            buy(
                person, moments[(n + k) % 6], category=["Knitwear", "Shoes"][k % 2], size="ML"[k % 2],
                place=[lyon, lille, None][n % 3], amount=1000 * (n + 1), returned=1000 * (n + 1) if k == 2 else 500,
            )  # fmt: skip
    return {
        "campaign": [one.pk for one in letters], "place": [lyon.pk, lille.pk], "offer": [offer.pk],
        "network": ["bluesky", "x"], "level": [0, 2, 4], "category": ["Knitwear", "Shoes"], "size": ["M", "L"],
        "amount": [1000, 12_000, 30_000], "channel": ["shop"],
    }  # fmt: skip


ACTS = {
    "opened": ["campaign"], "clicked": ["campaign"], "mailed": ["campaign"], "shared": ["network", "campaign"],
    "share_confirmed": ["network"], "brought_friends": [], "came_by_friend": [], "claimed": ["offer"],
    "redeemed": ["offer", "place"], "fan": ["network", "level"], "ordered": ["category", "size", "place", "channel"],
    "spent": ["amount", "place"], "brought_visits": [],
}  # fmt: skip


@st.composite
def numbers(draw):
    key = draw(st.sampled_from(["net_spend_minor", "orders", "friends", "share_networks"]))
    op = draw(st.sampled_from(["gte", "lte", "is", "is_not", "gt", "lt", "between"]))
    one = st.sampled_from([0, 1, 2, 500, 12_000])
    return {"field": key, "op": op, "value": sorted([draw(one), draw(one)]) if op == "between" else draw(one)}


@st.composite
def dates(draw):
    key = draw(st.sampled_from(["last_ordered", "first_ordered", "last_opened"]))
    op = draw(st.sampled_from(["in_last_days", "not_in_last_days", "is_set", "is_empty"]))
    return {"field": key, "op": op, **({"value": draw(DAYS)} if "days" in op else {})}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(data=st.data())
def test_sql_and_predicate_agree_on_what_people_did(crowd, data):
    named = {key: {name: crowd[name] for name in names} for key, names in ACTS.items()}
    rule = rules.parse(data.draw(trees(st.one_of(acts(named), numbers(), dates()))))

    where = sql.where(rule, now=NOW)
    true = set(Contact.objects.filter(where.true).values_list("pk", flat=True))
    false = set(Contact.objects.filter(where.false).values_list("pk", flat=True))

    answers = {contact.pk: predicate.value(rule, contact, now=NOW) for contact in Contact.objects.all()}
    assert true == {pk for pk, answer in answers.items() if answer is True}
    assert false == {pk for pk, answer in answers.items() if answer is False}
    assert rules.describe(rule, "fr")


def test_who_bought_knitwear_in_lyon_last_winter_and_not_this_one(db):
    lyon, lille = make_place(slug="lyon"), make_place(slug="lille")
    names = ["ann", "ben", "cara", "dan", "eva", "fay"]
    ann, ben, cara, dan, eva, fay = (make_contact(email=f"{name}@example.com") for name in names)
    last, this = datetime(2025, 12, 20, tzinfo=UTC), datetime(2026, 12, 5, tzinfo=UTC)
    now = datetime(2026, 12, 20, tzinfo=UTC)
    buy(ann, last, place=lyon)
    for on in (last, this):
        buy(ben, on, place=lyon)
    buy(cara, last, place=lille)
    buy(dan, last, place=lyon, category="Shoes")
    buy(eva, last, place=lyon, returned=5000)
    buy(fay, last, place=lyon)
    buy(fay, this, place=lyon, returned=5000)

    knitwear = {"category": "Knitwear", "place": lyon.pk}
    tree = {
        "all": [
            leaf("ordered", "did", {**knitwear, "period": "last_winter"}),
            leaf("ordered", "did_not", {**knitwear, "period": "this_winter"}),
        ]
    }

    assert set(sql.people(tree, now=now)) == {ann, fay}
    assert rules.describe(rules.parse(tree), "en") == (
        "People for whom this holds: bought (category: Knitwear, shop: Shop Lyon) last winter and "
        "not: bought (category: Knitwear, shop: Shop Lyon) this winter."
    )


def test_category_and_size_are_asked_of_the_same_line(db):
    ann = make_contact()
    lines = [
        conversions.Line(1, category="Knitwear", size="M", quantity=1, unit_minor=100),
        conversions.Line(2, category="Shoes", size="L", quantity=1, unit_minor=100),
    ]
    order = conversions.record_order(
        "shop", "A-1", amount_minor=200, currency="EUR", ordered_at=NOW, lines=lines, is_attributed=False
    )
    Order.objects.filter(pk=order.pk).update(contact=ann)

    assert ann in sql.people(leaf("ordered", "did", {"category": "Knitwear", "size": "M"}))
    assert ann not in sql.people(leaf("ordered", "did", {"category": "Knitwear", "size": "L"}))


def test_a_redemption_that_was_undone_is_none(db):
    ann, offer = make_contact(), make_offer()
    claim = Claim.objects.create(offer=offer, contact=ann, expires_at=NOW)
    redeemed = leaf("redeemed", "did", {"offer": offer.pk})
    first = Redemption.objects.create(claim=claim, kind="redeem")
    assert ann in sql.people(redeemed)

    Redemption.objects.create(claim=claim, kind="reverse", reverses=first)
    assert ann not in sql.people(redeemed)
