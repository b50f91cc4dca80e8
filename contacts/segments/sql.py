"""Rules as one SQL query over contacts: Exists subqueries, no joins that multiply rows, values as parameters only.

people({"all": [{"field": "language", "op": "is", "value": "fr"}]}).count()

The logic is three-valued (Kleene): every rule compiles to where it is *true* and where it is *false*; elsewhere it is
not observable. "not" swaps the two, so what is not known never satisfies a "did not".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact, Segment
from contacts.segments.fields import Field, Leaf, catalogue
from contacts.segments.rules import All, BadRule, Not, Rule, parse, parsed, segments_in

NEVER = Q(pk__in=[])
ALWAYS = ~Q(pk__in=[])


@dataclass(frozen=True)
class Where:
    """Where a rule is true and where it is false; neither means not observable."""

    true: Q
    false: Q


def people(tree: Any, *, now: datetime | None = None) -> QuerySet[Contact]:
    """Return the contacts for whom the rule (a tree or a parsed Rule) is true; merged ones are left out.

    Raises:  BadRule.
    """
    return everybody().filter(where(tree, now=now).true)


def everybody() -> QuerySet[Contact]:
    """Return all contacts that stand for a person."""
    return Contact.objects.filter(merged_into=None)


def where(tree: Any, *, now: datetime | None = None) -> Where:
    """Return the two conditions of the rule.

    Raises:  BadRule.
    """
    rule = parsed(tree)
    return _Compiler(now or timezone.now()).compile(rule)


class _Compiler:
    def __init__(self, now: datetime, fields: dict[str, Field] | None = None, inside: tuple[int, ...] = ()) -> None:
        self.now, self.fields, self.inside = now, fields if fields is not None else catalogue(), inside

    def compile(self, rule: Rule) -> Where:
        if isinstance(rule, Leaf):
            return self.leaf(rule)
        if isinstance(rule, Not):
            part = self.compile(rule.part)
            return Where(part.false, part.true)
        parts = [self.compile(part) for part in rule.parts]
        if isinstance(rule, All):
            return Where(_all([p.true for p in parts]), _any([p.false for p in parts]))
        return Where(_any([p.true for p in parts]), _all([p.false for p in parts]))

    def leaf(self, leaf: Leaf) -> Where:
        field = self.fields[leaf.field]
        if field.condition is None:
            return self.segment(leaf.value)
        true = field.condition(leaf, self.now)
        if field.observable is None:
            return Where(true, ~true)
        known = field.observable(leaf, self.now)
        if leaf.unknown is False:
            return Where(true, ~true)
        return Where(true | ~known, ~true & known) if leaf.unknown else Where(true, ~true & known)

    def segment(self, pk: int) -> Where:
        rules = rules_of(pk, self.inside)
        return _Compiler(self.now, self.fields, (*self.inside, pk)).compile(parse(rules, self.fields))


def rules_of(pk: int, inside: Sequence[int] = ()) -> Any:
    """Return the rules of a segment that is asked about from within others.

    Raises:  BadRule when it is gone or asks about itself.
    """
    if pk in inside:
        raise BadRule(
            "segment", _("Segment %(id)s asks about itself.") % {"id": pk}, _("Take one of the segments out.")
        )
    rules = Segment.objects.filter(pk=pk).values_list("rules", flat=True).first()
    if rules is None:
        raise BadRule("segment", _("There is no segment %(id)s.") % {"id": pk}, _("Choose one from the list."))
    return rules


def check_cycles(tree: Any, own_id: int | None) -> None:
    """Make sure that the rules, saved as segment `own_id`, never come back to it.

    Raises:  BadRule.
    """
    _walk(parsed(tree), (own_id,) if own_id else ())


def _walk(rule: Rule, inside: tuple[int, ...]) -> None:
    for pk in sorted(segments_in(rule)):
        _walk(parse(rules_of(pk, inside)), (*inside, pk))


def _joined(parts: Sequence[Q], by: Callable[[Q, Q], Q], empty: Q) -> Q:
    return reduce(by, parts) if parts else empty


def _all(parts: Sequence[Q]) -> Q:
    return _joined(parts, and_, ALWAYS)


def _any(parts: Sequence[Q]) -> Q:
    return _joined(parts, or_, NEVER)
