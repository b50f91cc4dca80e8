"""Ready-made segments that a marketer starts from: each is a name, what it means, and rules like any others.

find("asleep").rules     # {"field": "engagement", "op": "is", "value": "asleep"}

Upper floors lend theirs as `READY_MADE` beside `FIELDS`, in the modules of settings.SEGMENT_FIELDS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from contacts.segments.fields import Text


@dataclass(frozen=True)
class Starter:
    """One ready-made segment."""

    key: str
    group: Text
    name: Text
    meaning: Text
    rules: dict[str, Any]


def rule(field: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """Return one comparison of a tree."""
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


PEOPLE = _("People")
READY_MADE = [
    Starter(
        "everybody",
        PEOPLE,
        _("Everybody"),
        _("Every person we know; who may be written to is asked later."),
        {"all": []},
    ),
    Starter(
        "new",
        PEOPLE,
        _("New people"),
        _("Came to us in the last 30 days."),
        {"all": [rule("created", "in_last_days", 30)]},
    ),
    Starter(
        "measured",
        PEOPLE,
        _("Agreed to be measured"),
        _("Of these we may know what they open and follow."),
        {"all": [rule("consent", "given", "open_tracking"), rule("consent", "given", "click_tracking")]},
    ),
]


@cache
def all_starters() -> tuple[Starter, ...]:
    """Return every ready-made segment, this floor's first."""
    lent = [one for name in settings.SEGMENT_FIELDS for one in getattr(import_module(name), "READY_MADE", [])]
    return (*READY_MADE, *lent)


def find(key: str) -> Starter | None:
    """Return the ready-made segment of this key, None when there is none."""
    return next((one for one in all_starters() if one.key == key), None)


def by_group() -> list[tuple[str, list[Starter]]]:
    """Return the ready-made segments by group, in order."""
    groups: dict[str, list[Starter]] = {}
    for one in all_starters():
        groups.setdefault(str(one.group), []).append(one)
    return list(groups.items())
