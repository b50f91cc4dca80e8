"""How many people a segment holds, how many it does not, and of how many nothing is known.

count(segment.rules)               # → Count(yes=50, no=0, not_observable=950)
preview(rule, within=0.8)          # the same in 0.8 s at most, by a sample of people where a count takes longer
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import Max, Min

from contacts.models import Contact
from contacts.segments import limit, sql
from contacts.segments.fields import catalogue
from contacts.segments.rules import Rule, leaves, parse, parsed

DRAWN = 5_000  # ids that an estimate looks at
WINDOWS = (5_000, 100_000)  # newest ids among which people to show are looked for, before all


@dataclass(frozen=True)
class Count:
    """People by the answer of a rule; the three add up to everybody. `margin`: of an estimate, at 95 %, on `yes`."""

    yes: int
    no: int
    not_observable: int
    margin: int | None = None

    @property
    def everybody(self) -> int:
        return self.yes + self.no + self.not_observable


@dataclass(frozen=True)
class Preview:
    """What a page shows at once of rules: the count (None when even an estimate took too long) and some people."""

    count: Count | None
    sample: list[Contact]


def count(tree: Any) -> Count:
    """Count everybody by the rule's answer.

    Raises:  BadRule.
    """
    rule = parsed(tree)
    where = sql.where(rule)
    everybody = sql.everybody().count()
    yes = sql.everybody().filter(where.true).count()
    # Where everything can be known, whoever is not in it is out: the second and dearer question is saved.
    no = sql.everybody().filter(where.false).count() if may_be_unknown(rule) else everybody - yes
    return Count(yes, no, everybody - yes - no)


def may_be_unknown(rule: Rule) -> bool:
    """Say whether some field of the rule, or of a segment it asks about, is not observable for everybody."""
    fields = catalogue()
    for leaf in leaves(rule):
        if fields[leaf.field].observable is not None and leaf.unknown is None:
            return True
        if leaf.field == "segment" and may_be_unknown(parse(sql.rules_of(leaf.value))):
            return True
    return False


def preview(tree: Any, *, within: float = 0.8, people: int = 10) -> Preview:
    """Return count and sample in about `within` seconds, however many contacts there are.

    Raises:  BadRule.
    """
    until = time.monotonic() + within
    rule = parsed(tree)
    found: Count | None = None
    try:
        with limit.seconds(within * 0.5):
            found = count(rule)
    except limit.TooLong:
        found = _estimate_within(rule, within * 0.4)
    is_empty = found is not None and found.margin is None and not found.yes
    return Preview(found, sample(rule, people, until=until) if people and not is_empty else [])


def _estimate_within(rule: Rule, most: float) -> Count | None:
    try:
        with limit.seconds(most):
            return estimate(rule)
    except limit.TooLong:
        return None


def estimate(rule: Rule) -> Count:
    """Count among 5,000 ids drawn at random, and scale up."""
    ends = Contact.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return Count(0, 0, 0, 0)
    ids = range(ends["first"], ends["last"] + 1)
    drawn = random.sample(ids, DRAWN) if len(ids) > DRAWN else list(ids)
    where, among = sql.where(rule), sql.everybody().filter(pk__in=drawn)
    asked = {"all": CountOf("pk"), "yes": CountOf("pk", filter=where.true)}
    if may_be_unknown(rule):
        asked["no"] = CountOf("pk", filter=where.false)
    seen = among.aggregate(**asked)
    return _scaled(seen["yes"], seen.get("no", seen["all"] - seen["yes"]), seen["all"], sql.everybody().count())


def _scaled(yes: int, no: int, seen: int, everybody: int) -> Count:
    if not seen:
        return Count(0, 0, everybody, everybody)
    share = yes / seen
    margin = math.ceil(1.96 * math.sqrt(max(share * (1 - share), 1 / seen) / seen) * everybody)
    scaled = round(share * everybody), round(no / seen * everybody)
    return Count(scaled[0], scaled[1], everybody - sum(scaled), margin)


def sample(tree: Any, n: int = 10, *, until: float | None = None) -> list[Contact]:
    """Return up to n people of the segment, looked for among the newest first; `until` (monotonic) ends the search."""
    people = sql.people(tree)
    newest = Contact.objects.aggregate(last=Max("pk"))["last"] or 0
    for window in (*WINDOWS, newest):
        left = 60.0 if until is None else max(until - time.monotonic(), 0.05)
        try:
            with limit.seconds(left):
                found = list(people.filter(pk__gt=newest - window)[:n])
        except limit.TooLong:
            return []
        if len(found) == n or window >= newest:
            break
    return sorted(found, key=lambda one: -one.pk)
