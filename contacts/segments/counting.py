"""How many people a segment holds, how many it does not, and of how many nothing is known.

count(segment.rules)     # → Count(yes=50, no=0, not_observable=950)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import Q

from contacts.models import Contact
from contacts.segments import sql


@dataclass(frozen=True)
class Count:
    """People by the answer of a rule; the three add up to everybody."""

    yes: int
    no: int
    not_observable: int


def count(tree: Any) -> Count:
    """Count everybody by the rule's answer, in one pass over the contacts.

    Raises:  BadRule.
    """
    where = sql.where(tree)
    found = sql.everybody().aggregate(
        all=CountOf("pk"), yes=CountOf("pk", filter=where.true), no=CountOf("pk", filter=where.false & ~Q(pk=None))
    )
    return Count(found["yes"], found["no"], found["all"] - found["yes"] - found["no"])


def sample(tree: Any, n: int = 10) -> list[Contact]:
    """Return n people of the segment, the newest first."""
    return list(sql.people(tree).order_by("-pk")[:n])
