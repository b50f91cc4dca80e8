"""Totals and uniques that reports read, kept in the transaction of the events they count.

    add(acts)                        # hourly totals, engagement, clicks per link, contact.last_*_at
    move(changes)                    # late evidence changed verdicts: the counts follow
    sums(acts)                       # the same counts in memory: `recount` proves the tables equal to the raw rows

Engagement holds human acts only, so uniques need no estimate; an hour's total holds every verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max, Min, Model
from django.utils import timezone

from campaigns.models import Engagement, Event, HourlyTotal, LinkEngagement
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
    for act in acts:
        _count_total(result, act)
        if act.verdict == HUMAN and act.contact_id is not None:
            _count_person(result, act, act.contact_id)
    return result


def dimensions(act: Act) -> list[tuple[str, str]]:
    """Return the (dimension, value) pairs that an act counts under; the first is the plain total."""
    pairs = [("", "")]
    if act.link_id is not None:
        pairs.append(("link", str(act.link_id)))
    if act.network:
        pairs.append(("network", act.network))
    if act.device or act.os:
        pairs += [("device", act.device), ("os", f"{act.device}/{act.os}")]
    if act.contact_id is None:
        pairs.append(("crowd", "1"))
    return pairs


def _count_total(result: Sums, act: Act) -> None:
    if act.campaign_id is None:
        return
    hour = act.at.replace(minute=0, second=0, microsecond=0)
    for dimension, value in dimensions(act):
        result.totals[act.campaign_id, hour, act.kind, act.verdict, dimension, value[:40]] += 1


def _count_person(result: Sums, act: Act, contact_id: int) -> None:
    if act.campaign_id is not None:
        _widen(result.people, (act.campaign_id, contact_id, act.kind), act.at)
    if act.link_id is not None and act.kind == "click":
        _widen(result.links, (act.link_id, contact_id), act.at)
    if column := LAST_AT.get(act.kind):
        key = (column, contact_id)
        result.last[key] = max(act.at, result.last.get(key, act.at))


def _widen(spans: dict[Any, tuple[datetime, datetime, int]], key: Any, at: datetime) -> None:
    first, last, n = spans.get(key, (at, at, 0))
    spans[key] = (min(first, at), max(last, at), n + 1)


# --- Writing -------------------------------------------------------------------------------------------------------


def write(result: Sums) -> None:
    """Add the sums to the tables by upserts that add, one statement per table."""
    _upsert(
        HourlyTotal,
        ["campaign_id", "hour", "kind", "verdict", "dimension", "value", "n"],
        ["campaign_id", "kind", "dimension", "value", "verdict", "hour"],
        [(c, stamp(h), k, v, d, w, n) for (c, h, k, v, d, w), n in sorted(result.totals.items(), key=lambda i: i[0])],
    )
    _upsert(
        Engagement,
        ["campaign_id", "contact_id", "kind", "first_at", "last_at", "n"],
        ["campaign_id", "kind", "contact_id"],
        [(c, p, k, stamp(a), stamp(b), n) for (c, p, k), (a, b, n) in sorted(result.people.items())],
    )
    _upsert(
        LinkEngagement,
        ["link_id", "contact_id", "first_at", "last_at", "n"],
        ["link_id", "contact_id"],
        [(x, p, stamp(a), stamp(b), n) for (x, p), (a, b, n) in sorted(result.links.items())],
    )
    _remember_last(result.last)


def _upsert(model: type[Model], columns: list[str], unique: list[str], rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    changes = [f"{quote('n')} = {table}.{quote('n')} + EXCLUDED.{quote('n')}"]
    for column, sign in (("first_at", "<"), ("last_at", ">")):
        if column in columns:
            c = quote(column)
            changes.append(f"{c} = CASE WHEN EXCLUDED.{c} {sign} {table}.{c} THEN EXCLUDED.{c} ELSE {table}.{c} END")
    sql = (
        f"INSERT INTO {table} ({', '.join(map(quote, columns))}) VALUES ({', '.join(['%s'] * len(columns))}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(map(quote, unique))}) DO UPDATE SET {', '.join(changes)}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def _remember_last(last: dict[tuple[str, int], datetime]) -> None:
    table = connection.ops.quote_name(Contact._meta.db_table)
    for column in sorted({column for column, _ in last}):
        rows = [(stamp(at), pk, stamp(at)) for (name, pk), at in sorted(last.items()) if name == column]
        sql = f"UPDATE {table} SET {column} = %s WHERE id = %s AND ({column} IS NULL OR {column} < %s)"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def stamp(at: datetime) -> Any:
    """Return the time as the database's driver wants it in raw SQL."""
    return connection.ops.adapt_datetimefield_value(at)


def insert(acts: Sequence[Act], *, once: bool = False) -> int:
    """Store acts as Event rows and return how many went in; `once` passes over keys that are there at the same time.

    Writes:  Event.
    """
    if not acts:
        return 0
    quote = connection.ops.quote_name
    columns = [*Act.__slots__, "created_at"]
    now = stamp(timezone.now())
    rows = [(*(stamp(act.at) if name == "at" else getattr(act, name) for name in Act.__slots__), now) for act in acts]
    sql = (
        f"INSERT INTO {quote(Event._meta.db_table)} ({', '.join(map(quote, columns))}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(columns))}){' ON CONFLICT DO NOTHING' if once else ''}"
    )
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)
        return int(cursor.rowcount)


# --- Late evidence -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A stored event whose verdict is another now."""

    event: Event
    verdict: str
    rule: str
    ruleset: int


def move(changes: Sequence[Change]) -> int:
    """Give stored events their new verdicts and let every rollup follow; return how many verdicts moved.

    Writes:  Event, HourlyTotal, Engagement, LinkEngagement, Contact.last_*_at, in the caller's transaction.
    """
    before = [act_of(change.event) for change in changes]
    after = [
        replace(act, verdict=c.verdict, rule=c.rule, ruleset=c.ruleset) for act, c in zip(before, changes, strict=True)
    ]
    for change in changes:
        Event.objects.filter(pk=change.event.pk).update(
            verdict=change.verdict, rule=change.rule, ruleset=change.ruleset
        )
    moved = [(old, new) for old, new in zip(before, after, strict=True) if old.verdict != new.verdict]
    _subtract(sums(old for old, _ in moved))
    add([new for _, new in moved])
    return len(moved)


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
