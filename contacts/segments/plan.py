"""What the database is asked for a segment, for the curious: the query, its values, and how it would be read.

read = plan.explain(segment.rules)
read.sql         # "SELECT COUNT(*) … WHERE …", values apart
read.plan        # the database's own plan, one line a step; nothing is run
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts.segments import sql


@dataclass(frozen=True)
class Plan:
    """One query as text with placeholders, its values in order, and the database's plan for it."""

    sql: str
    values: list[str]
    plan: str
    database: str


def explain(tree: Any) -> Plan:
    """Return the query that finds the people of the rule, and how the database would go about it.

    Raises:  BadRule.
    """
    people = sql.people(tree).order_by().values("pk")
    text, values = people.query.sql_with_params()
    return Plan(text, [str(value) for value in values], people.explain(), connection.display_name)
