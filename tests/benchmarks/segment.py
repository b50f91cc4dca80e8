"""A segment of five rules beside the same question written by hand, and how long a preview takes; many contacts.

`manage.py benchmark segment` seeds a database of its own for SQLite and, with a DATABASE_URL of PostgreSQL, one there.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.house import DATABASES, ROOT, House

ROUNDS = 5


@dataclass
class NoSink:
    port: int = 9


@contextmanager
def seeded(database: str, n: int) -> Iterator[House]:
    """Lend a database with n people in it."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), database, NoSink())  # type: ignore[arg-type]  # nothing is sent
        try:
            ask(house, "seed", n)
            yield house
        finally:
            house.pull_down()


def ask(house: House, *words: object) -> Any:
    """Run the worker and return what it printed last."""
    command = [sys.executable, "-m", "tests.benchmarks.people_worker", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=house.environment, check=True, stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else None


def run(n: int = 1_000_000) -> Iterator[dict[str, Any]]:
    """Yield the lines of each database."""
    for database in DATABASES:
        with seeded(database, n) as house:
            told = ask(house, "segment", ROUNDS)
        yield {
            "name": "segment of five rules",
            "against": "hand-written SQL",
            "ratio": round(told["hand"] / told["ours"], 2),
            "value": round(told["ours"] * 1000, 1),
            "unit": "ms",
            "n": n,
            "people": told["people"],
            "database": database,
        }
        for name, shown in told["previews"].items():
            yield {
                "name": f"preview, {name}",
                "against": "1 s",
                "ratio": round(shown["seconds"], 2),
                "value": round(shown["seconds"] * 1000),
                "unit": "ms, the slowest",
                "answer": shown["answer"],
                "n": n,
                "database": database,
            }
