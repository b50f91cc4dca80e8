"""The numbers of one campaign, read once from ledger and rollups; a report never scans events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from campaigns.models import Campaign, Delivery, Engagement, Event, HourlyTotal
from campaigns.reports import tally

HUMAN = Event.Verdict.HUMAN.value
DIMENSIONS = ("link", "os", "network", "country")


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
    mark: str = ""

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

    Reads:   Delivery (index of states), Engagement (unique index), HourlyTotal, Tally: a handful of queries whatever
             happened; the first two only when something happened since they were counted.
    """
    totals = _totals(campaign)
    mark = marked(campaign, totals)
    mails = tally.kept(campaign, "mails", mark, lambda: _mails(campaign))
    states: Counter[str] = Counter()
    for state, _opens, _clicks, n in mails:
        states[state] += n
    sent = [row for row in mails if row[0] == Delivery.State.SENT]
    return Counts(
        states=dict(states),
        sent=states[Delivery.State.SENT],
        measured_opens=sum(n for _state, opens, _clicks, n in sent if opens),
        measured_clicks=sum(n for _state, _opens, clicks, n in sent if clicks),
        people=tally.kept(campaign, "people", mark, lambda: _people(campaign)),
        totals=totals,
        mark=mark,
    )


def mark(campaign: Campaign) -> str:
    """Return what a campaign's counts are true of now, as `marked` does."""
    return marked(campaign, _totals(campaign))


def marked(campaign: Campaign, totals: Totals) -> str:
    """Return what changes when something happened to a campaign that is over; while mails go out, ''.

    It is the number of its events and of the mails that a person may still decide about.
    """
    if campaign.state not in OVER:
        return ""
    open_ = Delivery.objects.filter(campaign=campaign, state__in=UNDECIDED).count()
    return f"{campaign.state} {sum(totals.loads.values())} {open_}"


OVER = {Campaign.State.FINISHED, Campaign.State.CANCELLED}
UNDECIDED = [Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.FAILED, Delivery.State.AMBIGUOUS]


def sent(campaign: Campaign) -> int:
    """Return how many mails were sent, as the report being made has just read it."""
    mails = tally.last(campaign, "mails", lambda: _mails(campaign))
    return sum(int(n) for state, _opens, _clicks, n in mails if state == Delivery.State.SENT)


def _mails(campaign: Campaign) -> list[list[Any]]:
    rows = Delivery.objects.filter(campaign=campaign).order_by()
    return [list(row) for row in rows.values_list("state", "tracks_opens", "tracks_clicks").annotate(n=Count("pk"))]


def _people(campaign: Campaign) -> dict[str, int]:
    rows = Engagement.objects.filter(campaign=campaign).order_by()
    return dict(rows.values_list("kind").annotate(n=Count("pk")))


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
