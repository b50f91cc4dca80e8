"""The numbers of one campaign, read once from ledger and rollups; a report never scans events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, Sum

from campaigns.models import Campaign, Delivery, Engagement, Event, HourlyTotal

HUMAN = Event.Verdict.HUMAN.value
DIMENSIONS = ("link", "os", "network")


@dataclass(frozen=True)
class Totals:
    """Sums of the hourly totals: loads by (kind, verdict), of the crowd by kind, by dimension, by hour (human)."""

    loads: Counter[tuple[str, str]] = field(default_factory=Counter)
    crowd: Counter[str] = field(default_factory=Counter)
    by: dict[str, Counter[tuple[str, str]]] = field(default_factory=lambda: {d: Counter() for d in DIMENSIONS})
    hours: dict[str, Counter[datetime]] = field(default_factory=lambda: {"open": Counter(), "click": Counter()})


@dataclass(frozen=True)
class Counts:
    """`people` by kind are exact uniques, `loads` by (kind, verdict) events, `by` human loads of a dimension."""

    states: dict[str, int]
    sent: int
    measured_opens: int
    measured_clicks: int
    people: dict[str, int]
    totals: Totals

    @property
    def loads(self) -> Counter[tuple[str, str]]:
        return self.totals.loads

    @property
    def crowd(self) -> Counter[str]:
        return self.totals.crowd

    @property
    def by(self) -> dict[str, Counter[tuple[str, str]]]:
        return self.totals.by

    @property
    def hours(self) -> dict[str, Counter[datetime]]:
        return self.totals.hours

    def acts(self, kind: str) -> int:
        """Return the human events of a kind."""
        return self.loads.get((kind, HUMAN), 0)


def read(campaign: Campaign) -> Counts:
    """Return the campaign's numbers.

    Reads:   Delivery (index of states), Engagement (unique index), HourlyTotal: five queries whatever happened.
    """
    deliveries = Delivery.objects.filter(campaign=campaign).order_by()
    states = dict(deliveries.values_list("state").annotate(n=Count("pk")))
    measured = deliveries.filter(state=Delivery.State.SENT).aggregate(
        opens=Count("pk", filter=Q(tracks_opens=True)), clicks=Count("pk", filter=Q(tracks_clicks=True))
    )
    engaged = Engagement.objects.filter(campaign=campaign).order_by()
    return Counts(
        states=states,
        sent=states.get(Delivery.State.SENT, 0),
        measured_opens=measured["opens"],
        measured_clicks=measured["clicks"],
        people=dict(engaged.values_list("kind").annotate(n=Count("pk"))),
        totals=_totals(campaign),
    )


def _totals(campaign: Campaign) -> Totals:
    result = Totals()
    totals = HourlyTotal.objects.filter(campaign=campaign).order_by()
    summed = totals.values_list("kind", "verdict", "dimension", "value").annotate(total=Sum("n"))
    for kind, verdict, dimension, value, n in summed:
        if dimension == "":
            result.loads[kind, verdict] += n
        elif dimension == "crowd":
            result.crowd[kind] += n
        elif dimension == "network" or (dimension in result.by and verdict == HUMAN):
            result.by[dimension][kind, value] += n  # a network's robot is a machine, and evidence
    human = totals.filter(kind__in=result.hours, verdict=HUMAN, dimension="")
    for kind, hour, n in human.values_list("kind", "hour", "n"):
        result.hours[kind][hour] += n
    return result
