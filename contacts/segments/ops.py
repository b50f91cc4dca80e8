"""Operators of segment rules: what each compares, which value it wants, how it reads in a sentence.

OPS["in_last_days"].phrase    # → "%(field)s was in the last %(value)s days"
check("number", "gte", "abc") # raises BadValue("…", "…")
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from contacts.segments import periods

if TYPE_CHECKING:
    from contacts.segments.fields import Param

MAX_TEXT = 300  # characters of a value
MAX_DAYS = 36_525  # a hundred years


@dataclass(frozen=True)
class Op:
    """One operator: the kind of value it wants and its phrase; `negates` names the operator it is the opposite of."""

    key: str
    label: str | Promise
    wants: str  # "value" (of the field's type), "values", "pair", "days", "period", "act" or "" for none
    phrase: str | Promise
    negates: str = ""


def _table(*ops: Op) -> dict[str, Op]:
    return {op.key: op for op in ops}


OPS: dict[str, Op] = _table(
    Op("is", lazy("is"), "value", lazy("%(field)s is %(value)s")),
    Op("is_not", lazy("is not"), "value", lazy("%(field)s is not %(value)s"), "is"),
    Op("in", lazy("is one of"), "values", lazy("%(field)s is one of %(value)s")),
    Op("not_in", lazy("is none of"), "values", lazy("%(field)s is none of %(value)s"), "in"),
    Op("contains", lazy("contains"), "value", lazy("%(field)s contains %(value)s")),
    Op("contains_not", lazy("does not contain"), "value", lazy("%(field)s does not contain %(value)s"), "contains"),
    Op("starts_with", lazy("starts with"), "value", lazy("%(field)s starts with %(value)s")),
    Op("is_empty", lazy("is not known"), "", lazy("%(field)s is not known"), "is_set"),
    Op("is_set", lazy("is known"), "", lazy("%(field)s is known")),
    Op("gt", lazy("is more than"), "value", lazy("%(field)s is more than %(value)s")),
    Op("gte", lazy("is at least"), "value", lazy("%(field)s is at least %(value)s")),
    Op("lt", lazy("is less than"), "value", lazy("%(field)s is less than %(value)s")),
    Op("lte", lazy("is at most"), "value", lazy("%(field)s is at most %(value)s")),
    Op("between", lazy("is between"), "pair", lazy("%(field)s is between %(value)s")),
    Op("before", lazy("before"), "value", lazy("%(field)s was before %(value)s")),
    Op("after", lazy("after"), "value", lazy("%(field)s was after %(value)s")),
    Op("on", lazy("on"), "value", lazy("%(field)s was on %(value)s")),
    Op("in_last_days", lazy("in the last … days"), "days", lazy("%(field)s was in the last %(value)s days")),
    Op(
        "not_in_last_days",
        lazy("not in the last … days"),
        "days",
        lazy("%(field)s was not in the last %(value)s days"),
        "in_last_days",
    ),
    Op("in_period", lazy("in a named period"), "period", lazy("%(field)s was %(value)s")),
    Op("not_in_period", lazy("not in a named period"), "period", lazy("%(field)s was not %(value)s"), "in_period"),
    Op("in_next_days", lazy("in the next … days"), "days", lazy("%(field)s is in the next %(value)s days")),
    Op("has", lazy("has"), "value", lazy("%(field)s has %(value)s")),
    Op("has_not", lazy("has not"), "value", lazy("%(field)s has not %(value)s"), "has"),
    Op("subscribed", lazy("subscribed to"), "value", lazy("subscribed to %(value)s")),
    Op("not_subscribed", lazy("not subscribed to"), "value", lazy("not subscribed to %(value)s"), "subscribed"),
    Op("unsubscribed", lazy("left"), "value", lazy("left %(value)s")),
    Op("pending", lazy("has yet to confirm"), "value", lazy("has yet to confirm %(value)s")),
    Op("given", lazy("agreed to"), "value", lazy("agreed to: %(value)s")),
    Op("not_given", lazy("did not agree to"), "value", lazy("did not agree to: %(value)s"), "given"),
    Op("within", lazy("is in"), "value", lazy("is in the segment %(value)s")),
    Op("not_within", lazy("is not in"), "value", lazy("is not in the segment %(value)s"), "within"),
    Op("did", lazy("yes"), "act", lazy("%(field)s%(value)s")),
    Op("did_not", lazy("no"), "act", lazy("not: %(field)s%(value)s"), "did"),
)

BY_TYPE: dict[str, tuple[str, ...]] = {
    "text": (
        "is", "is_not", "in", "not_in", "contains", "contains_not", "starts_with", "is_empty", "is_set",
    ),
    "choice": ("is", "is_not", "in", "not_in", "is_empty", "is_set"),
    "number": ("is", "is_not", "gt", "gte", "lt", "lte", "between", "is_empty", "is_set"),
    "date": (
        "before", "after", "on", "between", "in_last_days", "not_in_last_days", "in_next_days", "in_period",
        "not_in_period", "is_empty", "is_set",
    ),
    "count": ("gte", "lte", "is", "is_not", "gt", "lt", "between"),
    "money": ("gte", "lte", "is", "is_not", "gt", "lt", "between"),
    "boolean": ("is", "is_empty", "is_set"),
    "list": ("has", "has_not", "is_empty", "is_set"),
    "tag": ("has", "has_not"),
    "topic": ("subscribed", "not_subscribed", "unsubscribed", "pending"),
    "consent": ("given", "not_given"),
    "segment": ("within", "not_within"),
    "act": ("did", "did_not"),
}  # fmt: skip


class BadValue(ValueError):
    """A rule's value does not fit its field; `remedy` says what would."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


def check(kind: str, op: Op, value: Any, params: dict[str, Param] | None = None) -> Any:
    """Return the value as rules keep it: dates as ISO text, lists without doubles.

    Raises:  BadValue.
    """
    if op.wants == "":
        return None
    if op.wants == "days":
        return _days(value)
    if op.wants == "period":
        return _period(value)
    if op.wants == "act":
        return _act({} if value is None else value, params or {})
    if op.wants in ("values", "pair"):
        return _several(kind, op, value)
    return _one(kind, value)


def _several(kind: str, op: Op, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value or len(value) > 200:
        raise BadValue(_("A list of values is wanted."), _('Write 1 to 200 values: ["Lyon", "Lille"].'))
    found = [_one(kind, item) for item in value]
    if op.wants == "pair" and (len(found) != 2 or found[0] > found[1]):
        raise BadValue(_("Two values are wanted, the smaller first."), _("Write them like [10, 20]."))
    return found if op.wants == "pair" else list(dict.fromkeys(found))


def _one(kind: str, value: Any) -> Any:
    checker = {
        "number": _number, "date": _date, "boolean": _boolean, "segment": _id, "count": _whole, "money": _whole,
    }.get(kind, _text)  # fmt: skip
    return checker(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or "\x00" in value:
        raise BadValue(_("A text of 1 to 300 characters is wanted."), _("Write the value between quotation marks."))
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadValue(_("The text holds half of a character."), _("Type the value again.")) from None
    return value


def _number(value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e15:
        raise BadValue(_("A number is wanted."), _("Write digits without quotation marks: 12 or 12.5."))
    return value


def _date(value: Any) -> str:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = date.min
    if not 1800 <= day.year <= 2300:
        raise BadValue(_("A date is wanted."), _('Write it as year-month-day: "2026-05-01".'))
    return day.isoformat()


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue(_("Yes or no is wanted."), _("Write true or false, without quotation marks."))
    return value


def _id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise BadValue(_("A number from the list is wanted."), _("Choose one from the list."))
    return value


def _days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_DAYS:
        raise BadValue(_("A number of days is wanted."), _("Write a whole number from 1 to 36525."))
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**15:
        raise BadValue(_("A whole number is wanted."), _("Write digits without point; amounts in cents."))
    return value


def _period(value: Any) -> str:
    if not isinstance(value, str) or value not in periods.LABELS:
        raise BadValue(
            _("The name of a period is wanted."), _("Use one of: %(ops)s.") % {"ops": ", ".join(periods.LABELS)}
        )
    return value


def _times(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 10**6:
        raise BadValue(_("A number of times is wanted."), _("Write a whole number from 1 to 1000000."))
    return value


WHEN: dict[str, Callable[[Any], Any]] = {"days": _days, "period": _period, "from": _date, "until": _date}
TIMES: dict[str, Callable[[Any], Any]] = {"at_least": _times, "at_most": _times}


def _act(value: Any, params: dict[str, Param]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadValue(_("Conditions of the act are wanted."), _('Write them like {"days": 30}, or {} for none.'))
    checked: dict[str, Any] = {}
    for name, given in value.items():
        checker = WHEN.get(name) or TIMES.get(name) or _of_param(params.get(name) if isinstance(name, str) else None)
        if checker is None:
            raise BadValue(
                _("“%(name)s” is not known here.") % {"name": str(name)[:40]},
                _("Known are: %(names)s.") % {"names": ", ".join([*WHEN, *TIMES, *params])},
            )
        checked[name] = _named(name, checker, given)
    _check_together(checked)
    return checked


def _named(name: str, checker: Callable[[Any], Any], given: Any) -> Any:
    """Check one condition; what is wrong is said with its name."""
    try:
        return checker(given)
    except BadValue as why:
        raise BadValue(f"{name}: {why.message}", why.remedy) from None


def _of_param(param: Param | None) -> Callable[[Any], Any] | None:
    if param is None:
        return None
    if param.type is str:
        return _text
    if param.aggregate is not None or (param.known and param.known.is_short):
        return _whole
    return _id


def _check_together(value: dict[str, Any]) -> None:
    """Refuse two stretches of time in one rule, and ends that are the wrong way round."""
    if sum(("days" in value, "period" in value, "from" in value or "until" in value)) > 1:
        raise BadValue(_("Two stretches of time are given."), _("Keep one of days, period, or from and until."))
    if value.get("from", "0") > value.get("until", "9"):
        raise BadValue(_("The stretch of time ends before it begins."), _("Write the earlier day in “from”."))
    if value.get("at_most", 10**9) < value.get("at_least", 1):
        raise BadValue(_("“At most” is less than “at least”."), _("Write the smaller number in “at least”."))
