"""The figures of a tree, as they are kept with it: plain numbers, said in words by `social.tree.words`.

{"links": 120, "sharers": 88, "confirmed": 61, "visits": 210, "friends": 31, "cycle_hours": 26.5, "money": {"EUR": 99},
 "generations": [{"generation": 1, "sharers": 70, "visits": 160, "friends": 25, "next": 18, "squares": 24}, …],
 "networks": [{"network": "x", "pressed": 20, "confirmed": 12, "visits": 40, "friends": 6, "money": {"EUR": 9900}}, …]}
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from social.tree.measures import median

if TYPE_CHECKING:
    from social.tree.build import Key, Link, Node


def figures_of(nodes: Iterable[Node], links: Iterable[Link]) -> dict[str, Any]:
    """Return what the tree shows as a whole, by generation and by network."""
    people = {node.key: node for node in nodes}
    shared = list(links)
    sharers = [node for node in people.values() if node.is_sharer]
    return {
        "links": len(shared),
        "people": len(people),
        "sharers": len(sharers),
        "confirmed": sum(node.is_confirmed for node in sharers),
        "confirmed_links": sum(link.is_confirmed for link in shared),
        "visits": sum(node.visits for node in people.values()),
        "friends": sum(node.friends for node in people.values()),
        "money": _total(node.money for node in people.values()),
        "cycle_hours": _cycle(people),
        "generations": _generations(people),
        "networks": _networks(shared),
    }


def _generations(people: dict[Key, Node]) -> list[dict[str, Any]]:
    """By generation: who shared, what it brought, and how many shared in turn, with the squares per sharer."""
    turned: dict[Key, int] = defaultdict(int)
    for node in people.values():
        if node.is_sharer and node.parent is not None:
            turned[node.parent] += 1
    rows: dict[int, dict[str, Any]] = {}
    for node in people.values():
        row = rows.setdefault(
            node.generation,
            {
                "generation": node.generation,
                "people": 0,
                "sharers": 0,
                "visits": 0,
                "friends": 0,
                "next": 0,
                "squares": 0,
            },
        )
        row["people"] += 1
        row["sharers"] += node.is_sharer
        row["visits"] += node.visits
        row["friends"] += node.friends
        if node.is_sharer:
            row["next"] += turned[node.key]
            row["squares"] += turned[node.key] ** 2
    return [rows[number] for number in sorted(rows)]


def _cycle(people: dict[Key, Node]) -> float | None:
    """The median of hours from a person's share to the first who came in and became a participant through it."""
    first: dict[Key, float] = {}
    for node in people.values():
        if node.parent is None:
            continue
        above = people[node.parent]
        hours = (node.joined_at - above.joined_at).total_seconds() / 3600
        if hours >= 0:
            first[above.key] = min(hours, first.get(above.key, hours))
    found = median(list(first.values()))
    return round(found, 2) if found is not None else None


def _networks(links: Iterable[Link]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for link in links:
        row = rows.setdefault(
            link.network,
            {"network": link.network, "pressed": 0, "confirmed": 0, "visits": 0, "friends": 0, "money": {}},
        )
        row["pressed"] += link.pressed_at is not None
        row["confirmed"] += link.is_confirmed
        row["visits"] += link.visits
        row["friends"] += link.friends
        row["money"] = _total([row["money"], link.money])
    return [rows[key] for key in sorted(rows) if rows[key]["pressed"] or rows[key]["visits"]]


def _total(amounts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up by currency; amounts of different currencies are never added."""
    total: Counter[str] = Counter()
    for amount in amounts:
        total.update(amount)
    return dict(total)
