"""Reports of a campaign with n events beside the same pages at 50,000: one recipient for every five events.

python3 manage.py benchmark report               # 5,000,000 events; --n 500000 for a tenth

Whole requests through Django's test client, signed in, templates rendered; medians of ROUNDS, after one look that
counts what is counted over many rows (its time is the line "first look"). On a database of its own for SQLite and, with
a DATABASE_URL of PostgreSQL, one there.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.house import DATABASES, ROOT, House

FEW = 50_000


class Nowhere:
    """No mail goes out here."""

    port = 9


def run(n=5_000_000):
    """Yield a line for each page and database."""
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="fanfare-report-") as folder:
            house = House(Path(folder), database, Nowhere())
            try:
                ask(house, "seed", FEW, n)
                few, many = ask(house, "time", 1), ask(house, "time", 2)
            finally:
                house.pull_down()
        for name in many:
            yield {
                "name": f"report, {name}", "against": f"{FEW} events: {few[name]} ms",
                "ratio": round(many[name] / few[name], 2), "value": many[name], "unit": "ms", "n": n,
                "database": database,
            }  # fmt: skip


def ask(house, *words):
    command = [sys.executable, "-m", "tests.benchmarks.report_worker", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=house.environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None
