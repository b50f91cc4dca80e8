"""RFM: when a buyer bought last, how often and for how much, each as a step from 1 to 5.

score()                          # every night: thresholds by quintile unless set by hand, then everybody's steps
set_scale(recency=[30, 90, 180, 365], frequency=[1, 2, 4, 8], monetary=[…])    # by hand, and scored anew
cells()[(5, 4)]                  # Cell(people=12, net_minor=480000): how many buyers stand at R 5, F 4

Net orders of 24 months: what came back whole is none, amounts are after returns and in the base currency only. The
threshold of step k is the value at rank ⌈n·k/5⌉; who lies above k thresholds stands on step k + 1 (recency: 5 − k), so
equal values always share a step.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import manners
from contacts.models import Contact
from social.models import Order, RfmScale, RfmScore

MONTHS = 24
RANGE = 5_000  # contacts scored in one transaction
Group = RfmScore.Group


class BadScale(ValueError):
    """The thresholds cannot be used; the message says why."""


@dataclass(frozen=True)
class Cell:
    """The buyers of one recency and one frequency."""

    people: int
    net_minor: int


def scale() -> RfmScale:
    """Return the one scale, making it when it is missing."""
    return RfmScale.objects.get_or_create(pk=1)[0]


def score(*, now: datetime | None = None) -> RfmScale:
    """Score every buyer anew and return the scale.

    Writes:  RfmScale, RfmScore; 5,000 contacts a transaction. Safe to repeat and to run twice at once.
    """
    now = now or timezone.now()
    found = scale()
    if not found.is_manual:
        found.recency, found.frequency, found.monetary = _quintiles(now)
    found.buyers = sum(_score_range(found, since, now) for since in _ranges())
    found.scored_at = now
    found.save()
    return found


def set_scale(*, recency: Sequence[int], frequency: Sequence[int], monetary: Sequence[int]) -> RfmScale:
    """Keep thresholds set by hand, score everybody by them and return the scale.

    Raises:  BadScale.
    """
    for name, cuts in ((_("recency"), recency), (_("frequency"), frequency), (_("money"), monetary)):
        if len(cuts) != 4 or list(cuts) != sorted(cuts) or min(cuts) < 0:
            raise BadScale(_("%(name)s: four numbers from small to large are wanted.") % {"name": name})
    RfmScale.objects.update_or_create(
        pk=1,
        defaults={
            "recency": list(recency), "frequency": list(frequency), "monetary": list(monetary), "is_manual": True,
        },
    )  # fmt: skip
    return score()


def cells() -> dict[tuple[int, int], Cell]:
    """Return the buyers of each (recency, frequency): one query over the scores."""
    rows = RfmScore.objects.values_list("recency", "frequency").annotate(n=Count("pk"), net=Sum("net_minor"))
    return {(recency, frequency): Cell(n, net) for recency, frequency, n, net in rows.order_by()}


def _since(now: datetime) -> datetime:
    """The same day 24 months ago; 28 February for the 29th."""
    year = now.year - MONTHS // 12
    return now.replace(year=year, day=28) if (now.month, now.day) == (2, 29) else now.replace(year=year)


def buyers(now: datetime) -> QuerySet[Any]:
    """Return contact, last order, orders and net amount of everybody who bought in the 24 months before now."""
    kept = Order.objects.exclude(returned_minor__gt=0, returned_minor=F("amount_minor"))
    kept = kept.filter(
        contact__merged_into=None, contact__isnull=False, ordered_at__gt=_since(now), ordered_at__lte=now
    )
    net = Sum(F("amount_minor") - F("returned_minor"), filter=Q(currency=settings.BASE_CURRENCY))
    measured = (
        kept.order_by().values("contact_id").annotate(last=Max("ordered_at"), n=Count("pk"), net=Coalesce(net, 0))
    )
    return measured.values_list("contact_id", "last", "n", "net")


def _quintiles(now: datetime) -> tuple[list[int], list[int], list[int]]:
    """Read every buyer once; three packed arrays, 24 bytes a buyer."""
    recency, frequency, monetary = array("q"), array("q"), array("q")
    for _contact, last, n, net in buyers(now).iterator(chunk_size=5_000):
        recency.append((now - last) // timedelta(days=1))
        frequency.append(n)
        monetary.append(net)
    return _cuts(recency), _cuts(frequency), _cuts(monetary)


def _cuts(values: Sequence[int]) -> list[int]:
    ordered = sorted(values)
    return [ordered[-(-len(ordered) * k // 5) - 1] for k in range(1, 5)] if ordered else []


def _ranges() -> Iterator[int]:
    newest = Contact.objects.aggregate(last=Max("pk"))["last"] or 0
    return iter(range(0, newest + 1, RANGE))


def _score_range(found: RfmScale, since: int, now: datetime) -> int:
    """Write the scores of the contacts with since <= id < since + RANGE and return how many there are."""
    inside = {"contact_id__gte": since, "contact_id__lt": since + RANGE}
    with manners.write_batch():
        rows = [_scored(found, row, now) for row in buyers(now).filter(**inside)]
        fields = ["recency", "frequency", "monetary", "group", "last_ordered_at", "orders", "net_minor"]
        RfmScore.objects.bulk_create(
            rows, 1_000, update_conflicts=True, unique_fields=["contact"], update_fields=fields
        )
        stayed = {row.contact_id for row in rows}
        gone = [pk for pk in RfmScore.objects.filter(**inside).values_list("contact_id", flat=True) if pk not in stayed]
        RfmScore.objects.filter(contact_id__in=gone).delete()
    return len(rows)


def _scored(found: RfmScale, row: tuple[int, datetime, int, int], now: datetime) -> RfmScore:
    contact_id, last, n, net = row
    recency = 5 - bisect_left(found.recency, (now - last) // timedelta(days=1))
    frequency, monetary = 1 + bisect_left(found.frequency, n), 1 + bisect_left(found.monetary, net)
    return RfmScore(
        contact_id=contact_id, recency=recency, frequency=frequency, monetary=monetary, last_ordered_at=last,
        orders=n, net_minor=net, group=group(recency, frequency, monetary),
    )  # fmt: skip


def group(recency: int, frequency: int, monetary: int) -> str:
    """Return the name of the group that these steps fall into: the first that fits."""
    fits = {
        Group.CHAMPIONS: min(recency, frequency, monetary) >= 4,
        Group.LOYAL: recency >= 3 and frequency >= 4,
        Group.BIG_SPENDERS: recency >= 3 and monetary == 5,
        Group.PROMISING: recency >= 4 and frequency <= 2,
        Group.AT_RISK: recency <= 2 and frequency >= 3,
        Group.LOST: recency <= 2,
    }
    return next((name.value for name, is_so in fits.items() if is_so), Group.STEADY.value)
