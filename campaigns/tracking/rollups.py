"""Totals and uniques that reports read, kept in the transaction of the events they count.

    add(acts)                        # hourly totals, engagement, clicks per link, contact.last_*_at
    move(changes)                    # late evidence changed verdicts: the counts follow
    sums(acts)                       # the same counts in memory: `recount` proves the tables equal to the raw rows

Engagement holds human acts only, so uniques need no estimate; an hour's total holds every verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import Max, Min, Model
from django.utils import timezone

from campaigns.models import Engagement, Event, HourlyTotal, LinkEngagement
from campaigns.tracking import bulk
from campaigns.tracking.bulk import stamp
from contacts.models import Contact

HUMAN = Event.Verdict.HUMAN.value
LAST_AT = {  # human acts that a contact's row remembers
    "open": "last_opened_at",
    "click": "last_clicked_at",
    "share_intent": "last_shared_at",
    "redeem": "last_redeemed_at",
    "conversion": "last_ordered_at",
}


@dataclass(slots=True)
class Act:
    """One event about to be stored: the columns of `Event`, without a row yet."""

    kind: str
    at: datetime
    key: str
    verdict: str = HUMAN
    rule: str = ""
    ruleset: int = 0
    campaign_id: int | None = None
    contact_id: int | None = None
    delivery_id: int | None = None
    link_id: int | None = None
    network: str = ""
    device: str = ""
    os: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    ip_prefix: str = ""
    user_agent: str = ""
    country: str = ""


@dataclass(slots=True)
class Sums:
    """What a batch adds, ready to be written: one entry per row of a rollup table."""

    totals: Counter[tuple[int, datetime, str, str, str, str]] = field(default_factory=Counter)
    people: dict[tuple[int, int, str], tuple[datetime, datetime, int]] = field(default_factory=dict)
    links: dict[tuple[int, int], tuple[datetime, datetime, int]] = field(default_factory=dict)
    last: dict[tuple[str, int], datetime] = field(default_factory=dict)


def add(acts: Sequence[Act]) -> None:
    """Add stored acts to every rollup.

    Writes:  HourlyTotal, Engagement, LinkEngagement, Contact.last_*_at; in the caller's transaction, in key order,
             so two writers cannot deadlock.
    """
    write(sums(acts))


def sums(acts: Iterable[Act]) -> Sums:
    """Count acts in memory as the rollups count them."""
    result = Sums()
    alike: Counter[Alike] = Counter()
    spans = result.people
    for act in acts:
        campaign, contact, at, kind = act.campaign_id, act.contact_id, act.at, act.kind
        if campaign is not None:
            hour = at.replace(minute=0, second=0, microsecond=0)
            where = (act.link_id, act.network, act.device, act.os, act.country, contact is None)
            alike[campaign, hour, kind, act.verdict, where] += 1
        if contact is None or act.verdict != HUMAN:
            continue
        if campaign is not None:
            _widen(spans, (campaign, contact, kind), at)
        if act.link_id is not None and kind == "click":
            _widen(result.links, (act.link_id, contact), at)
        if column := LAST_AT.get(kind):
            _later(result.last, (column, contact), at)
    for (campaign, hour, kind, verdict, where), n in alike.items():
        for dimension, value in dimensions(*where):
            result.totals[campaign, hour, kind, verdict, dimension, value[:40]] += n
    return result


Where = tuple[int | None, str, str, str, str, bool]  # link, network, device, system, country, crowd
Alike = tuple[int, datetime, str, str, Where]


def dimensions(
    link: int | None, network: str, device: str, os: str, country: str, is_crowd: bool
) -> list[tuple[str, str]]:
    """Return the (dimension, value) pairs that an act counts under; the first is the plain total."""
    pairs = [("", "")]
    if link is not None:
        pairs.append(("link", str(link)))
    if network:
        pairs.append(("network", network))
    if device or os:
        pairs += [("device", device), ("os", f"{device}/{os}")]
    if country:
        pairs.append(("country", country))
    if is_crowd:
        pairs.append(("crowd", "1"))
    return pairs


def _later(times: dict[tuple[str, int], datetime], key: tuple[str, int], at: datetime) -> None:
    known = times.get(key)
    if known is None or at > known:
        times[key] = at


def _widen(spans: dict[Any, tuple[datetime, datetime, int]], key: Any, at: datetime) -> None:
    known = spans.get(key)
    if known is None:
        spans[key] = (at, at, 1)
    else:
        first, last, n = known
        spans[key] = (at if at < first else first, at if at > last else last, n + 1)


# --- Writing -------------------------------------------------------------------------------------------------------


def write(result: Sums) -> None:
    """Add the sums to the tables by upserts that add, one statement per table."""
    at: dict[datetime, str] = {}  # a batch's times stand in several tables

    def text(moment: datetime) -> str:
        return at.get(moment) or at.setdefault(moment, stamp(moment))

    totals = [(c, text(h), k, v, d, w, n) for (c, h, k, v, d, w), n in sorted(result.totals.items())]
    _upsert(HourlyTotal, TOTAL, ["campaign_id", "kind", "dimension", "value", "verdict", "hour"], totals)
    people = [(c, p, k, text(a), text(b), n) for (c, p, k), (a, b, n) in sorted(result.people.items())]
    _upsert(Engagement, PERSON, ["campaign_id", "kind", "contact_id"], people)
    clicks = [(x, p, text(a), text(b), n) for (x, p), (a, b, n) in sorted(result.links.items())]
    _upsert(LinkEngagement, CLICK, ["link_id", "contact_id"], clicks)
    for column in sorted({column for column, _ in result.last}):
        last = sorted((pk, text(moment)) for (name, pk), moment in result.last.items() if name == column)
        _remember_last(column, last)


SPAN = {"first_at": "timestamptz", "last_at": "timestamptz", "n": "bigint"}
TOTAL = {
    "campaign_id": "bigint", "hour": "timestamptz", "kind": "text", "verdict": "text", "dimension": "text",
    "value": "text", "n": "bigint",
}  # fmt: skip
PERSON = {"campaign_id": "bigint", "contact_id": "bigint", "kind": "text", **SPAN}
CLICK = {"link_id": "bigint", "contact_id": "bigint", **SPAN}


def _upsert(model: type[Model], columns: dict[str, str], unique: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Add rows (sorted, so that two writers cannot deadlock) to a table of sums: counts add up, spans widen."""
    table = model._meta.db_table
    changes = [f"n = {table}.n + EXCLUDED.n"]
    for column, sign in (("first_at", "<"), ("last_at", ">")):
        if column in columns:
            new = f"EXCLUDED.{column}"
            changes.append(f"{column} = CASE WHEN {new} {sign} {table}.{column} THEN {new} ELSE {table}.{column} END")
    sql = (
        f"INSERT INTO {table} ({', '.join(columns)}) {{rows}} "
        f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {', '.join(changes)}"
    )
    bulk.write(sql, list(columns.values()), rows)


def _remember_last(column: str, rows: list[tuple[int, str]]) -> None:
    table = Contact._meta.db_table
    if connection.vendor == "postgresql":
        sql = f"""WITH v(id, at) AS ({{rows}}) UPDATE {table} AS c SET {column} = v.at FROM v
                  WHERE c.id = v.id AND (c.{column} IS NULL OR c.{column} < v.at)"""  # noqa: S608
        bulk.write(sql, ["bigint", "timestamptz"], rows)
        return
    sql = f"UPDATE {table} SET {column} = %s WHERE id = %s AND ({column} IS NULL OR {column} < %s)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(at, pk, at) for pk, at in rows])


def insert(acts: Sequence[Act], *, once: bool = False) -> int:
    """Store acts as Event rows and return how many went in; `once` passes over keys that are there at the same time.

    Writes:  Event.
    """
    if not acts:
        return 0
    now, table = stamp(timezone.now()), Event._meta.db_table
    rows = [(act.kind, stamp(act.at), *REST(act), now) for act in acts]
    if connection.vendor == "postgresql" and len(rows) > 1 and not once:
        bulk.copy(table, COLUMNS, rows)
        return len(rows)
    sql = (
        f"INSERT INTO {table} ({', '.join(COLUMNS)}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(COLUMNS))}){' ON CONFLICT DO NOTHING' if once else ''}"
    )
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)
        return int(cursor.rowcount)


COLUMNS = [*Act.__slots__, "created_at"]
REST: Callable[[Act], tuple[Any, ...]] = attrgetter(*Act.__slots__[2:])  # after kind and at


# --- Late evidence -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A stored event whose verdict is another now."""

    event_id: int
    verdict: str
    rule: str
    ruleset: int


def move(changes: Sequence[Change]) -> int:
    """Give stored events their new verdicts and let every rollup follow; return how many verdicts moved.

    Writes:  Event, HourlyTotal, Engagement, LinkEngagement, Contact.last_*_at, in the caller's transaction.
    """
    if not changes:
        return 0
    told = {change.event_id: change for change in changes}
    locked = Event.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=told).order_by("pk")
    before = {event.pk: act_of(event) for event in locked}
    after = {
        pk: replace(act, verdict=(c := told[pk]).verdict, rule=c.rule, ruleset=c.ruleset) for pk, act in before.items()
    }
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {Event._meta.db_table} SET verdict = %s, rule = %s, ruleset = %s WHERE id = %s",  # noqa: S608
            [(act.verdict, act.rule, act.ruleset, pk) for pk, act in after.items()],
        )
    moved = [pk for pk in before if before[pk].verdict != after[pk].verdict]
    _subtract(sums(before[pk] for pk in moved))
    add([after[pk] for pk in moved])
    return len(moved)


def _turned(act: Act, change: Change) -> Act:
    return replace(act, verdict=change.verdict, rule=change.rule, ruleset=change.ruleset)


def act_of(event: Event) -> Act:
    """Return the stored event as an act."""
    return Act(**{name: getattr(event, name) for name in Act.__slots__})


def _subtract(gone: Sums) -> None:
    """Take sums away again; a span whose edge was taken is measured anew from the events that are left."""
    for (c, h, k, v, d, w), n in gone.totals.items():
        total = HourlyTotal.objects.filter(campaign=c, hour=h, kind=k, verdict=v, dimension=d, value=w)
        _lower(total, n)
    for (campaign, contact, kind), (_, _, n) in gone.people.items():
        rows = Engagement.objects.filter(campaign=campaign, contact=contact, kind=kind)
        _lower(rows, n)
        _measure(rows, Event.objects.filter(campaign=campaign, contact=contact, kind=kind, verdict=HUMAN))
    for (link, contact), (_, _, n) in gone.links.items():
        clicks = LinkEngagement.objects.filter(link=link, contact=contact)
        _lower(clicks, n)
        _measure(clicks, Event.objects.filter(link=link, contact=contact, kind="click", verdict=HUMAN))
    for column, contact in gone.last:
        kind = next(kind for kind, name in LAST_AT.items() if name == column)
        last = Engagement.objects.filter(contact=contact, kind=kind).aggregate(last=Max("last_at"))["last"]
        Contact.objects.filter(pk=contact).update(**{column: last})


def _lower(rows: Any, n: int) -> None:
    found = rows.first()
    if found is None:
        return
    if found.n <= n:
        rows.delete()
    else:
        rows.update(n=found.n - n)


def _measure(rows: Any, events: Any) -> None:
    span = events.aggregate(first=Min("at"), last=Max("at"))
    if span["first"] is not None:  # else retention took the events: the edges stay as they were known
        rows.update(first_at=span["first"], last_at=span["last"])
