"""The stored hits that stand near new ones of the same mail: what the rules over sequences look at again.

    found = near({7: (first, last)})      # → {7: [Stored(…), …]}: of delivery 7, a little before and after its new hits
    within(pairs, first, last)            # those whose own surroundings were read too: only they may change

A hammered link must not be read again and again, so at most MOST of each delivery come, the latest.
"""

# ruff: noqa: S608 - what is put into these statements are our own names and placeholders
from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from campaigns.delivery.database import is_postgresql
from campaigns.tracking import bulk
from campaigns.tracking.classify import PAIR, SPREAD, Seen

MOST = 300  # stored hits of one delivery
REACH = SPREAD + PAIR  # a hit tells nothing of another that is further away
SIGHT = 2 * REACH  # so far one looks: what may change and what that is judged by

Span = tuple[datetime, datetime]


class Stored(NamedTuple):
    """A stored hit of one person, the columns that the rules need."""

    pk: int
    delivery_id: int
    kind: str
    at: datetime
    link_id: int | None
    ip_prefix: str
    verdict: str
    rule: str
    user_agent: str


COLUMNS = "e.id, e.delivery_id, e.kind, e.at, e.link_id, e.ip_prefix, e.verdict, e.rule, e.user_agent"
HITS = "e.kind IN ('open', 'click', 'web_view', 'offer_view')"
POSTGRESQL = f"""
    SELECT e.* FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS v(id, since, until)
    CROSS JOIN LATERAL (SELECT {COLUMNS} FROM campaigns_event e
        WHERE e.delivery_id = v.id AND e.at BETWEEN v.since AND v.until AND {HITS} ORDER BY e.at DESC LIMIT {MOST}) e"""
SQLITE = f"""
    WITH v(id, since, until) AS MATERIALIZED (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
        json_extract(value, '$[2]') FROM json_each(%s))
    SELECT {COLUMNS.replace("e.at", "+e.at")}
    FROM v CROSS JOIN campaigns_event e ON e.delivery_id = v.id AND {HITS} AND e.at <= v.until
        AND e.at >= COALESCE((SELECT n.at FROM campaigns_event n WHERE n.delivery_id = v.id
            AND n.at BETWEEN v.since AND v.until ORDER BY n.at DESC LIMIT 1 OFFSET {MOST}), v.since)"""


def near(spans: Mapping[int, Span]) -> dict[int, list[Stored]]:
    """Return the stored hits near each delivery's new ones, which lie between the two times of its span."""
    asked = [(pk, bulk.stamp(first - SIGHT), bulk.stamp(last + SIGHT)) for pk, (first, last) in spans.items()]
    found: dict[int, list[Stored]] = defaultdict(list)
    if is_postgresql():
        for row in bulk.rows(POSTGRESQL, [bulk.array(column) for column in zip(*asked, strict=True)]):
            found[row[1]].append(Stored(*row))
    else:
        for row in bulk.rows(SQLITE, [json.dumps(asked)]):
            found[row[1]].append(Stored(*row)._replace(at=datetime.fromisoformat(row[3]).replace(tzinfo=bulk.UTC)))
    return found


def within(pairs: Sequence[tuple[Stored, Seen]], first: datetime, last: datetime) -> list[tuple[Stored, Seen]]:
    """Return the stored hits that the new ones can tell something of, and whose other neighbours were read too."""
    since = first - REACH
    if len(pairs) >= MOST:
        since = max(since, min(row.at for row, _ in pairs) + REACH)
    return [(row, seen) for row, seen in pairs if since <= row.at <= last + REACH]
