import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse

from contacts.models import Contact
from contacts.segments import predicate, rules, sql, starters
from social import rfm
from social.models import Order, RfmScale, RfmScore
from tests.contacts.test_segments import leaf
from tests.make import make_user

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def hundred():
    """Buyer k (1 to 100) bought last k days ago, 1 + k mod 5 times, and for k euros in all."""
    Contact.objects.bulk_create(Contact(email=f"p{k:03}@example.com") for k in range(1, 101))
    rows = []
    for k, pk in enumerate(Contact.objects.order_by("email").values_list("pk", flat=True), 1):
        times = 1 + k % 5
        for n in range(times):
            amount = 100 * k - (times - 1) if n == 0 else 1
            rows.append(
                Order(
                    source="shop",
                    reference=f"{k}-{n}",
                    contact_id=pk,
                    amount_minor=amount + 50,
                    returned_minor=50,
                    currency="EUR",
                    ordered_at=NOW - timedelta(days=k + n),
                )  # fmt: skip
            )
    Order.objects.bulk_create(rows)


@pytest.fixture
def scored(db):
    hundred()
    return rfm.score(now=NOW)


def test_a_hand_made_set_of_100_gives_the_printed_cells(scored):
    assert scored.buyers == 100
    assert (scored.recency, scored.frequency) == ([20, 40, 60, 80], [1, 2, 3, 4])
    assert scored.monetary == [2000, 4000, 6000, 8000]
    assert {cell: found.people for cell, found in rfm.cells().items()} == {
        (recency, frequency): 4 for recency in range(1, 6) for frequency in range(1, 6)
    }
    # Recency and money run against each other here: who bought last long ago spent most.
    assert Counter(RfmScore.objects.values_list("recency", "monetary")) == {(6 - m, m): 20 for m in range(1, 6)}
    page = Path(__file__).parents[2].joinpath("docs/segments.md").read_text()
    printed = re.findall(r"^\| \*\*R (\d)\*\* \|(.*)\|$", page, re.M)
    assert [(int(step), [int(n) for n in row.split("|")]) for step, row in printed] == [
        (step, [rfm.cells()[(step, f)].people for f in range(1, 6)]) for step in (5, 4, 3, 2, 1)
    ]


def test_equal_values_share_a_step_and_what_came_back_or_is_old_does_not_count(db):
    Contact.objects.bulk_create(Contact(email=f"p{k}@example.com") for k in range(10))
    ids = list(Contact.objects.values_list("pk", flat=True))
    common = {"source": "shop", "currency": "EUR", "ordered_at": NOW - timedelta(days=5)}
    Order.objects.bulk_create(
        Order(reference=str(k), contact_id=pk, amount_minor=1000, **common) for k, pk in enumerate(ids[:8])
    )
    Order.objects.create(reference="back", contact_id=ids[8], amount_minor=100, returned_minor=100, **common)
    old = {**common, "ordered_at": NOW - timedelta(days=800)}
    Order.objects.create(reference="old", contact_id=ids[9], amount_minor=100, **old)
    Order.objects.create(reference="dollars", contact_id=ids[0], amount_minor=9_999, **{**common, "currency": "USD"})

    found = rfm.score(now=NOW)

    assert found.buyers == 8 and found.monetary == [1000] * 4
    assert set(RfmScore.objects.filter(contact_id__in=ids[1:8]).values_list("recency", "frequency", "monetary")) == {
        (5, 1, 1)
    }
    assert RfmScore.objects.get(contact_id=ids[0]).net_minor == 1000


def test_who_bought_nothing_any_more_loses_her_score(scored):
    gone = RfmScore.objects.first().contact_id
    Order.objects.filter(contact_id=gone).delete()

    assert rfm.score(now=NOW).buyers == 99
    assert not RfmScore.objects.filter(contact_id=gone).exists()


def test_thresholds_are_shown_edited_and_stay(scored, client):
    client.force_login(make_user())
    url = reverse("admin:social_rfmscale_changelist")
    page = client.get(url).content.decode()
    assert 'value="20 40 60 80"' in page and 'value="20.00 40.00 60.00 80.00"' in page and "Champions" not in page

    wrong = client.post(url, {"recency": "4 3 2 1", "frequency": "1 2 3 4", "monetary": "1 2 3 4"}, follow=True)
    assert "from small to large" in wrong.content.decode() and not RfmScale.objects.get().is_manual
    client.post(url, {"recency": "30 60 90 180", "frequency": "1 2 4 8", "monetary": "10 20,50 300 1000"})
    kept = RfmScale.objects.get()
    assert kept.is_manual and kept.monetary == [1000, 2050, 30_000, 100_000]
    assert rfm.score(now=NOW).frequency == [1, 2, 4, 8]

    client.post(url, {"press": "quintiles"})
    assert not RfmScale.objects.get().is_manual


def test_groups_are_fields_and_ready_made_segments(scored):
    champions = starters.find("champions")
    people = set(sql.people(champions.rules).values_list("pk", flat=True))

    expected = RfmScore.objects.filter(recency__gte=4, frequency__gte=4, monetary__gte=4)
    assert people == set(expected.values_list("contact_id", flat=True))
    steps = {"all": [leaf("rfm_recency", "is", 5), leaf("rfm_frequency", "between", [1, 2])]}
    assert sql.people(steps).count() == 8
    for tree in (champions.rules, steps, leaf("rfm", "is_empty"), leaf("rfm", "not_in", ["lost", "steady"])):
        found = set(sql.people(tree).values_list("pk", flat=True))
        assert found == {one.pk for one in Contact.objects.all()[:100] if predicate.matches(tree, one)}


def test_every_ready_made_segment_holds(db):
    for one in starters.all_starters():
        rule = rules.parse(one.rules)
        assert sql.people(rule).count() == 0 and rules.describe(rule, "fr") and str(one.name)


def test_engagement_counts_acts_and_never_opens(db):
    days = {"now": 3, "cool": 200, "old": 500}
    people = {name: Contact.objects.create(email=f"{name}@example.com") for name in [*days, "opener", "shy"]}
    for name, ago in days.items():
        Order.objects.create(
            source="shop", reference=name, contact=people[name], amount_minor=1, currency="EUR",
            ordered_at=NOW - timedelta(days=ago),
        )  # fmt: skip
    Contact.objects.filter(email="opener@example.com").update(last_opened_at=NOW, open_tracking_at=NOW)
    Contact.objects.filter(email="shy@example.com").update(last_clicked_at=NOW - timedelta(days=1))

    levels = {
        level: {one.email.split("@")[0] for one in sql.people(leaf("engagement", "is", level), now=NOW)}
        for level in ("active", "cooling", "asleep", "silent")
    }
    assert levels == {"active": {"now", "shy"}, "cooling": {"cool"}, "asleep": {"old"}, "silent": {"opener"}}
    for level, names in levels.items():
        for name, person in people.items():
            person.refresh_from_db()
            assert predicate.matches(leaf("engagement", "is", level), person, now=NOW) is (name in names)


def test_the_command_prints_the_cells(scored, capsys):
    call_command("score_rfm")

    assert "100 buyers" in capsys.readouterr().out
