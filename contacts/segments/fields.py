"""The catalogue of what people can be chosen by; upper floors lend theirs through settings.SEGMENT_FIELDS.

A field says in SQL which contacts a rule is true for (`condition`), and may say the same in Python (`test`; without
it the predicate asks SQL about that one contact). A field whose truth is only known for some people names them
(`observable`): for all others the answer is "not observable", which never satisfies a "did not".

    # campaigns/segment_fields.py, named in settings.SEGMENT_FIELDS
    FIELDS = [
        act("opened", _("opened a mail"), _("Mails"),
            lambda: Engagement.objects.filter(kind="open"), at="last_at",
            params=[Param("campaign", _("campaign"), "campaign_id", known=CAMPAIGNS)],
            observable=lambda leaf, now: Q(open_tracking_at__isnull=False)),
    ]

The catalogue is made of what the code says and of the declared attributes: it never reads contacts.
docs/how-to-add-a-segment-field.md walks through one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import AttributeType, Contact
from contacts.segments import typed
from contacts.segments.known import Known
from contacts.segments.ops import BY_TYPE

Text = str | Promise


@dataclass(frozen=True)
class Leaf:
    """One checked comparison of a rule tree. `unknown`: what people count as of whom nothing is known."""

    field: str
    op: str
    value: Any = None
    unknown: bool | None = None


Condition = Callable[[Leaf, datetime], Q]
Test = Callable[[Contact, Leaf, datetime], bool]


@dataclass(frozen=True)
class Param:
    """A condition of an act beside its time and its number: name, label, the lookup it filters by, what it may be.

    `inside`: it is about a part of the row (a line of an order). `aggregate`: the rows together must reach the value.
    """

    name: str
    label: Text
    lookup: str = ""
    type: type = int
    known: Known | None = None
    inside: bool = False
    aggregate: Any = None
    is_money: bool = False


@dataclass(frozen=True)
class Field:
    """One thing people are chosen by: its name in rules, its label, its type (a key of ops.BY_TYPE) and its meaning.

    Without a `condition` it stands for other rules, those of a segment, which `sql` and `predicate` put in its place.
    """

    key: str
    label: Text
    group: Text
    type: str
    condition: Condition | None
    test: Test | None = None
    observable: Condition | None = None
    known: Known | None = None
    params: dict[str, Param] = field(default_factory=dict)  # of an act

    @property
    def ops(self) -> tuple[str, ...]:
        return BY_TYPE[self.type]


def column(key: str, label: Text, type_: str, *, group: Text = "", name: str = "", **more: Any) -> Field:
    """Return a field over a column of Contact."""
    name = name or key
    return Field(
        key,
        label,
        group or _("Person"),
        type_,
        lambda leaf, now: typed.column_condition(type_, name, leaf.op, leaf.value, now),
        lambda contact, leaf, now: typed.holds(type_, getattr(contact, name), leaf.op, leaf.value, now),
        **more,
    )


def attribute(declared: AttributeType) -> Field:
    """Return the field of one declared attribute."""
    name, type_, is_indexed = declared.name, str(declared.type), declared.is_filterable
    return Field(
        f"attribute.{name}",
        declared.label,
        _("Attributes"),
        type_,
        lambda leaf, now: typed.attribute_condition(type_, name, leaf.op, leaf.value, now, is_indexed=is_indexed),
        lambda contact, leaf, now: typed.attribute_holds(type_, contact.attributes.get(name), leaf.op, leaf.value, now),
    )


def related(rows: QuerySet[Any]) -> Q:
    """Return the condition "has such rows"."""
    return Q(Exists(rows.filter(contact_id=OuterRef("pk"))))


@cache
def _static() -> dict[str, Field]:
    """Return what the code says; a later module may say more of the same field."""
    modules = ["contacts.segments.own", *settings.SEGMENT_FIELDS]
    return {one.key: one for module in modules for one in import_module(module).FIELDS}


def catalogue() -> dict[str, Field]:
    """Return every field by its key, the declared attributes among them. One query."""
    declared = [one for one in AttributeType.objects.all() if re.fullmatch(r"[A-Za-z0-9_-]{1,50}", one.name)]
    return _static() | {f"attribute.{one.name}": attribute(one) for one in declared}
