"""What one offer came to: who came, who was won, what it cost; by shop, network, fan level and segment.

    report = report_of(offer)
    report.fans_before, report.fans_won     # retention against recruitment
    report.cost_per_new_minor               # all that was given, divided by the new customers alone

Redemptions that were undone count nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from contacts.models import Segment
from contacts.segments import sql
from social.fans import networks
from social.models import Claim, FanProof, Offer, Order, Redemption
from social.models.fans import FanLevel

JUST_BEFORE = timedelta(days=1)  # a proof this fresh at the claim was given for the offer: she became a fan by it
MOST_SEGMENTS = 12
CHUNK = 500  # ids in one IN (…)


@dataclass(frozen=True)
class Line:
    """One line of a table: what, people, uses, and what they were given."""

    label: str
    uses: int
    cost_minor: int


@dataclass
class OfferReport:
    """The figures of one offer; amounts in the offer's currency."""

    offer: Offer
    claims: int = 0
    uses: int = 0
    undone: int = 0
    people: int = 0
    fans_before: int = 0
    fans_won: int = 0
    fans_never: int = 0
    customers_before: int = 0
    customers_new: int = 0
    given_minor: int = 0
    sales_minor: int = 0
    tables: list[tuple[str, list[Line]]] | None = None

    @property
    def cost_per_new_minor(self) -> int | None:
        """What one new customer cost, counting what *all* were given; None without a new customer."""
        return round(self.given_minor / self.customers_new) if self.customers_new else None


@dataclass(frozen=True)
class _Use:
    contact_id: int | None
    claimed_at: datetime
    at: datetime
    order: str
    cost_minor: int
    amount_minor: int
    place: str
    network: str
    level: int | None


def report_of(offer: Offer) -> OfferReport:
    """Return the offer's report.

    Reads:   its claims and standing redemptions, the fan proofs and first orders of those who redeemed, segments.
    """
    uses = [_use(row) for row in _standing(offer)]
    report = OfferReport(offer, claims=Claim.objects.filter(offer=offer).count(), uses=len(uses))
    report.undone = Redemption.objects.filter(claim__offer=offer, kind=Redemption.Kind.REVERSE).count()
    report.given_minor = sum(use.cost_minor for use in uses)
    report.sales_minor = sum(use.amount_minor for use in uses)
    firsts: dict[int, _Use] = {}
    for use in uses:
        if use.contact_id is not None:
            firsts.setdefault(use.contact_id, use)
    report.people = len(firsts)
    _fans(report, firsts)
    _customers(report, firsts)
    report.tables = [
        (_("By shop"), _grouped(uses, lambda use: use.place or _("web and partners"))),
        (_("By network of the proof"), _grouped(uses, lambda use: networks.name_of(use.network) or _("no proof"))),
        (_("By fan level"), _grouped(uses, lambda use: _level(use.level))),
        (_("By segment, as people stand today"), _by_segment(uses)),
    ]
    return report


def _standing(offer: Offer) -> Any:
    rows = Redemption.objects.filter(claim__offer=offer, kind=Redemption.Kind.REDEEM, reversal__isnull=True)
    return (
        rows.order_by("at", "pk")
        .values_list(
            "claim__contact", "claim__claimed_at", "at", "order_reference", "cost_minor", "discount_minor",
            "amount_minor", "place__name", "claim__proof__network", "claim__proof__level",
        )
        .iterator(2_000)
    )  # fmt: skip


def _use(row: tuple[Any, ...]) -> _Use:
    contact, claimed, at, order, cost, discount, amount, place, network, level = row
    return _Use(
        contact, claimed, at, order, cost or discount or 0, amount or 0, place or "", network or "", level
    )  # fmt: skip


def _fans(report: OfferReport, firsts: dict[int, _Use]) -> None:
    """Sort people into fans before the offer, those who became one with or after it, and the others."""
    since: dict[int, datetime] = {}
    for ids in _chunks(list(firsts)):
        rows = FanProof.objects.filter(contact__in=ids).order_by().values_list("contact").annotate(Min("verified_at"))
        since.update({contact: at for contact, at in rows if contact is not None and at is not None})
    for pk, use in firsts.items():
        if pk not in since:
            report.fans_never += 1
        elif since[pk] < use.claimed_at - JUST_BEFORE:
            report.fans_before += 1
        else:
            report.fans_won += 1


def _customers(report: OfferReport, firsts: dict[int, _Use]) -> None:
    """Sort people into customers before the offer and new ones: no order older than the claim, but this one."""
    since: dict[int, datetime] = {}
    for ids in _chunks(list(firsts)):
        rows = Order.objects.filter(contact__in=ids).order_by().values_list("contact").annotate(Min("ordered_at"))
        since.update({contact: at for contact, at in rows if contact is not None and at is not None})
    for pk, use in firsts.items():
        was = since.get(pk)
        if was is not None and was < min(use.claimed_at, use.at):
            report.customers_before += 1
        else:
            report.customers_new += 1


def _chunks(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


def _level(level: int | None) -> str:
    return _("no proof") if level is None else f"{level} · {FanLevel(level).label}"


def _grouped(uses: list[_Use], by: Any) -> list[Line]:
    n: Counter[str] = Counter()
    cost: dict[str, int] = defaultdict(int)
    for use in uses:
        n[by(use)] += 1
        cost[by(use)] += use.cost_minor
    return [Line(label, count, cost[label]) for label, count in n.most_common()]


def _by_segment(uses: list[_Use]) -> list[Line]:
    """Count the redeemers in each segment; one person may stand in several."""
    ids = list({use.contact_id for use in uses if use.contact_id is not None})
    lines = []
    for segment in Segment.objects.filter(archived_at__isnull=True).order_by("name")[:MOST_SEGMENTS]:
        inside: set[int] = set()
        for chunk in _chunks(ids):
            inside.update(sql.people(segment.rules).filter(pk__in=chunk).values_list("pk", flat=True))
        theirs = [use for use in uses if use.contact_id in inside]
        if theirs:
            lines.append(Line(segment.name, len(theirs), sum(use.cost_minor for use in theirs)))
    return lines
