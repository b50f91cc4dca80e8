"""The numbers of one campaign, read once from ledger and rollups; a report never scans events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, Sum

from campaigns.models import Campaign, Delivery, Engagement, Event, HourlyTotal

HUMAN = Event.Verdict.HUMAN.value


@dataclass(frozen=True)
class Counts:
    """`people` by kind are exact uniques, `loads` by (kind, verdict) events, `by` human loads of a dimension."""

    states: dict[str, int]
    sent: int
    measured_opens: int
    measured_clicks: int
    people: dict[str, int]
    loads: dict[tuple[str, str], int]
    crowd: dict[str, int]
    by: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    hours: dict[str, dict[datetime, int]] = field(default_factory=dict)

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
        **_totals(campaign),
    )


def _totals(campaign: Campaign) -> dict[str, dict[object, object]]:
    loads: Counter[tuple[str, str]] = Counter()
    crowd: Counter[str] = Counter()
    by: dict[str, Counter[tuple[str, str]]] = {"link": Counter(), "os": Counter(), "network": Counter()}
    totals = HourlyTotal.objects.filter(campaign=campaign).order_by()
    summed = totals.values_list("kind", "verdict", "dimension", "value").annotate(n=Sum("n"))
    for kind, verdict, dimension, value, n in summed:
        if dimension == "":
            loads[kind, verdict] += n
        elif dimension == "crowd":
            crowd[kind] += n
        elif dimension in by and verdict == HUMAN:
            by[dimension][kind, value] += n
        if dimension == "network" and verdict != HUMAN:
            by[dimension][kind, value] += n
    hours: dict[str, dict[datetime, int]] = {"open": {}, "click": {}}
    human = totals.filter(kind__in=hours, verdict=HUMAN, dimension="")
    for kind, hour, n in human.values_list("kind", "hour", "n"):
        hours[kind][hour] = hours[kind].get(hour, 0) + n
    return {"loads": dict(loads), "crowd": dict(crowd), "by": dict(by), "hours": dict(hours)}  # type: ignore[dict-item]
