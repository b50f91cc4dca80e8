"""A draft of rules as the page shows it: each row with its operators and the inputs that its value wants.

outline(draft).parts[0].inputs      # [Input(kind="select", name="r-0:value", label="language", options=[…])]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.segments import periods
from contacts.segments.draft import Group, Row
from contacts.segments.fields import Field, Param, Text, catalogue
from contacts.segments.known import Known
from contacts.segments.ops import OPS
from contacts.segments.reading import whole

Options = list[tuple[Any, Text]]


@dataclass(frozen=True)
class Input:
    """One input of a rule: its kind chooses the template's branch; `options` of a list, `url` of a searched one."""

    kind: str  # text, number, date, money, select, checks, lines, pick
    name: str
    label: Text
    value: str = ""
    values: list[str] = field(default_factory=list)
    options: Options = field(default_factory=list)
    shown: str = ""  # the label of what a searched list has chosen
    url: str = ""
    suffix: Text = ""
    rebuilds: bool = False  # choosing changes which inputs there are


@dataclass(frozen=True)
class RowShown:
    """One rule of the page."""

    id: str
    field: str
    label: Text
    op: str
    ops: Options
    inputs: list[Input]
    unknown: bool
    may_be_unknown: bool
    error: str
    is_first: bool
    is_last: bool
    is_group: bool = False


@dataclass(frozen=True)
class GroupShown:
    """One group of the page, with its rows."""

    id: str
    mode: str
    modes: Options
    parts: list[RowShown | GroupShown]
    is_first: bool
    is_last: bool
    depth: int
    is_group: bool = True


def outline(draft: Group, errors: dict[str, str] | None = None) -> GroupShown:
    """Return the draft as the page shows it; `errors` by the id of the row."""
    return _group(draft, "r", 0, (True, True), _Shown(catalogue(), errors or {}))


@dataclass(frozen=True)
class _Shown:
    fields: dict[str, Field]
    errors: dict[str, str]


def _group(group: Group, at: str, depth: int, ends: tuple[bool, bool], shown: _Shown) -> GroupShown:
    parts: list[RowShown | GroupShown] = []
    for n, part in enumerate(group.parts):
        place = n == 0, n == len(group.parts) - 1
        if isinstance(part, Group):
            parts.append(_group(part, f"{at}-{n}", depth + 1, place, shown))
        else:
            parts.append(_row(part, f"{at}-{n}", place, shown))
    return GroupShown(at, group.mode, _modes(), parts, *ends, depth)


def _modes() -> Options:
    return [
        ("all", _("all of these")),
        ("any", _("at least one of these")),
        ("none", _("none of these")),
        ("not_all", _("not all of these")),
    ]


def _row(row: Row, at: str, ends: tuple[bool, bool], shown: _Shown) -> RowShown:
    found = shown.fields.get(row.field)
    ops: Options = [(op, OPS[op].label) for op in found.ops] if found else []
    op = row.op if any(row.op == key for key, _label in ops) else (ops[0][0] if ops else "")
    inputs = _inputs(at, found, op, row) if found else []
    observable = found is not None and found.observable is not None
    label = f"{found.label}" if found else row.field
    error = shown.errors.get(at, "")
    return RowShown(at, row.field, label, op, ops, inputs, row.unknown, observable, error, *ends)


def _inputs(at: str, found: Field, op: str, row: Row) -> list[Input]:
    wants = OPS[op].wants
    if wants == "act":
        return _act_inputs(at, found, row)
    given = [text for text in [*row.given.get("value", []), *row.given.get("value2", [])] if text]
    first = given[0] if given else ""
    label, name = found.label, f"{at}:value"
    if wants == "":
        return []
    if wants == "days":
        return [Input("number", name, _("days"), first)]
    if wants == "period":
        return [Input("select", name, _("period"), first, options=_periods())]
    if wants == "pair":
        second = given[1] if len(given) > 1 else ""
        kind = _kind(found.type)
        return [Input(kind, name, _("from"), first), Input(kind, f"{at}:value2", _("to"), second, suffix=_unit(found))]
    if wants == "values" and found.known is not None and found.known.is_short:
        return [Input("checks", name, label, values=given, options=found.known.find(""))]
    if wants == "values":
        return [Input("lines", name, label, "\n".join(given))]
    if found.known is not None:
        return [_chosen(name, label, first, found.known, found.key)]
    if found.type == "boolean":
        return [Input("select", name, label, first, options=[("yes", _("yes")), ("no", _("no"))])]
    return [Input(_kind(found.type), name, label, first, suffix=_unit(found))]


def _kind(type_: str) -> str:
    return {"number": "decimal", "count": "number", "money": "money", "date": "date"}.get(type_, "text")


def _unit(found: Field) -> str:
    return settings.BASE_CURRENCY if found.type == "money" else ""


def _chosen(name: str, label: Text, value: str, known: Known, of: str) -> Input:
    """Return the input for a list of values: whole when it is short, else searched as one types."""
    if known.is_short:
        return Input("select", name, label, value, options=[("", _("choose")), *known.find("")])
    shown = known.label(whole(value) if value.isdecimal() else value) if value else ""
    return Input("pick", name, label, value, shown=shown or "", url=_suggest(of))


def _suggest(of: str) -> str:
    return f"{reverse('admin:contacts_segment_suggest')}?of={of}"


def _act_inputs(at: str, found: Field, row: Row) -> list[Input]:
    def given(name: str) -> str:
        return (row.given.get(name) or [""])[-1]

    inputs = [_param(at, found, param, given(param.name)) for param in found.params.values()]
    when: Options = [("", _("at any time")), ("days", _("in the last … days")), ("period", _("in a named period"))]
    when += [("between", _("between two days"))]
    inputs.append(Input("select", f"{at}:when", _("when"), given("when"), options=when, rebuilds=True))
    if given("when") == "days":
        inputs.append(Input("number", f"{at}:days", _("days"), given("days")))
    if given("when") == "period":
        inputs.append(Input("select", f"{at}:period", _("period"), given("period"), options=_periods()))
    if given("when") == "between":
        inputs.append(Input("date", f"{at}:from", _("from"), given("from")))
        inputs.append(Input("date", f"{at}:until", _("to"), given("until")))
    inputs.append(Input("number", f"{at}:at_least", _("at least"), given("at_least") or "1", suffix=_("times")))
    inputs.append(Input("number", f"{at}:at_most", _("at most"), given("at_most"), suffix=_("times")))
    return inputs


def _param(at: str, found: Field, param: Param, value: str) -> Input:
    name = f"{at}:{param.name}"
    if param.is_money:
        return Input("money", name, param.label, value, suffix=settings.BASE_CURRENCY)
    if param.known is None:
        return Input("text" if param.type is str else "number", name, param.label, value)
    if param.known.is_short:
        return Input("select", name, param.label, value, options=[("", _("any")), *param.known.find("")])
    shown = param.known.label(whole(value) if param.type is int else value) if value else ""
    return Input("pick", name, param.label, value, shown=shown or "", url=_suggest(f"{found.key}.{param.name}"))


def _periods() -> Options:
    today = timezone.localdate(None, timezone.get_default_timezone())
    found: Options = []
    for key, label in periods.LABELS.items():
        first, last = (date_format(day, "SHORT_DATE_FORMAT") for day in periods.days(key, today))
        found.append((key, f"{label} ({first} – {last})"))
    return found
