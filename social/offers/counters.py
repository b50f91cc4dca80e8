"""Limits as counters that cannot pass their ceiling, whoever asks at once.

    moved = take(offer, contact_id, at, cost_minor=500)    # inside the redemption's transaction; → [3, 8]
    give_back(offer, moved, cost_minor=500)                # a reversal or a lapsed reservation

Each move is one conditional UPDATE (`used < most`) with a CHECK behind it; the rows are taken in one fixed order, so
two redemptions never wait for each other in a ring.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import F, Prefetch, Q
from django.utils import timezone

from social.models import Claim, Offer, OfferCounter, OfferLimit, Redemption
from social.offers.reasons import Reason, Refused

logger = logging.getLogger(__name__)

ONE_EACH = 1  # redemptions per contact where the offer sets no limit of its own


def scope_key(scope: str, contact_id: int | None, at: datetime) -> str | None:
    """Return the counter a use falls under: '' in all, `contact:12`, `day:2026-11-23`, `week:2026-W48`, `month:…`.

    None where nobody is known to count for. Days are the site's (TIME_ZONE).
    """
    day = timezone.localtime(at).date()
    if scope == OfferLimit.Scope.TOTAL:
        return ""
    if scope == OfferLimit.Scope.CONTACT:
        return f"contact:{contact_id}" if contact_id else None
    if scope == OfferLimit.Scope.DAY:
        return f"day:{day.isoformat()}"
    if scope == OfferLimit.Scope.WEEK:
        year, week, _weekday = day.isocalendar()
        return f"week:{year}-W{week:02}"
    return f"month:{day:%Y-%m}"


def reason_for(scope: str) -> str:
    """Return the refusal that a full counter of this scope means."""
    if scope == OfferLimit.Scope.TOTAL:
        return Reason.LIMIT_TOTAL
    return Reason.LIMIT_CONTACT if scope == OfferLimit.Scope.CONTACT else Reason.LIMIT_PERIOD


Limit = tuple[int, str, int]  # id, scope, most uses


def limits_of(offer: Offer) -> list[Limit]:
    """Return the offer's limits in the one order in which their counters are taken."""
    return list(offer.limits.order_by("pk").values_list("pk", "scope", "max_uses"))


def take(
    offer: Offer, contact_id: int | None, at: datetime, *, cost_minor: int = 0, limits: list[Limit] | None = None
) -> list[int]:
    """Count one use under every limit of the offer and return the ids of the counters moved.

    `limits` are those that the caller read a moment ago.

    Writes:  OfferCounter.used + 1 each, Offer.spent_minor. The caller's transaction must roll back on refusal.
    Raises:  Refused(LIMIT_TOTAL | LIMIT_CONTACT | LIMIT_PERIOD | BUDGET_SPENT).
    """
    moved: list[int] = []
    for limit_id, scope, most in limits_of(offer) if limits is None else limits:
        key = scope_key(scope, contact_id, at)
        if key is not None:
            moved.append(_count(limit_id, scope, most, key))
    if cost_minor:
        spend(offer, cost_minor)
    return moved


def spend(offer: Offer, cost_minor: int) -> None:
    """Take an amount from the budget, past it only where the offer honours the codes that are out.

    Writes:  Offer.spent_minor, never past the budget.
    Raises:  Refused(BUDGET_SPENT).
    """
    free = Q(budget_minor__isnull=True) | Q(over_budget=Offer.OverBudget.HONOUR)
    within = free | Q(budget_minor__gte=F("spent_minor") + cost_minor)
    if not Offer.objects.filter(within, pk=offer.pk).update(spent_minor=F("spent_minor") + cost_minor):
        raise Refused(Reason.BUDGET_SPENT)


def give_back(offer: Offer, moved: Iterable[int], *, cost_minor: int = 0) -> None:
    """Undo exactly what `take` moved."""
    for counter_id in sorted(moved):
        OfferCounter.objects.filter(pk=counter_id, used__gt=0).update(used=F("used") - 1)
    if cost_minor:
        Offer.objects.filter(pk=offer.pk, spent_minor__gte=cost_minor).update(spent_minor=F("spent_minor") - cost_minor)


def full(offer: Offer, contact_id: int | None, at: datetime) -> str:
    """Return the reason why no further use would be counted now, or '': a look, not a promise."""
    for limit in offer.limits.order_by("pk"):
        key = scope_key(limit.scope, contact_id, at)
        if key is None:
            continue
        if OfferCounter.objects.filter(limit=limit, scope_key=key, used__gte=limit.max_uses).exists():
            return reason_for(limit.scope)
    return Reason.BUDGET_SPENT if is_budget_spent(offer) else ""


def is_budget_spent(offer: Offer) -> bool:
    """Say whether the budget, as the offer was read, has no room for one more use."""
    if offer.budget_minor is None or offer.over_budget == Offer.OverBudget.HONOUR:
        return False
    return offer.spent_minor + offer.cost_minor > offer.budget_minor


def per_contact(offer: Offer) -> int:
    """Return how often one contact may redeem the offer."""
    limit = offer.limits.filter(scope=OfferLimit.Scope.CONTACT).values_list("max_uses", flat=True).first()
    return limit or ONE_EACH


def left(offer: Offer) -> int | None:
    """Return how many redemptions are left in all, or None without such a limit; see TOTALS."""
    limit = next((each for each in offer.limits.all() if each.scope == OfferLimit.Scope.TOTAL), None)
    if limit is None:
        return None
    return max(limit.max_uses - sum(each.used for each in limit.counters.all()), 0)  # there is one, of scope ''


TOTALS = Prefetch("limits__counters", OfferCounter.objects.filter(scope_key=""))  # what `left` asks, for many offers


def differences() -> dict[int, tuple[int, int]]:
    """Return the counters whose number is not that of the rows, as id → (counter, rows); a warning names them.

    Reads:   OfferCounter, standing redemptions and open reservations; runs nightly.
    """
    rows: Counter[int] = Counter()
    standing = Redemption.objects.filter(kind=Redemption.Kind.REDEEM, reversal__isnull=True)
    for moved in standing.values_list("counted", flat=True).iterator(2_000):
        rows.update(moved)
    held = Claim.objects.filter(state=Claim.State.OPEN, reserved_until__isnull=False)
    for moved in held.values_list("reserved_counted", flat=True).iterator(2_000):
        rows.update(moved)
    counted = OfferCounter.objects.values_list("pk", "used")
    wrong = {pk: (used, rows[pk]) for pk, used in counted.iterator(2_000) if used != rows[pk]}
    if wrong:
        logger.warning("offer counters differ from their rows: %s", sorted(wrong))
    return wrong


COUNT = """
    INSERT INTO social_offercounter (limit_id, scope_key, used, max_uses) VALUES (%s, %s, 1, %s)
    ON CONFLICT (limit_id, scope_key) DO UPDATE SET used = social_offercounter.used + 1, max_uses = EXCLUDED.max_uses
    WHERE social_offercounter.used < EXCLUDED.max_uses
    RETURNING id
"""


def _count(limit_id: int, scope: str, most: int, key: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [limit_id, key, most])
        row = cursor.fetchone()
    if row is None:
        raise Refused(reason_for(scope))
    return int(row[0])
