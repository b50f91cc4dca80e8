"""Fields over what people did: rows of a table, in a stretch of time, so many times, under conditions of their own.

act("opened", _("opened a mail"), _("Mails"), lambda: Engagement.objects.filter(kind="open"), at="last_at",
    params=[Param("campaign", _("campaign"), "campaign_id", known=CAMPAIGNS)])

A rule's value is {} or holds `days` (the last n days), `period` ("last_winter"), `from` and `until` (days of the site's
zone, both included), `at_least`, `at_most`, and the field's own params. `measure` compares a number made of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from contacts.segments import periods, typed
from contacts.segments.fields import Condition, Field, Leaf, Param, Text

Rows = Callable[[], QuerySet[Any]]
Inner = Callable[[dict[str, Any]], Q]


def act(
    key: str,
    label: Text,
    group: Text,
    rows: Rows,
    *,
    contact: str = "contact_id",
    at: str = "at",
    params: Iterable[Param] = (),
    inner: Inner | None = None,
    observable: Condition | None = None,
) -> Field:
    """Return a field "did / did not", true for contacts with such rows.

    Reads:   rows() whose `contact` column is the contact and whose `at` lies in the rule's stretch of time. Params
             with a lookup filter on it; those marked `inside` go to `inner` together, which returns one condition on
             the row; those with an `aggregate` want it to reach their value over all the rows found.
    """
    known = {param.name: param for param in params}

    def condition(leaf: Leaf, now: datetime) -> Q:
        value: dict[str, Any] = leaf.value or {}
        found = rows().filter(**{contact: OuterRef("pk")}).filter(in_time(value, at, now))
        given = [(known[name], wanted) for name, wanted in value.items() if name in known]
        found = found.filter(**{param.lookup: wanted for param, wanted in given if param.lookup and not param.inside})
        inside = {param.lookup: wanted for param, wanted in given if param.inside}
        if inside and inner:
            found = found.filter(inner(inside))
        return Q(Exists(counted(found, contact, value, given)))

    return Field(key, label, group, "act", condition, None, observable, params=known)


def counted(found: QuerySet[Any], contact: str, value: dict[str, Any], given: list[tuple[Param, Any]]) -> QuerySet[Any]:
    """Keep the group of rows only when there are enough of them, not too many, and they add up to what is asked."""
    least, most = value.get("at_least", 1), value.get("at_most")
    sums = [(param, wanted) for param, wanted in given if param.aggregate is not None]
    if least <= 1 and most is None and not sums:
        return found
    grouped: QuerySet[Any] = found.order_by().values(contact).annotate(_n=Count("pk")).filter(_n__gte=least)
    if most is not None:
        grouped = grouped.filter(_n__lte=most)
    for number, (param, wanted) in enumerate(sums):
        grouped = grouped.annotate(**{f"_sum{number}": param.aggregate}).filter(**{f"_sum{number}__gte": wanted})
    return grouped


def span(value: dict[str, Any], now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the moments [first, last) of an act's rule; None where it is open."""
    if "days" in value:
        return now - timedelta(days=value["days"]), now + timedelta(microseconds=1)
    first = date.fromisoformat(value["from"]) if "from" in value else None
    last = date.fromisoformat(value["until"]) if "until" in value else None
    if "period" in value:
        first, last = periods.days(value["period"], timezone.localdate(now, timezone.get_default_timezone()))
    return typed.midnight(first) if first else None, typed.midnight(last + timedelta(days=1)) if last else None


def in_time(value: dict[str, Any], at: str, now: datetime) -> Q:
    """Return the condition that the column lies in the rule's stretch of time."""
    first, last = span(value, now)
    condition = Q()
    if first:
        condition &= Q(**{f"{at}__gte": first})
    return condition & Q(**{f"{at}__lt": last}) if last else condition


def measure(
    key: str,
    label: Text,
    group: Text,
    rows: Rows,
    number: Any,
    *,
    contact: str = "contact_id",
    type_: str = "count",
    at: str = "",
) -> Field:
    """Return a field that compares an aggregate of a contact's rows; without rows it is 0, never unknown.

    Reads:   rows(); with `at`, those up to now.
    """

    def condition(leaf: Leaf, now: datetime) -> Q:
        hers = rows().filter(**{contact: OuterRef("pk")}, **({f"{at}__lte": now} if at else {})).order_by()
        grouped = hers.values(contact).annotate(_n=number).filter(compared("_n", leaf))
        found = Q(Exists(grouped))
        return found | ~Q(Exists(hers)) if _fits_zero(leaf) else found

    return Field(key, label, group, type_, condition)


def compared(name: str, leaf: Leaf) -> Q:
    """Return the leaf's comparison on a number column or annotation."""
    if leaf.op == "between":
        return Q(**{f"{name}__gte": leaf.value[0], f"{name}__lte": leaf.value[1]})
    return Q(**{name if leaf.op == "is" else f"{name}__{leaf.op}": leaf.value})


def _fits_zero(leaf: Leaf) -> bool:
    if leaf.op == "between":
        return bool(leaf.value[0] <= 0 <= leaf.value[1])
    return bool(typed.NUMBERS[leaf.op](0, leaf.value))


def newest(key: str, label: Text, group: Text, rows: Rows, *, at: str, contact: str = "contact_id") -> Field:
    """Return a date field over a contact's latest row: in the range, and none later."""
    return _edge(key, label, group, rows, at, contact, is_first=False)


def oldest(key: str, label: Text, group: Text, rows: Rows, *, at: str, contact: str = "contact_id") -> Field:
    """Return a date field over a contact's first row: in the range, and none earlier."""
    return _edge(key, label, group, rows, at, contact, is_first=True)


def _edge(key: str, label: Text, group: Text, rows: Rows, at: str, contact: str, *, is_first: bool) -> Field:
    def condition(leaf: Leaf, now: datetime) -> Q:
        hers = rows().filter(**{contact: OuterRef("pk")}).order_by()
        if leaf.op == "is_set":
            return Q(Exists(hers))
        first, last = typed.moment_range(leaf.op, leaf.value, now)
        inside = hers.filter(**{f"{at}__gte": first}) if first else hers
        inside = inside.filter(**{f"{at}__lt": last}) if last else inside
        beyond = first if is_first else last
        if beyond is None:
            return Q(Exists(inside))
        return Q(Exists(inside)) & ~Q(Exists(hers.filter(**{f"{at}__lt" if is_first else f"{at}__gte": beyond})))

    return Field(key, label, group, "date", condition)
