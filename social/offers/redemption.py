"""The life of an offer in one contact's hands: claim → validate → (reserve) → redeem → reverse.

    claim = claim(offer, ann, via=Claim.Via.MAIL, campaign=campaign, delivery=delivery)   # twice gives the same claim
    verdict = validate("7K2M9-PQRWX-G", place=lyon, who=Who.at_till(device, cashier))     # moves nothing
    redemption = redeem(raw, place=lyon, who=who, key=form_key, amount_minor=5_000)       # the key makes it once
    reverse(redemption, reason="Wrong customer", who=who, key=another_key)                # a row, never a deletion

Redemptions are append-only. A use moves the claim (`open` → `redeemed`) and every counter by conditional UPDATEs in one
transaction whose first row is the idempotency key: one winner for the last coupon, and a retry gets the first answer.
A refusal that a move meets rolls everything back, without a savepoint that each use would pay for; its answer is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.tracking import events
from contacts import audit, idempotency
from social.models import Claim, Place, Redemption
from social.offers import attempts, counters, held, pools, rules
from social.offers.asking import Verdict, Who
from social.offers.claims import claim, claim_shown
from social.offers.held import Held
from social.offers.reasons import Reason, Refused
from social.offers.terms import Terms, terms_of
from social.offers.value import cost_minor, discount_minor

__all__ = ["Refused", "Verdict", "Who", "claim", "redeem", "reverse", "validate"]

CASHIER_UNDO = timedelta(seconds=60)  # the till shows 10 s; the rest is for slow networks


def validate(raw: str, *, place: Place | None, who: Who, amount_minor: int | None = None) -> Verdict:
    """Return whether a scanned or typed text may be redeemed here and now, and if not exactly why. Moves nothing.

    Writes:  Attempt when refused.
    """
    shown: Held | None = None
    try:
        attempts.brake(who.client)
        shown = held.read(raw)
        check(shown, place, timezone.now(), who)
        if amount_minor is not None:
            rules.check_amount(shown.offer, amount_minor)
    except Refused as why:
        attempts.note(why.reason, raw, who=who.client, place=place, claim=shown.claim if shown else None)
        return _verdict(shown, why)
    return _verdict(shown, None)


def redeem(
    raw: str,
    *,
    place: Place | None,
    who: Who,
    key: str,
    amount_minor: int | None = None,
    order_reference: str = "",
    at: datetime | None = None,
) -> Redemption:
    """Use what was shown, once, and return the redemption; the same key returns the same redemption.

    A mail's own offer link is claimed and redeemed in one go. With an order number the order is recorded too. `at` is
    for what was noted on paper and comes in later: the rules are those of that moment, the claim must still be free.

    Reads:   the offer's rules again: what was green a minute ago may be red.
    Writes:  IdempotencyKey, Claim, Code, OfferCounter, Redemption, `redeem` event, Order; or Attempt when refused.
    Raises:  Refused with the exact reason; IDEMPOTENCY_CONFLICT when the key belonged to another request.
    """
    request = {"raw": raw, "place": place.pk if place else None, "amount": amount_minor, "order": order_reference}

    def look() -> Callable[[], Redemption]:
        now = at.astimezone(UTC) if at else timezone.now()
        return _ready(held.read(raw), place, who, amount_minor, order_reference, now)

    return _once(who, key, {"redeem": request}, look, raw=raw, place=place)


def reverse(redemption: Redemption, *, reason: str, who: Who, key: str, within: timedelta | None = None) -> Redemption:
    """Undo a redemption by a row of its own and return that row; the claim can be used again.

    `within` shortens the offer's own window (a cashier's undo).

    Writes:  Redemption(kind=reverse), Claim, Code, the counters given back, `reverse` event, AuditEntry.
    Raises:  Refused(ALREADY_REVERSED | REVERSE_WINDOW_OVER | IDEMPOTENCY_CONFLICT).
    """

    def look() -> Callable[[], Redemption]:
        return lambda: _reverse(redemption, reason, who, within)

    return _once(who, key, {"reverse": redemption.pk, "reason": reason}, look, raw="", place=redemption.place)


# --- one use --------------------------------------------------------------------------------------------------------


def check(shown: Held, place: Place | None, at: datetime, who: Who) -> None:
    """Refuse what the rules forbid, without moving anything."""
    check_rules(shown, place, at, who)
    if shown.claim is None or shown.claim.reserved_until is None:
        check_left(shown, at)


def check_left(shown: Held, at: datetime) -> None:
    """Refuse when no further use would be counted: a look, which a use need not take, for the counters refuse too."""
    holder = shown.claim.contact_id if shown.claim else (shown.contact.pk if shown.contact else None)
    if sold_out := counters.full(shown.offer, holder, at):
        raise Refused(sold_out)


def check_rules(shown: Held, place: Place | None, at: datetime, who: Who, terms: Terms | None = None) -> None:
    """Refuse what the offer, the claim's state and its holder forbid; what is left of the offer is checked apart."""
    row = shown.claim
    if row is None:
        rules.check_live(shown.offer, at)
        rules.check_blackout(shown.offer, place, at)
        rules.check_place(shown.offer, place)
        if shown.contact is not None:
            rules.check_person(shown.offer, shown.contact, at)
        return
    if row.state != Claim.State.OPEN:
        raise why_not(row)
    rules.check_use(row, place=place, at=at, terms=terms)
    if row.reserved_until is not None and row.reserved_until > at and row.reserved_by != who.client:
        raise Refused(Reason.RESERVED, until=row.reserved_until)


def _verdict(shown: Held | None, why: Refused | None) -> Verdict:
    return Verdict(
        reason=str(why.reason) if why else "",
        detail=why.detail if why else {},
        offer=shown.offer if shown else None,
        claim=shown.claim if shown else None,
        contact=shown.holder if shown else None,
        proof=shown.claim.proof if shown and shown.claim else None,
    )


def _ready(
    shown: Held, place: Place | None, who: Who, amount_minor: int | None, order_reference: str, now: datetime
) -> Callable[[], Redemption]:
    """Look at what needs no move, and return the use itself."""
    row = shown.claim
    terms = terms_of(shown.offer, row.contact_id) if row and row.state == Claim.State.OPEN else None
    check_rules(shown, place, now, who, terms)
    _check_amount(shown, amount_minor, now)
    return lambda: _redeem(shown, place, who, amount_minor, order_reference, now, terms)


def _check_amount(shown: Held, amount_minor: int | None, now: datetime) -> None:
    """Refuse a too small order, but say first when nothing is left anyhow. Full counters refuse when they are moved."""
    too_small: Refused | None = None
    try:
        rules.check_amount(shown.offer, amount_minor)
    except Refused as why:
        too_small = why
    is_kept = shown.claim is not None and shown.claim.reserved_until is not None
    if not is_kept and (too_small is not None or counters.is_budget_spent(shown.offer)):
        check_left(shown, now)
    if too_small is not None:
        raise too_small


def _redeem(
    shown: Held,
    place: Place | None,
    who: Who,
    amount_minor: int | None,
    order_reference: str,
    now: datetime,
    terms: Terms | None,
) -> Redemption:
    row = shown.claim or claim_shown(shown, who.client)
    cost = cost_minor(shown.offer, amount_minor)
    moved = _move_to_redeemed(row, who, now, cost, terms)
    pools.spend(row.code_id)
    made = Redemption.objects.create(
        claim=row,
        place=place,
        staff=who.staff,
        device=who.device,
        user=who.user,
        channel=who.channel,
        client=who.client,
        amount_minor=amount_minor,
        discount_minor=discount_minor(shown.offer, amount_minor),
        currency=shown.offer.currency,
        cost_minor=cost,
        counted=moved,
        order_reference=order_reference,
        at=now,
    )
    _record("redeem", made)
    if row.contact_id and (terms is None or terms.has_referral) and row.contact:
        from social import referrals

        referrals.qualify(row.contact, "redemption")
    if order_reference and amount_minor is not None:
        from social import conversions

        conversions.of_redemption(made)
    return made


USE_FREE = (
    "UPDATE social_claim SET state = 'redeemed' WHERE id = %s AND state = 'open' AND reserved_until IS NULL RETURNING 1"
)


def _move_to_redeemed(row: Claim, who: Who, now: datetime, cost: int, terms: Terms | None) -> list[int]:
    """Make the claim used and return the counters that count it. Of many at once exactly one gets through here."""
    moved = _use_reserved(row, who, now) if row.reserved_until is not None else None
    if moved is None and not _use_free(row):
        moved = _use_reserved(row, who, now)  # kept by this asker since it was read
        if moved is None:
            raise why_not(row)
    row.state, row.reserved_until, row.reserved_by = Claim.State.REDEEMED, None, ""
    if moved is None:
        limits = terms.limits if terms else None
        return counters.take(row.offer, row.contact_id, now, cost_minor=cost, limits=limits)
    if cost:
        counters.spend(row.offer, cost)
    return moved


def _use_free(row: Claim) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(USE_FREE, [row.pk])
        return cursor.fetchone() is not None


def _use_reserved(row: Claim, who: Who, now: datetime) -> list[int] | None:
    """Use what this asker keeps, or what nobody keeps any more; None when it is neither."""
    mine = Q(reserved_by=who.client) | Q(reserved_until__lte=now)
    kept = Claim.objects.filter(mine, pk=row.pk, state=Claim.State.OPEN, reserved_until__isnull=False)
    if not kept.update(state=Claim.State.REDEEMED, reserved_until=None, reserved_by=""):
        return None
    moved = list(Claim.objects.values_list("reserved_counted", flat=True).get(pk=row.pk))
    Claim.objects.filter(pk=row.pk).update(reserved_counted=[])
    return moved


def why_not(row: Claim) -> Refused:
    """Return why a claim cannot move: who was first, where and when."""
    row.refresh_from_db(fields=["state", "reserved_until"])
    if row.state == Claim.State.OPEN:
        return Refused(Reason.RESERVED, until=row.reserved_until)
    if row.state == Claim.State.VOID:
        return Refused(Reason.EXPIRED)
    first = row.redemptions.filter(kind=Redemption.Kind.REDEEM, reversal__isnull=True).select_related("place").first()
    if first is None:
        return Refused(Reason.ALREADY_REDEEMED)
    return Refused(Reason.ALREADY_REDEEMED, at=first.at, place=first.place.name if first.place else "")


def _reverse(redemption: Redemption, reason: str, who: Who, within: timedelta | None) -> Redemption:
    row = Claim.objects.select_related("offer", "contact").get(pk=redemption.claim_id)
    window = timedelta(days=row.offer.reversible_days) if within is None else within
    if timezone.now() - redemption.at > window:
        raise Refused(Reason.REVERSE_WINDOW_OVER, at=redemption.at + window)
    if redemption.kind != Redemption.Kind.REDEEM or Redemption.objects.filter(reverses=redemption).exists():
        raise Refused(Reason.ALREADY_REVERSED)
    try:
        with transaction.atomic():
            made = Redemption.objects.create(
                claim=row,
                kind=Redemption.Kind.REVERSE,
                reverses=redemption,
                place=redemption.place,
                staff=who.staff,
                device=who.device,
                user=who.user,
                channel=who.channel,
                client=who.client,
                amount_minor=redemption.amount_minor,
                discount_minor=redemption.discount_minor,
                currency=redemption.currency,
                order_reference=redemption.order_reference,
                reason=reason[:300],
            )
    except IntegrityError:  # `reverses` is unique: somebody else undid it at the same moment
        raise Refused(Reason.ALREADY_REVERSED) from None
    Claim.objects.filter(pk=row.pk, state=Claim.State.REDEEMED).update(state=Claim.State.OPEN)
    pools.unspend(row.code_id)
    counters.give_back(row.offer, redemption.counted, cost_minor=redemption.cost_minor)
    _record("reverse", made)
    audit.record(who.user or who.client, "reversed redemption", redemption, reason=reason[:300])
    return made


def _record(kind: str, made: Redemption) -> None:
    row = made.claim
    campaign_id, contact_id = row.campaign_id, row.contact_id
    if row.delivery is not None:  # what the mail knows fills in what the claim does not
        campaign_id = campaign_id or row.delivery.campaign_id
        contact_id = contact_id or row.delivery.contact_id
    act = events.Act(kind=kind, at=made.at, key=f"redemption:{made.pk}", campaign_id=campaign_id, contact_id=contact_id)
    act.delivery_id, act.subject_kind, act.subject_id = row.delivery_id, "redemption", made.pk
    events.record_new(act)


# --- once -----------------------------------------------------------------------------------------------------------


class _Temporary(Exception):
    """Carries a refusal past the idempotency key, which must forget it: the same request may succeed later."""

    def __init__(self, why: Refused) -> None:
        self.why = why


def _once(
    who: Who,
    key: str,
    request: dict[str, Any],
    look: Callable[[], Callable[[], Redemption]],
    *,
    raw: str,
    place: Place | None,
) -> Redemption:
    """Look and act once under (client, key) and return the redemption, or raise the refusal that was answered first."""
    done: list[Redemption] = []
    fresh: list[Refused] = []

    def answer() -> tuple[int, dict[str, Any]]:
        act: Callable[[], Redemption] | None = None
        try:
            attempts.brake(who.client)
            act = look()
            done.append(act())
        except Refused as why:
            if why.is_temporary:
                raise _Temporary(why) from None
            fresh.append(why)
            if act is None:
                return why.status, why.answer()
            raise idempotency.Undone(why.status, why.answer()) from None  # what it had moved is rolled back
        return 201, {"redemption": done[0].pk}

    try:
        status, said = idempotency.once(who.client, key, request, answer)
    except idempotency.Conflict:
        raise Refused(Reason.IDEMPOTENCY_CONFLICT) from None
    except _Temporary as passed:
        attempts.note(passed.why.reason, raw, who=who.client, place=place, claim=_claim_of(raw))
        raise passed.why from None
    if status == 201:
        if done:
            return done[0]
        return Redemption.objects.select_related("claim__offer", "claim__contact", "place").get(pk=said["redemption"])
    refused = fresh[0] if fresh and fresh[0].reason == said["reason"] else Refused(said["reason"], **said["detail"])
    if fresh:
        attempts.note(refused.reason, raw, who=who.client, place=place, claim=_claim_of(raw))
    raise refused


def _claim_of(raw: str) -> Claim | None:
    """Return the claim that was shown, for the refused try's row; None when it cannot be told."""
    try:
        return held.read(raw).claim if raw else None
    except Refused:
        return None
