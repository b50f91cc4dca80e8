"""The catalogue of what people can be chosen by; upper floors lend theirs through settings.SEGMENT_FIELDS.

A field says in SQL which contacts a rule is true for (`condition`), and may say the same in Python (`test`; without
it the predicate asks SQL about that one contact). A field whose truth is only known for some people names them
(`observable`): for all others the answer is "not observable", which never satisfies a "did not".

    # campaigns/segment_fields.py, named in settings.SEGMENT_FIELDS
    FIELDS = [
        act("opened", _("opened a mail"), _("Mails"),
            lambda: Engagement.objects.filter(kind="open"), at="last_at", params={"campaign": "campaign_id"},
            observable=lambda leaf, now: Q(open_tracking_at__isnull=False)),
    ]

docs/how-to-add-a-segment-field.md walks through one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import AttributeType, Consent, Contact, ContactTag, Segment, Subscription, Tag, Topic
from contacts.segments import typed
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
class Field:
    """One thing people are chosen by: its name in rules, its label, its type (a key of ops.BY_TYPE) and its meaning."""

    key: str
    label: Text
    group: Text
    type: str
    condition: Condition
    test: Test | None = None
    observable: Condition | None = None
    choices: Callable[[], Iterable[tuple[Any, Text]]] | None = None
    params: dict[str, Any] = field(default_factory=dict)  # of an act, beside days and at_least

    @property
    def ops(self) -> tuple[str, ...]:
        return BY_TYPE[self.type]


def act(
    key: str,
    label: Text,
    group: Text,
    rows: Callable[[], QuerySet[Any]],
    *,
    contact: str = "contact_id",
    at: str = "at",
    params: dict[str, str] | None = None,
    types: dict[str, type] | None = None,
    observable: Condition | None = None,
) -> Field:
    """Return a field "did / did not", true for contacts with rows in a table.

    Reads:   rows() whose `contact` column is the contact; value {"days": 30} keeps those with `at` in the last 30
             days, {"at_least": 2} wants so many, each of `params` (name → lookup, "level" → "level__gte") filters on.
             `types` says which params are texts; the others are whole numbers.
    """
    lookups = params or {}

    def condition(leaf: Leaf, now: datetime) -> Q:
        value: dict[str, Any] = leaf.value or {}
        found = rows().filter(**{contact: OuterRef("pk")})
        if "days" in value:
            found = found.filter(**{f"{at}__gte": now - timedelta(days=value["days"]), f"{at}__lte": now})
        found = found.filter(**{lookups[name]: value[name] for name in lookups if name in value})
        if value.get("at_least", 1) > 1:
            found = found.order_by().values(contact).annotate(_n=Count("pk")).filter(_n__gte=value["at_least"])
        return Q(Exists(found))

    return Field(
        key, label, group, "act", condition, None, observable,
        params={name: (types or {}).get(name, int) for name in lookups},
    )  # fmt: skip


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
    name, type_ = declared.name, str(declared.type)
    return Field(
        f"attribute.{name}",
        declared.label,
        _("Attributes"),
        type_,
        lambda leaf, now: typed.attribute_condition(type_, name, leaf.op, leaf.value, now),
        lambda contact, leaf, now: typed.attribute_holds(type_, contact.attributes.get(name), leaf.op, leaf.value, now),
    )


def related(rows: QuerySet[Any]) -> Q:
    """Return the condition "has such rows"."""
    return Q(Exists(rows.filter(contact_id=OuterRef("pk"))))


def _tagged(leaf: Leaf, now: datetime) -> Q:
    return related(ContactTag.objects.filter(tag__name=leaf.value))


def _stands(leaf: Leaf, now: datetime) -> Q:
    return related(Subscription.objects.filter(topic__slug=leaf.value, state=leaf.op))


def _agreed(leaf: Leaf, now: datetime) -> Q:
    return ~Q(**{f"{leaf.value}_at__isnull": True})


def _names(model: type[Model], value: str, label: str) -> Callable[[], list[tuple[Any, Text]]]:
    return lambda: [(row[0], row[1]) for row in model._default_manager.values_list(value, label).order_by(label)[:500]]


def _standing_purposes() -> list[tuple[Any, Text]]:
    return [(p.value, p.label) for p in Consent.Purpose if p != Consent.Purpose.EMAIL]


def _inside(leaf: Leaf, now: datetime) -> Q:
    raise NotImplementedError("segments inside segments are expanded by contacts.segments.sql and .predicate")


_ACTS = _("Acts")
OWN: list[Field] = [
    column("email", _("e-mail"), "text"),
    column("first_name", _("first name"), "text"),
    column("last_name", _("last name"), "text"),
    column("language", _("language"), "choice", choices=lambda: settings.LANGUAGES),
    column("time_zone", _("time zone"), "text"),
    column("source", _("source"), "text"),
    column("created", _("date of entry"), "date", name="created_at"),
    Field("tag", _("tag"), _("Tags and topics"), "tag", _tagged, choices=_names(Tag, "name", "name")),
    Field("topic", _("topic"), _("Tags and topics"), "topic", _stands, choices=_names(Topic, "slug", "name")),
    Field("consent", _("consent"), _("Tags and topics"), "consent", _agreed, choices=_standing_purposes),
    Field("segment", _("segment"), _("Tags and topics"), "segment", _inside, choices=_names(Segment, "pk", "name")),
    column(
        "last_opened", _("last open"), "date", group=_ACTS, name="last_opened_at",
        observable=lambda leaf, now: Q(open_tracking_at__isnull=False),
    ),
    column(
        "last_clicked", _("last click"), "date", group=_ACTS, name="last_clicked_at",
        observable=lambda leaf, now: Q(click_tracking_at__isnull=False),
    ),
    column("last_shared", _("last share"), "date", group=_ACTS, name="last_shared_at"),
    column("last_redeemed", _("last redemption"), "date", group=_ACTS, name="last_redeemed_at"),
    column("last_ordered", _("last order"), "date", group=_ACTS, name="last_ordered_at"),
]  # fmt: skip


@cache
def _static() -> dict[str, Field]:
    lent = [one for module in settings.SEGMENT_FIELDS for one in import_module(module).FIELDS]
    return {one.key: one for one in [*OWN, *lent]}


def catalogue() -> dict[str, Field]:
    """Return every field by its key, the declared attributes among them. One query."""
    declared = [one for one in AttributeType.objects.all() if re.fullmatch(r"[A-Za-z0-9_-]{1,50}", one.name)]
    return _static() | {f"attribute.{one.name}": attribute(one) for one in declared}
