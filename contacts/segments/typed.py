"""What each operator means for a text, number, date, yes/no or list: once in SQL, once in Python, and the two agree.

column_condition("date", "created_at", "in_last_days", 30, now)     # → Q
holds("date", contact.created_at, "in_last_days", 30, now)          # → bool
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from operator import eq, ge, gt, le, lt
from typing import Any

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
)
from django.utils import timezone

from contacts.segments import periods
from contacts.segments.expressions import AttributeListHas, AttributeValue, Folded, fold
from contacts.segments.expressions import holds as sql_holds

COMPARE: dict[str, Any] = {
    "is": Exact,
    "gt": GreaterThan,
    "gte": GreaterThanOrEqual,
    "lt": LessThan,
    "lte": LessThanOrEqual,
}

NUMBERS: dict[str, Any] = {"is": eq, "gt": gt, "gte": ge, "lt": lt, "lte": le}


def column_condition(kind: str, name: str, op: str, value: Any, now: datetime) -> Q:
    """Return the SQL condition for a column of Contact; two-valued, also where the column is NULL."""
    if kind == "date":
        return _moment_condition(name, op, value, now)
    if op == "is_set":
        return ~Q(**{name: ""}) & Q(**{f"{name}__isnull": False})
    if kind == "choice":
        return Q(**{f"{name}__in" if op == "in" else name: value})
    return _text_condition(F(name), op, value)


def attribute_condition(kind: str, name: str, op: str, value: Any, now: datetime, *, is_indexed: bool = False) -> Q:
    """Return the SQL condition for a declared attribute; a value of another type counts as not there.

    is_indexed  there is an index over the attribute (`contacts.segments.indexes`).
    """
    have = AttributeValue(name, kind)

    def compared(lookup: Any, right: Any) -> Q:
        return sql_holds(have, lookup, right, is_indexed=is_indexed)

    if op == "is_set":
        return sql_holds(have, GreaterThan, -1e308) if kind == "number" else sql_holds(have, GreaterThan, Value(""))
    if kind == "list":
        return Q(AttributeListHas(name, value))
    if kind == "boolean":
        return compared(Exact, "true" if value else "false")
    if kind == "number":
        if op == "between":
            return compared(GreaterThanOrEqual, value[0]) & compared(LessThanOrEqual, value[1])
        return compared(COMPARE[op], value)
    if kind == "date":
        first, last = day_range(op, value, now)
        condition = compared(GreaterThanOrEqual, first.isoformat() if first else "0")
        return condition & compared(LessThanOrEqual, last.isoformat()) if last else condition
    return _text_condition(have, op, value, is_indexed=is_indexed)


def _text_condition(have: Any, op: str, value: Any, *, is_indexed: bool = False) -> Q:
    folded = Folded(have)
    if op == "in":
        return sql_holds(folded, In, [fold(one) for one in value], is_indexed=is_indexed)
    if op == "is":
        return sql_holds(folded, Exact, fold(value), is_indexed=is_indexed)
    where = StrIndex(folded, Value(fold(value), output_field=CharField()))
    return sql_holds(where, Exact, 1) if op == "starts_with" else sql_holds(where, GreaterThan, 0)


def _moment_condition(name: str, op: str, value: Any, now: datetime) -> Q:
    if op == "is_set":
        return Q(**{f"{name}__isnull": False})
    first, last = moment_range(op, value, now)
    condition = Q(**{f"{name}__isnull": False})
    if first:
        condition &= Q(**{f"{name}__gte": first})
    return condition & Q(**{f"{name}__lt": last}) if last else condition


def moment_range(op: str, value: Any, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the moments [first, last) that an operator means; days are those of the site's zone."""
    if op == "in_last_days":
        return now - timedelta(days=value), now + timedelta(microseconds=1)
    if op == "in_next_days":
        return now, now + timedelta(days=value)
    first, last = day_range(op, value, now)
    return (midnight(first) if first else None, midnight(last + timedelta(days=1)) if last else None)


def day_range(op: str, value: Any, now: datetime) -> tuple[date | None, date | None]:
    """Return the days [first, last] that an operator means, either end open when None."""
    today = timezone.localdate(now, timezone.get_default_timezone())
    if op == "in_last_days":
        return today - timedelta(days=value), today
    if op == "in_next_days":
        return today, today + timedelta(days=value)
    if op == "in_period":
        return periods.days(value, today)
    if op == "between":
        return date.fromisoformat(value[0]), date.fromisoformat(value[1])
    day = date.fromisoformat(value)
    if op == "before":
        return None, day - timedelta(days=1)
    return (day + timedelta(days=1), None) if op == "after" else (day, day)


def midnight(day: date) -> datetime:
    """Return the moment at which the day begins in the site's zone."""
    return datetime.combine(day, time.min, timezone.get_default_timezone())


def holds(kind: str, have: Any, op: str, value: Any, now: datetime) -> bool:
    """Say the same as `column_condition` for a value in Python."""
    if op == "is_set":
        return have not in (None, "")
    if have is None:
        return False
    if kind == "date":
        first, last = moment_range(op, value, now)
        return not (first and have < first) and not (last and have >= last)
    if kind == "choice":
        return bool(have in value if op == "in" else have == value)
    return _text_holds(str(have), op, value)


def attribute_holds(kind: str, have: Any, op: str, value: Any, now: datetime) -> bool:
    """Say the same as `attribute_condition` for a value in Python."""
    have = _of_type(kind, have)
    if have is None:
        return False
    if op == "is_set":
        return bool(have != "")
    if kind == "list":
        return bool(value in have)
    if kind == "boolean":
        return bool(have == value)
    if kind == "number":
        return _number_holds(have, op, value)
    if kind == "date":
        first, last = day_range(op, value, now)
        return not (first and have < first.isoformat()) and not (last and have > last.isoformat())
    return _text_holds(have, op, value)


def _of_type(kind: str, have: Any) -> Any:
    """Return the value when it has the declared type, else None."""
    if kind == "number":
        return have if isinstance(have, int | float) and not isinstance(have, bool) else None
    wanted: dict[str, type] = {"boolean": bool, "list": list}
    fitting = isinstance(have, wanted.get(kind, str))
    if not fitting:
        return None
    return have[:10] if kind == "date" else have


def _number_holds(have: float, op: str, value: Any) -> bool:
    if op == "between":
        return bool(value[0] <= have <= value[1])
    return bool(NUMBERS[op](have, value))


def _text_holds(have: str, op: str, value: Any) -> bool:
    have = fold(have)
    if op == "in":
        return have in {fold(one) for one in value}
    wanted = fold(value)
    answers = {"is": have == wanted, "contains": wanted in have, "starts_with": have.startswith(wanted)}
    return answers[op]
