"""Freezing an audience into the ledger beside one hand-written INSERT … SELECT with the same columns and reasons.

`manage.py benchmark snapshot` seeds a database of its own for SQLite and, with a DATABASE_URL of PostgreSQL, one there.
"""

from collections.abc import Iterator
from typing import Any

from tests.benchmarks.segment import ask, seeded
from tests.faults.house import DATABASES

ROUNDS = 3


def run(n: int = 1_000_000) -> Iterator[dict[str, Any]]:
    """Yield one line for each database."""
    for database in DATABASES:
        with seeded(database, n) as house:
            told = ask(house, "snapshot", ROUNDS)
        yield {
            "name": "snapshot of an audience",
            "against": "one hand-written INSERT … SELECT",
            "ratio": round(told["hand"] / told["ours"], 2),
            "value": round(told["people"] / told["ours"]),
            "unit": "people/s",
            "n": told["people"],
            "database": database,
        }
