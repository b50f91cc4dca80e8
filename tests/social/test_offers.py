"""Claims: who may have an offer, once however often she presses."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import Event
from contacts.models import Notice
from contacts.money import money, read_money
from social.fans import declared
from social.models import Claim, Code, Order
from social.offers import counters, rules
from social.offers.reasons import Reason, Refused, for_stranger, sentence
from social.offers.redemption import claim
from social.offers.value import headline, until
from tests.make import make_campaign, make_contact, make_offer, make_segment

pytestmark = pytest.mark.django_db


def refused(*args, **fields):
    with pytest.raises(Refused) as why:
        claim(*args, **{"via": "mail", **fields})
    return why.value.reason


def test_ann_claims_and_gets_a_code_of_her_own():
    offer, ann, campaign = make_offer(), make_contact(), make_campaign()

    made = claim(offer, ann, via="mail", campaign=campaign)

    assert made.state == "open" and made.code.state == "assigned" and len(made.token) == 26
    event = Event.objects.get(kind="claim")
    assert (event.contact, event.campaign, event.subject_id) == (ann, campaign, made.pk)


def test_ann_presses_twice_and_has_one_claim():
    offer, ann = make_offer(), make_contact()

    first, second = claim(offer, ann, via="mail"), claim(offer, ann, via="qr")

    assert first.pk == second.pk
    assert (Claim.objects.count(), Code.objects.count(), Event.objects.filter(kind="claim").count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"state": "draft"}, Reason.NOT_STARTED),
        ({"state": "paused"}, Reason.PAUSED),
        ({"state": "ended"}, Reason.EXPIRED),
        ({"starts_at": timezone.now() + timedelta(hours=5)}, Reason.NOT_STARTED),
        ({"ends_at": timezone.now() - timedelta(hours=5)}, Reason.EXPIRED),
        ({"archived_at": timezone.now()}, Reason.EXPIRED),
        ({"min_fan_level": 0, "network": "instagram"}, Reason.FAN_PROOF_MISSING),
        ({"code_mode": "pool"}, Reason.LIMIT_TOTAL),
        ({"budget_minor": 100, "cost_minor": 200}, Reason.BUDGET_SPENT),
    ],
)
def test_a_claim_is_refused_with_its_exact_reason(fields, reason):
    assert refused(make_offer(**fields), make_contact()) == reason
    assert not Claim.objects.exists()


def test_an_offer_of_a_segment_is_for_its_people_only():
    offer = make_offer(segment=make_segment())
    ann, dan = make_contact(language="fr"), make_contact(email="dan@example.com", language="en")

    assert claim(offer, ann, via="mail").contact == ann
    assert refused(offer, dan) == Reason.NOT_ELIGIBLE_SEGMENT


def test_a_first_order_offer_is_not_for_a_customer():
    ann = make_contact()
    Order.objects.create(
        source="shop", reference="1", contact=ann, amount_minor=1, currency="EUR", ordered_at=timezone.now()
    )

    assert refused(make_offer(first_order_only=True), ann) == Reason.NOT_FIRST_ORDER


def test_a_declared_fan_may_claim_where_that_is_enough():
    ann, offer = make_contact(), make_offer(min_fan_level=0, network="instagram")
    proof = declared.declare(ann, "instagram")

    assert claim(offer, ann, via="mail").proof == proof


def test_a_proof_of_another_network_or_a_lower_level_is_not_enough():
    ann = make_contact()
    declared.declare(ann, "instagram")

    assert refused(make_offer(min_fan_level=0, network="facebook"), ann) == Reason.FAN_PROOF_MISSING
    assert refused(make_offer(min_fan_level=2, network="instagram"), ann) == Reason.FAN_PROOF_MISSING


def test_an_expired_proof_is_called_expired():
    ann = make_contact()
    proof = declared.declare(ann, "instagram")
    proof.expires_at = timezone.now()
    proof.save()

    assert refused(make_offer(min_fan_level=0), ann) == Reason.FAN_PROOF_EXPIRED


def test_a_pool_gives_each_contact_another_code_and_then_says_gone():
    offer = make_offer(code_mode="pool")
    for value in ("A1", "B2"):
        Code.objects.create(offer=offer, value=value)
    people = [make_contact(email=f"p{n}@example.com") for n in range(3)]

    given = {claim(offer, person, via="mail").code.value for person in people[:2]}

    assert given == {"A1", "B2"}
    assert refused(offer, people[2]) == Reason.LIMIT_TOTAL


def test_a_personal_offer_asks_for_a_mail_with_the_code_once():
    offer, ann = make_offer(holding="personal"), make_contact(language="fr")

    made = claim(offer, ann, via="mail")
    claim(offer, ann, via="mail")

    notice = Notice.objects.get()
    assert (notice.kind, notice.contact) == ("offer_code", ann)
    assert notice.payload["title"] == "20 % pour nos fans"
    assert notice.payload["url"].endswith(f"/q/{made.token}")


def test_the_end_of_a_claim_follows_the_offer_and_its_own_days():
    offer = make_offer(use_within_days=3)
    made = claim(offer, make_contact(), via="mail")

    assert rules.good_until(made) == made.claimed_at + timedelta(days=3)
    offer.ends_at = made.claimed_at + timedelta(days=1)
    offer.save()
    made.refresh_from_db()
    assert rules.good_until(made) == offer.ends_at


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("total", ""),
        ("contact", "contact:7"),
        ("day", "day:2026-11-23"),
        ("week", "week:2026-W48"),
        ("month", "month:2026-11"),
    ],
)
def test_each_limit_counts_in_its_own_scope(scope, key):
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        assert counters.scope_key(scope, 7, timezone.now()) == key


def test_nobody_in_particular_has_no_count_of_her_own():
    assert counters.scope_key("contact", None, timezone.now()) is None


def test_strangers_get_one_answer_for_every_code_that_does_not_work():
    said = {for_stranger(r) for r in (Reason.CODE_UNKNOWN, Reason.NOT_HOLDER, Reason.EXPIRED, Reason.ALREADY_REDEEMED)}

    assert len(said) == 1


def test_every_reason_has_words_and_a_next_step():
    from social.offers.reasons import REMEDIES

    assert set(REMEDIES) == set(Reason)
    assert all(sentence(reason) for reason in Reason)


def test_staff_read_where_and_when_it_was_used():
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        said = sentence(Reason.ALREADY_REDEEMED, {"at": timezone.now(), "place": "Shop Lyon"})

    assert "Shop Lyon" in said and "11/23/2026" in said


def test_values_read_as_people_write_them():
    assert headline(make_offer(), "en") == "20% off"
    assert headline(make_offer(kind="amount", percent=None, amount_minor=500), "en") == "€5.00 off"
    assert money(123450, "EUR", "fr").replace("\u202f", " ").replace("\xa0", " ") == "1 234,50 €"
    assert money(500, "JPY", "en") == "¥500"


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("12.50", 1250), ("12,5", 1250), ("1 234,00", 123400), ("1.234,50", 123450), ("€ 7", 700), ("0", 0)],
)
def test_amounts_are_understood(typed, minor):
    assert read_money(typed, "EUR") == minor


@pytest.mark.parametrize("typed", ["", "abc", "-5", "1.234", "12,345,6", "1e5", "12.50.1", "9" * 20, "٣"])
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(ValueError):
        read_money(typed, "EUR")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("2026-12-12T23:00:00+00:00", "Dec. 12, 2026"),
        ("2026-12-12T22:59:00+00:00", "Dec. 12, 2026"),
        ("2026-12-12T22:59:59+00:00", "Dec. 12, 2026"),
        ("2026-12-12T17:30:00+00:00", "Dec. 12, 2026, 6:30 p.m."),
    ],
)
def test_an_end_is_a_day_of_the_sites_zone_unless_it_ends_within_one(end, said):
    with timezone.override("Europe/Paris"):
        assert until(datetime.fromisoformat(end), "en") == said
