"""At the till: one use, one winner, undone by a row, refused with the exact reason."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from campaigns.models import ContentBody, ContentVersion, EmailContent, Event
from campaigns.tracking.tokens import Purpose, make
from contacts.models import AuditEntry, IdempotencyKey
from social import qr
from social.models import Attempt, Claim, Code, Offer, OfferCounter, OfferLimit, Order, Redemption
from social.offers import codes, counters
from social.offers.reasons import Reason, Refused
from social.offers.redemption import Who, claim, redeem, reverse, validate
from social.offers.reservations import release_lapsed, reserve
from tests.make import make_campaign, make_contact, make_delivery, make_offer, make_place, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def till():
    device, zoe = make_till()
    return {"place": device.place, "who": Who.at_till(device, zoe)}


def claimed(offer=None, contact=None):
    return claim(offer or make_offer(), contact or make_contact(), via="mail")


def reason_of(act, *args, **fields):
    with pytest.raises(Refused) as why:
        act(*args, **fields)
    return why.value.reason


def mail_with(offer, contact):
    """A sent mail whose block b4 is the offer's card; returns its delivery and offer token."""
    content = EmailContent.objects.create(name="May", brand=offer.brand)
    version = ContentVersion.objects.create(content=content, number=1, published_at=timezone.now())
    blocks = [{"id": "b1", "type": "text", "html": "Hi"}, {"id": "b4", "type": "offer", "offer": offer.pk}]
    ContentBody.objects.create(version=version, language="en", subject="Hi", blocks=blocks)
    campaign = make_campaign(content=content, content_version=version)
    delivery = make_delivery(campaign=campaign, contact=contact, content_version=version)
    return delivery, make(Purpose.OFFER, campaign.pk, delivery.pk)


# --- green ---------------------------------------------------------------------------------------------------------


def test_zoe_redeems_anns_code_once(till):
    hers = claimed()

    used = redeem(hers.code.value, key="1", amount_minor=5_000, **till)

    hers.refresh_from_db()
    assert (hers.state, hers.code.state) == ("redeemed", "spent")
    assert (used.discount_minor, used.place, used.staff) == (1_000, till["place"], till["who"].staff)
    assert Event.objects.get(kind="redeem").contact == hers.contact


@pytest.mark.parametrize("show", ["token", "address", "code", "typed"])
def test_a_claim_is_known_by_token_qr_address_and_code(till, show):
    hers = claimed()
    raw = {
        "token": hers.token.lower(),
        "address": qr.address(hers.token),
        "code": hers.code.value,
        "typed": codes.display(hers.code.value).lower().replace("0", "o"),
    }[show]

    verdict = validate(raw, **till)

    assert verdict.is_good and verdict.claim == hers and verdict.contact == hers.contact


def test_the_mails_own_qr_is_claimed_and_redeemed_in_one_press(till):
    offer, ann = make_offer(), make_contact()
    delivery, token = mail_with(offer, ann)

    assert validate(qr.address(token), **till).is_good
    used = redeem(qr.address(token), key="1", **till)

    assert (used.claim.contact, used.claim.via, used.claim.delivery) == (ann, "staff", delivery)


def test_a_word_for_all_is_redeemed_by_nobody_in_particular(till):
    make_offer(code_mode="generic", generic_code="SUMMER", limits={"total": 1})

    assert redeem("summer", key="1", **till).claim.contact is None
    assert reason_of(redeem, "summer", key="2", **till) == Reason.LIMIT_TOTAL


def test_a_code_printed_in_bulk_works_once(till):
    offer = make_offer(code_mode="pool")
    Code.objects.create(offer=offer, value="PRINTED7")

    redeem("printed-7", key="1", **till)

    assert reason_of(redeem, "printed-7", key="2", **till) == Reason.ALREADY_REDEEMED


def test_an_order_number_makes_the_order(till):
    hers = claimed()

    redeem(hers.code.value, key="1", amount_minor=5_000, order_reference="A-77", **till)

    order = Order.objects.get()
    assert (order.source, order.reference, order.contact, order.matched_by) == (
        "till:lyon",
        "A-77",
        hers.contact,
        "code",
    )


# --- red -----------------------------------------------------------------------------------------------------------


def test_the_second_use_is_refused_with_time_and_place(till):
    hers = claimed()
    redeem(hers.token, key="1", **till)

    verdict = validate(hers.token, **till)

    assert verdict.reason == Reason.ALREADY_REDEEMED
    assert verdict.detail["place"] == till["place"].name and verdict.detail["at"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "paused"}, Reason.PAUSED),
        ({"state": "ended"}, Reason.EXPIRED),
        ({"ends_at": timezone.now() - timedelta(hours=1)}, Reason.EXPIRED),
        ({"min_order_minor": 10_000}, Reason.MIN_AMOUNT),
    ],
)
def test_what_changed_since_the_claim_is_asked_again(till, change, reason):
    hers = claimed()
    Offer.objects.update(**change)

    assert reason_of(redeem, hers.token, key="1", amount_minor=5_000, **till) == reason
    hers.refresh_from_db()
    assert hers.state == "open" and not Redemption.objects.exists()


def test_another_shop_is_refused_by_name(till):
    offer = make_offer()
    offer.places.add(make_place(slug="paris"))

    verdict = validate(claimed(offer).token, **till)

    assert (verdict.reason, verdict.detail["places"]) == (Reason.WRONG_PLACE, "Shop Paris")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", Reason.CODE_UNKNOWN),
        ("7K2M9-PQRWX-G", Reason.CODE_UNKNOWN),
        ("x" * 5_000, Reason.CODE_UNKNOWN),
        ("f" * 32, Reason.CODE_UNKNOWN),
        ("https://evil.example/Q/7K2M9PQRWX7K2M9PQRWX7K2M9P", Reason.OTHER_SITE),
        ("https://localhost:8000/admin/", Reason.OTHER_SITE),
        ("\x00'; DROP TABLE", Reason.CODE_UNKNOWN),
    ],
)
def test_what_is_no_code_of_ours_is_refused(till, raw, reason):
    assert validate(raw, **till).reason == reason


def test_the_mails_link_of_a_personal_offer_is_not_enough(till):
    _delivery, token = mail_with(make_offer(holding="personal"), make_contact())

    assert validate(token, **till).reason == Reason.NOT_HOLDER


def test_the_crowds_link_brings_nobody(till):
    delivery, _token = mail_with(make_offer(), make_contact())

    assert validate(make(Purpose.OFFER, delivery.campaign_id), **till).reason == Reason.NOT_HOLDER


def test_a_word_for_all_cannot_show_who_is_a_fan(till):
    make_offer(code_mode="generic", generic_code="SUMMER", min_fan_level=0)

    assert validate("summer", **till).reason == Reason.NOT_HOLDER


def test_refused_tries_are_kept_without_the_code(till):
    validate("7K2M9-PQRWX-G", **till)

    attempt = Attempt.objects.get()
    assert (attempt.reason, attempt.place, attempt.who) == ("CODE_UNKNOWN", till["place"], till["who"].client)
    assert "7K2M9" not in attempt.code_fingerprint


def test_ten_wrong_tries_slow_this_till_and_no_other(till):
    for _ in range(10):
        validate("7K2M9-PQRWX-G", **till)
    hers = claimed()

    assert validate(hers.token, **till).reason == Reason.TOO_MANY_ATTEMPTS
    assert validate(hers.token, place=till["place"], who=Who("device:99")).is_good
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert validate(hers.token, **till).is_good


# --- limits --------------------------------------------------------------------------------------------------------


def test_a_limit_in_all_ends_the_offer_for_the_next(till):
    offer = make_offer(limits={"total": 1})
    ann, ben = claimed(offer), claimed(offer, make_contact(email="ben@example.com"))
    redeem(ann.token, key="1", **till)

    assert validate(ben.token, **till).reason == Reason.LIMIT_TOTAL
    assert reason_of(redeem, ben.token, key="2", **till) == Reason.LIMIT_TOTAL


def test_a_days_share_is_there_again_tomorrow(till):
    offer = make_offer(limits={"day": 1})
    ann, ben = claimed(offer), claimed(offer, make_contact(email="ben@example.com"))
    redeem(ann.token, key="1", **till)

    assert reason_of(redeem, ben.token, key="2", **till) == Reason.LIMIT_PERIOD
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert redeem(ben.token, key="3", **till).pk


def test_three_uses_each_are_three_claims_one_after_the_other(till):
    offer, ann = make_offer(limits={"contact": 3}), make_contact()
    for use in range(3):
        redeem(claim(offer, ann, via="mail").token, key=f"{use}", **till)

    assert claim(offer, ann, via="mail").state == "redeemed"
    assert OfferCounter.objects.get().used == 3 == Claim.objects.count()


def test_the_budget_is_spent_and_never_passed(till):
    offer = make_offer(budget_minor=1_500)
    ann, ben = claimed(offer), claimed(offer, make_contact(email="ben@example.com"))
    redeem(ann.token, key="1", amount_minor=5_000, **till)

    assert reason_of(redeem, ben.token, key="2", amount_minor=5_000, **till) == Reason.BUDGET_SPENT
    ben.refresh_from_db()
    assert ben.state == "open" and Offer.objects.get().spent_minor == 1_000


# --- once ----------------------------------------------------------------------------------------------------------


def test_the_same_key_gets_the_same_redemption(till):
    hers = claimed(make_offer(limits={"total": 5}))

    first, again = redeem(hers.token, key="1", **till), redeem(hers.token, key="1", **till)

    assert first == again and OfferCounter.objects.get().used == 1


def test_a_refusal_is_answered_the_same_again_even_when_the_cause_is_gone(till):
    offer = make_offer()
    hers = claimed(offer)
    Offer.objects.update(min_order_minor=9_000)
    assert reason_of(redeem, hers.token, key="1", **till) == Reason.MIN_AMOUNT
    Offer.objects.update(min_order_minor=None)

    assert reason_of(redeem, hers.token, key="1", **till) == Reason.MIN_AMOUNT
    assert redeem(hers.token, key="2", **till).pk


def test_a_refusal_by_the_counters_is_kept_and_what_was_moved_is_not(till):
    offer = make_offer(limits={"total": 1, "day": 5})
    ann, ben = claimed(offer), claimed(offer, make_contact(email="ben@example.com"))
    redeem(ann.token, key="1", **till)

    assert reason_of(redeem, ben.token, key="2", **till) == Reason.LIMIT_TOTAL
    OfferLimit.objects.filter(scope="total").update(max_uses=2)
    assert reason_of(redeem, ben.token, key="2", **till) == Reason.LIMIT_TOTAL

    ben.refresh_from_db()
    assert (ben.state, ben.code.state) == ("open", "assigned")
    assert not counters.differences() and Redemption.objects.count() == 1
    assert redeem(ben.token, key="3", **till).pk


def test_a_sold_out_offer_says_so_before_it_asks_for_more(till):
    offer = make_offer(limits={"total": 1}, min_order_minor=2_000)
    ann, ben = claimed(offer), claimed(offer, make_contact(email="ben@example.com"))
    redeem(ann.token, key="1", amount_minor=2_000, **till)

    assert reason_of(redeem, ben.token, key="2", amount_minor=500, **till) == Reason.LIMIT_TOTAL


def test_what_is_returned_is_what_was_stored(till):
    noted = timezone.now().astimezone(ZoneInfo("Pacific/Auckland"))
    hers = claimed()
    first = redeem(hers.code.value, key="1", amount_minor=5_000, at=noted, **till)
    again = redeem(hers.code.value, key="1", amount_minor=5_000, **till)

    for field in Redemption._meta.concrete_fields:
        assert str(getattr(first, field.attname)) == str(getattr(again, field.attname)), field.name
    assert (first.claim.state, first.claim.contact, first.place) == ("redeemed", hers.contact, till["place"])


@pytest.mark.parametrize("show", ["token", "code"])
def test_a_use_takes_no_more_than_thirteen_statements(till, show, django_assert_max_num_queries):
    """Begin and commit; key and its answer; brake, what was shown, terms; claim, counter, code, redemption, event, her.

    Each costs every customer in the queue, so one more has to be worth it.
    """
    hers = claimed(make_offer(limits={"total": 5}))
    raw = hers.token if show == "token" else hers.code.value

    with django_assert_max_num_queries(13):
        redeem(raw, key="1", **till)


def test_a_passing_refusal_is_not_kept(till):
    hers = claimed()
    Offer.objects.update(state="paused")
    assert reason_of(redeem, hers.token, key="1", **till) == Reason.PAUSED
    Offer.objects.update(state="live")

    assert redeem(hers.token, key="1", **till).pk


def test_a_key_for_another_code_is_a_conflict(till):
    offer = make_offer()
    ann, ben = claimed(offer), claimed(offer, make_contact(email="ben@example.com"))
    redeem(ann.token, key="1", **till)

    assert reason_of(redeem, ben.token, key="1", **till) == Reason.IDEMPOTENCY_CONFLICT


# --- undone --------------------------------------------------------------------------------------------------------


def test_a_reversal_is_a_row_and_gives_everything_back(till):
    hers = claimed(make_offer(limits={"total": 1}, budget_minor=9_000))
    used = redeem(hers.token, key="1", amount_minor=5_000, **till)

    undone = reverse(used, reason="Wrong bag", who=till["who"], key="2")

    hers.refresh_from_db()
    assert (undone.kind, undone.reverses, hers.state, hers.code.state) == ("reverse", used, "open", "assigned")
    assert (OfferCounter.objects.get().used, Offer.objects.get().spent_minor) == (0, 0)
    assert (
        Event.objects.filter(kind="reverse").count()
        == 1
        == AuditEntry.objects.filter(verb="reversed redemption").count()
    )
    assert redeem(hers.token, key="3", **till).pk


def test_a_redemption_is_undone_once(till):
    used = redeem(claimed().token, key="1", **till)
    first = reverse(used, reason="", who=till["who"], key="2")

    assert reverse(used, reason="", who=till["who"], key="2") == first
    assert reason_of(reverse, used, reason="", who=till["who"], key="3") == Reason.ALREADY_REVERSED
    assert reason_of(reverse, first, reason="", who=till["who"], key="4") == Reason.ALREADY_REVERSED


def test_after_the_offers_days_it_is_too_late(till):
    used = redeem(claimed(make_offer(reversible_days=2)).token, key="1", **till)

    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert reason_of(reverse, used, reason="", who=till["who"], key="2") == Reason.REVERSE_WINDOW_OVER


def test_counters_equal_their_rows_and_a_difference_is_found(till):
    hers = claimed(make_offer(limits={"total": 5, "day": 5, "contact": 2}))
    used = redeem(hers.token, key="1", **till)
    assert counters.differences() == {}
    reverse(used, reason="", who=till["who"], key="2")
    reserve(hers.token, place=None, who=Who.by_key("shop1"))
    assert counters.differences() == {}

    counter = OfferCounter.objects.first()
    OfferCounter.objects.filter(pk=counter.pk).update(used=4)

    assert counters.differences() == {counter.pk: (4, 1)}


# --- reserved ------------------------------------------------------------------------------------------------------


def test_a_reserved_claim_is_for_its_basket_only(till):
    hers = claimed(make_offer(limits={"total": 1}))
    shop = Who.by_key("shop1")
    reserve(hers.token, place=None, who=shop)

    assert OfferCounter.objects.get().used == 1
    assert validate(hers.token, **till).reason == Reason.RESERVED
    assert redeem(hers.token, place=None, who=shop, key="1").channel == "api"
    assert OfferCounter.objects.get().used == 1


def test_a_basket_left_alone_gives_its_coupon_back(till):
    offer = make_offer(limits={"total": 1})
    ann, ben = claimed(offer), claimed(offer, make_contact(email="ben@example.com"))
    reserve(ann.token, place=None, who=Who.by_key("shop1"))

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert release_lapsed() == 1
        assert release_lapsed() == 0
        assert redeem(ben.token, key="1", **till).pk


def test_a_lapsed_reservation_does_not_stop_the_till(till):
    hers = claimed(make_offer(limits={"total": 1}))
    reserve(hers.token, place=None, who=Who.by_key("shop1"))

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        used = redeem(hers.token, key="1", **till)

    reverse(used, reason="", who=till["who"], key="2")
    assert OfferCounter.objects.get().used == 0


# --- all at once ---------------------------------------------------------------------------------------------------


def run_together(raws, tmp_path):
    """Redeem all at the same moment in a process of its own and return what each was told, twice."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path)}
    copy = tmp_path / "race.sqlite3"
    environment["SECRET_KEY"] = settings.SECRET_KEY
    if connection.vendor == "sqlite":
        connection.cursor().execute("VACUUM INTO %s", [str(copy)])
        environment["DATABASE_URL"] = f"sqlite:///{copy}"
    else:
        at = connection.settings_dict
        environment["DATABASE_URL"] = (
            f"postgres://{at['USER']}:{at['PASSWORD'] or ''}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"
        )
    child = subprocess.run(
        [sys.executable, "-m", "tests.social.race", json.dumps(raws)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1]), copy


def rows_after(copy, sql):
    """Read the database that the race wrote."""
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    import sqlite3

    with sqlite3.connect(copy) as other:
        return other.execute(sql).fetchall()


@pytest.mark.django_db(transaction=True)
def test_fifty_tills_and_ten_coupons_make_ten_redemptions(tmp_path):
    make_place()
    offer = make_offer(limits={"total": 10})
    people = [make_contact(email=f"p{n}@example.com") for n in range(50)]
    raws = [claim(offer, person, via="mail").token for person in people]

    said, copy = run_together(raws, tmp_path)

    told = {number: {answer for who, answer in said if who == number} for number in range(50)}
    assert all(len(answers) == 1 for answers in told.values())  # the retry was told the same
    count = Counter(answer.split()[0] for answers in told.values() for answer in answers)
    assert count == {"redeemed": 10, "LIMIT_TOTAL": 40}
    assert rows_after(copy, "SELECT count(*) FROM social_redemption") == [(10,)]
    assert rows_after(copy, "SELECT used FROM social_offercounter") == [(10,)]
    assert rows_after(copy, "SELECT count(*) FROM social_claim WHERE state = 'redeemed'") == [(10,)]


@pytest.mark.django_db(transaction=True)
def test_one_coupon_shown_at_forty_tills_has_one_winner(tmp_path):
    make_place()
    hers = claim(make_offer(), make_contact(), via="mail")

    said, copy = run_together([hers.token] * 40, tmp_path)

    count = Counter(answer.split()[0] for _who, answer in said)
    assert count == {"redeemed": 2, "ALREADY_REDEEMED": 78}
    assert rows_after(copy, "SELECT count(*) FROM social_redemption") == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_a_word_for_all_with_three_left_is_used_three_times(tmp_path):
    make_place()
    make_offer(code_mode="generic", generic_code="LAST3", limits={"total": 3})

    said, copy = run_together(["last3"] * 20, tmp_path)

    assert Counter(answer.split()[0] for _who, answer in said) == {"redeemed": 6, "LIMIT_TOTAL": 34}
    assert rows_after(copy, "SELECT count(*) FROM social_redemption") == [(3,)]


def test_no_key_row_is_left_by_a_passing_refusal(till):
    Offer.objects.update(state="paused")
    reason_of(redeem, claimed_paused().token, key="1", **till)

    assert not IdempotencyKey.objects.exists()


def claimed_paused():
    hers = claimed()
    Offer.objects.update(state="paused")
    return hers
