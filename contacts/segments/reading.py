"""What people type into a rule's inputs, as the values that rules keep: "12,5" → 12.5, "1 200,00 €" → 120000.

value_of(Row("net_spend_minor", "gte", {"value": ["120"]}))     # → 12000

What cannot be read stays text, so that the check of the rules says at its place what is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from babel.numbers import get_currency_precision
from django.conf import settings

from contacts.money import read_money
from contacts.segments.fields import Field, Param, catalogue
from contacts.segments.ops import OPS

if TYPE_CHECKING:
    from contacts.segments.draft import Row

WHOLE = ("days", "at_least", "at_most")


def value_of(row: Row) -> Any:
    """Return the value of a row for the tree, None when its operator wants none or nothing is typed."""
    field, op = catalogue().get(row.field), OPS.get(row.op)
    if field is None or op is None or op.wants == "":
        return None
    if op.wants == "act":
        return _act(row.given, field)
    texts = [text.strip() for text in row.given.get("value", []) if text.strip()]
    if op.wants == "values":
        lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
        return [_one(field.type, line) for line in lines] or None
    if op.wants == "pair":
        second = [text.strip() for text in row.given.get("value2", []) if text.strip()]
        pair = [_one(field.type, text) for text in [*texts, *second][:2]]
        return pair or None
    if not texts:
        return None
    return whole(texts[0]) if op.wants == "days" else texts[0] if op.wants == "period" else _one(field.type, texts[0])


def _act(given: dict[str, list[str]], field: Field) -> dict[str, Any]:
    one = {name: (texts[-1].strip() if texts else "") for name, texts in given.items()}
    when = one.get("when", "")
    wanted = {"days": ("days",), "period": ("period",), "between": ("from", "until")}.get(when, ())
    found: dict[str, Any] = {}
    for name in (*wanted, "at_least", "at_most"):
        if one.get(name):
            found[name] = whole(one[name]) if name in WHOLE else one[name]
    for name, param in field.params.items():
        if one.get(name):
            found[name] = _param(param, one[name])
    if found.get("at_least") == 1:
        del found["at_least"]
    if when and not any(name in found for name in wanted):
        found[wanted[0] if wanted else "days"] = ""  # a stretch of time was chosen, and none is said
    return found


def _param(param: Param, text: str) -> Any:
    if param.is_money:
        return _money(text)
    return text if param.type is str else whole(text)


def _one(kind: str, text: str) -> Any:
    readers: dict[str, Callable[[str], Any]] = {
        "number": _number,
        "count": whole,
        "segment": whole,
        "money": _money,
        "boolean": lambda said: {"yes": True, "no": False}.get(said, said),
    }
    return readers.get(kind, str)(text)


def whole(text: str) -> int | str:
    """Return a whole number, or the text where it is none."""
    cleaned = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    return int(cleaned) if cleaned.removeprefix("-").isascii() and cleaned.removeprefix("-").isdecimal() else text


def _number(text: str) -> float | int | str:
    found = whole(text)
    if isinstance(found, int):
        return found
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _money(text: str) -> int | str:
    try:
        return read_money(text, settings.BASE_CURRENCY)
    except ValueError:
        return text


def money_typed(amount_minor: str) -> str:
    """Return an amount of minor units as people type it: "12000" → "120.00"; what is no number stays as it is."""
    found = whole(amount_minor)
    if not isinstance(found, int):
        return amount_minor
    precision = get_currency_precision(settings.BASE_CURRENCY)
    return f"{found / 10**precision:.{precision}f}"
