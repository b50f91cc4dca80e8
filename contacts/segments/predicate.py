"""The same rules for one contact: is she in, and why.

matches(segment.rules, ann)            # → True
why(segment.rules, ann).parts[1]       # → Verdict("leaf", "opened a mail in the last 30 days", None)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from contacts.models import Contact
from contacts.segments import sql
from contacts.segments.fields import Field, Leaf, catalogue
from contacts.segments.rules import All, Not, Rule, describe, leaves, parse, parsed, phrase


def matches(tree: Any, contact: Contact, *, now: datetime | None = None) -> bool:
    """Say whether the rule is true for this contact.

    Raises:  BadRule.
    """
    return contact.merged_into_id is None and value(tree, contact, now=now) is True


def value(tree: Any, contact: Contact, *, now: datetime | None = None) -> bool | None:
    """Return True, False, or None where it is not observable.

    Raises:  BadRule.
    """
    rule = parsed(tree)
    return _Judge(contact, now or timezone.now(), catalogue()).value(rule)


@dataclass(frozen=True)
class Verdict:
    """One rule's answer for a contact: its kind ("leaf", "all", "any", "not"), its words, and the rules inside."""

    kind: str
    words: str
    answer: bool | None
    parts: tuple[Verdict, ...] = ()


def why(tree: Any, contact: Contact, *, now: datetime | None = None) -> Verdict:
    """Return the rule's answer for this contact with the answer of every rule inside it: why she is in it or not.

    Raises:  BadRule.
    """
    rule = parsed(tree)
    return _Judge(contact, now or timezone.now(), catalogue()).verdict(rule)


def explain(tree: Any, contact: Contact, language: str | None = None) -> list[tuple[str, bool | None]]:
    """Return every comparison of the rule in words with its answer for this contact."""
    rule, judge = parse(tree), _Judge(contact, timezone.now(), catalogue())
    return [(describe(leaf, language), judge.value(leaf)) for leaf in leaves(rule)]


class _Judge:
    def __init__(self, contact: Contact, now: datetime, fields: dict[str, Field], inside: tuple[int, ...] = ()) -> None:
        self.contact, self.now, self.fields, self.inside = contact, now, fields, inside

    def value(self, rule: Rule) -> bool | None:
        if isinstance(rule, Leaf):
            return self.leaf(rule)
        if isinstance(rule, Not):
            part = self.value(rule.part)
            return None if part is None else not part
        values = {self.value(part) for part in rule.parts}
        decisive = not isinstance(rule, All)  # one False settles an "all", one True an "any"
        if decisive in values:
            return decisive
        return None if None in values else not decisive

    def verdict(self, rule: Rule) -> Verdict:
        answer = self.value(rule)
        if isinstance(rule, Leaf):
            return Verdict("leaf", phrase(rule), answer, self.behind(rule))
        if isinstance(rule, Not):
            if isinstance(rule.part, Leaf):  # “is not” reads as one rule
                return Verdict("leaf", phrase(rule), answer, self.behind(rule.part))
            return Verdict("not", "", answer, (self.verdict(rule.part),))
        return Verdict("all" if isinstance(rule, All) else "any", "", answer, tuple(map(self.verdict, rule.parts)))

    def behind(self, leaf: Leaf) -> tuple[Verdict, ...]:
        """Return the rules of the segment that a leaf asks about."""
        if self.fields[leaf.field].condition is not None:
            return ()
        judge, rule = self.nested(leaf)
        return (judge.verdict(rule),)

    def nested(self, leaf: Leaf) -> tuple[_Judge, Rule]:
        """Return who judges the segment that a leaf asks about, and its rules."""
        rule = parse(sql.rules_of(leaf.value, self.inside), self.fields)
        return _Judge(self.contact, self.now, self.fields, (*self.inside, leaf.value)), rule

    def leaf(self, leaf: Leaf) -> bool | None:
        field = self.fields[leaf.field]
        if field.condition is None:
            judge, rule = self.nested(leaf)
            return judge.value(rule)
        is_so = field.test(self.contact, leaf, self.now) if field.test else self.asked(field.condition(leaf, self.now))
        if is_so:
            return True
        if field.observable is None or self.asked(field.observable(leaf, self.now)):
            return False
        return leaf.unknown

    def asked(self, condition: Any) -> bool:
        return Contact.objects.filter(pk=self.contact.pk).filter(condition).exists()
