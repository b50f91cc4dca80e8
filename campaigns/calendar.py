"""What is planned and what ran, by day; how many mails people get of it, and which plans clash.

board(day, "week")                     # → Board(days=[Day(…)], clashes=[(May, "Spring", "VIP")])
pressures(begin, end)                  # → [Pressure("VIP", people=1200, counts={1: 900, 2: 300}, cap=2)]
move(campaign, at, request.user)

Pressure is counted person by person, in the database: mails sent in the window, and one more for each plan that would
reach her. It says what she would get, not what a segment gets on average.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, Count, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns import writers
from campaigns.delivery import audience, control, pacing
from campaigns.models import Campaign, Delivery
from contacts.models import Contact, Segment

VIEWS = ("day", "week", "month")
CLASH = timedelta(hours=48)  # two plans to the same segment closer than this are worth a look
SHOWN = 200  # campaigns of one view
WEIGHED = 12  # segments and plans whose people are counted; more would make the page wait
State = Campaign.State


@dataclass(frozen=True)
class Entry:
    """One campaign in the calendar; a plan can be moved."""

    campaign: Campaign
    at: datetime
    is_plan: bool
    clashes: list[str] = field(default_factory=list)

    @property
    def rivals(self) -> str:
        return ", ".join(self.clashes)


@dataclass(frozen=True)
class Day:
    """One day with its campaigns in order."""

    on: date
    entries: list[Entry]
    is_today: bool
    is_outside: bool = False


@dataclass(frozen=True)
class Pressure:
    """What the people of a segment get in the window: `counts` maps a number of mails to how many people get it."""

    name: str
    people: int
    counts: dict[int, int]
    cap: int | None

    @property
    def most(self) -> int:
        return max((n for n, people in self.counts.items() if people), default=0)

    @property
    def mean(self) -> float:
        return sum(n * people for n, people in self.counts.items()) / self.people if self.people else 0.0

    @property
    def over(self) -> int:
        """How many people would get more than the house's cap; 0 without a cap."""
        return sum(people for n, people in self.counts.items() if self.cap and n > self.cap)


@dataclass(frozen=True)
class Board:
    """One view of the calendar: from `since` (included) to `until` (not included), local days."""

    view: str
    since: date
    until: date
    days: list[Day]
    clashes: list[tuple[Campaign, Campaign, str]]

    @property
    def before(self) -> date:
        return _first(self.since - timedelta(days=1), self.view)

    @property
    def after(self) -> date:
        return self.until


def board(day: date, view: str, by: User | None = None) -> Board:
    """Return the days around `day` as a person may see them.

    Reads:  planned and started campaigns of these days with their segments.
    """
    since, until = window(day, view)
    begin, end = _grid(since, until, view)
    found = _campaigns(start(begin), start(end), by)
    clashes = clashing(found)
    for one, other, _segment in clashes:
        for entry in found:
            if entry.campaign.pk in (one.pk, other.pk):
                entry.clashes.append(other.name if entry.campaign.pk == one.pk else one.name)
    today = timezone.localdate()
    days = [
        Day(
            on,
            [entry for entry in found if timezone.localtime(entry.at).date() == on],
            on == today,
            not since <= on < until,
        )
        for on in (begin + timedelta(days=n) for n in range((end - begin).days))
    ]
    return Board(view, since, until, days, clashes)


def window(day: date, view: str) -> tuple[date, date]:
    """Return the days of a view around a day, the last not included."""
    since = _first(day, view)
    return since, _end(since, view)


def _first(day: date, view: str) -> date:
    if view == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if view == "month" else day


def _end(since: date, view: str) -> date:
    length = {"day": 1, "week": 7}.get(view) or months.monthrange(since.year, since.month)[1]
    return since + timedelta(days=length)


def _grid(since: date, until: date, view: str) -> tuple[date, date]:
    """Return the days drawn: a month begins on a Monday and ends on a Sunday."""
    if view != "month":
        return since, until
    return since - timedelta(days=since.weekday()), until + timedelta(days=-until.weekday() % 7)


def start(day: date) -> datetime:
    """Return the local midnight at which a day begins."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _campaigns(since: datetime, until: datetime, by: User | None = None) -> list[Entry]:
    mailings = writers.visible(by).filter(kind=Campaign.Kind.CAMPAIGN)
    mailings = mailings.select_related("within").prefetch_related("segments")
    plans = mailings.filter(state=State.SCHEDULED, scheduled_at__gte=since, scheduled_at__lt=until)
    begun = mailings.filter(started_at__gte=since, started_at__lt=until)
    entries = [Entry(one, one.scheduled_at, True) for one in plans.order_by("scheduled_at")[:SHOWN] if one.scheduled_at]
    entries += [Entry(one, one.started_at, False) for one in begun.order_by("started_at")[:SHOWN] if one.started_at]
    return sorted(entries, key=lambda entry: entry.at)


def clashing(entries: Sequence[Entry]) -> list[tuple[Campaign, Campaign, str]]:
    """Return pairs of campaigns to the same segment within two days, one of them still a plan, and what they share."""
    found = []
    for i, first in enumerate(entries):
        for second in entries[i + 1 :]:
            if second.at - first.at >= CLASH:
                break
            if (first.is_plan or second.is_plan) and (shared := _shared(first.campaign, second.campaign)):
                found.append((first.campaign, second.campaign, shared))
    return found


def chosen(campaign: Campaign) -> list[Segment]:
    """Return the segments that say whom a campaign is for: its own, else the one beyond which it never goes."""
    return list(campaign.segments.all()) or ([campaign.within] if campaign.within else [])


def _shared(one: Campaign, other: Campaign) -> str:
    """Return the name of what both write to, '' for nothing: segments, or the topic where one takes everybody."""
    first, second = ({segment.pk: segment for segment in chosen(campaign)} for campaign in (one, other))
    if common := first.keys() & second.keys():
        return ", ".join(sorted(first[pk].name for pk in common))
    is_all = not first or not second
    return str(one.topic or "") if is_all and one.topic_id == other.topic_id else ""


# --- Pressure ---------------------------------------------------------------------------------------------------------


def pressures(since: datetime, until: datetime, by: User | None = None) -> list[Pressure]:
    """Return, for each segment that a plan of the window writes to, how many mails its people would get in it.

    Reads:   Delivery sent in the window, the people of the plans: one count a segment.
    """
    plans = [entry.campaign for entry in _campaigns(since, until, by) if entry.is_plan][:WEIGHED]
    weighed: dict[int, Segment] = {segment.pk: segment for plan in plans for segment in chosen(plan)}
    return [pressure(segment, plans, since, until) for segment in list(weighed.values())[:WEIGHED]]


def pressure(segment: Segment, plans: Sequence[Campaign], since: datetime, until: datetime) -> Pressure:
    """Return how many mails each person of a segment would get: those sent in the window and those planned."""
    from contacts.segments.sql import people

    sent = Delivery.objects.filter(
        contact=OuterRef("pk"),
        state=Delivery.State.SENT,
        sent_at__gte=since,
        sent_at__lt=until,
        campaign__kind=Campaign.Kind.CAMPAIGN,
    )
    counted = sent.order_by().values("contact").annotate(n=Count("pk")).values("n")
    had: Any = Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))
    coming = [
        Case(When(pk__in=audience.mailable(plan, audience.candidates(plan)).values("pk"), then=1), default=0)
        for plan in plans
    ]
    total = sum(coming, start=had)
    members = Contact.objects.filter(pk__in=people(segment.rules).values("pk"), merged_into=None).annotate(mails=total)
    counts = dict(members.order_by().values_list("mails").annotate(n=Count("pk")))
    return Pressure(segment.name, sum(counts.values()), counts, pacing.rule().cap_mails)


def move(campaign: Campaign, at: datetime, by: control.Actor) -> Campaign:
    """Move a plan to another time. Raises: control.WrongState for what is no plan, and as control.schedule does."""
    control.require(campaign, State.SCHEDULED)
    return control.schedule(campaign, at, by)
