"""Import a file of contacts beside the bare way of loading the same rows, and beside the ORM's bulk_create.

python3 manage.py benchmark import               # 1,000,000 lines, 3 interleaved rounds, both databases
python3 manage.py benchmark import --n 100000

The limit loads the very rows that the import left (contact, identity, subscription, consent, with all indexes): COPY
on PostgreSQL, executemany of typed values in one transaction on SQLite. While an import runs, another process reads and
writes contacts; its p99 is the last line.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.house import DATABASES, ROOT, House

ROUNDS = 3


class Nowhere:
    """No mail goes out here."""

    port = 9


def run(n=1_000_000):
    """Yield for each database: import against the limit, against bulk_create, memory, and the p99 of others."""
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="fanfare-import-") as folder:
            house = House(Path(folder), database, Nowhere())
            try:
                yield from measure(house, database, folder, n)
            finally:
                house.pull_down()


def measure(house, database, folder, n):
    path, kept = f"{folder}/people.csv", Path(folder, "kept")
    kept.mkdir()
    worker(house, "seed", path, n)
    ours, bare, bulk, memory = [], [], [], []
    for round_ in range(ROUNDS):
        worker(house, "empty")
        said = worker(house, "ours", path)
        ours.append(n / said["seconds"])
        memory.append(said["rss_mb"])
        if not round_:
            worker(house, "dump", kept)
        worker(house, "empty")
        bare.append(n / worker(house, "bare", kept)["seconds"])
        worker(house, "empty")
        said = worker(house, "bulk", path, min(n, 20_000))
        bulk.append(said["rows"] / said["seconds"])
    limit = "COPY" if database == "postgresql" else "executemany"
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    common = {"value": round(statistics.median(ours)), "unit": "lines/s", "n": n, "database": database}
    yield {"name": "import", "against": limit, "ratio": round(ratio, 2), **common}
    ratio = statistics.median(a / b for a, b in zip(ours, bulk, strict=True))
    yield {"name": "import", "against": "bulk_create", "ratio": round(ratio, 2), **common}
    most = max(memory)
    yield {
        "name": "import memory",
        "against": "100 MB",
        "ratio": round(most / 100, 2),
        **common,
        "value": most,
        "unit": "MB",
    }
    worker(house, "empty")
    p99 = beside(house, path)
    yield {"name": "others' p99", "against": "50 ms", "ratio": round(p99 / 50, 2), **common, "value": p99, "unit": "ms"}


def beside(house, path):
    """Return the p99 in ms of another process's reads and writes while an import runs."""
    command = [sys.executable, "-m", "tests.benchmarks.import_worker"]
    with subprocess.Popen(
        [*command, "others"], cwd=ROOT, env=house.environment, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdout.readline()  # it is ready
        worker(house, "ours", path)
        other.terminate()
        return json.loads(other.stdout.read().splitlines()[-1])["p99_ms"]


def worker(house, *words):
    command = [sys.executable, "-m", "tests.benchmarks.import_worker", *map(str, words)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **house.environment}, check=True, stdout=subprocess.PIPE, text=True
    )
    time.sleep(0.2)
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else None
