"""How long a web write waits on SQLite while one process sends, one takes in hits and one imports, all at once.

python3 manage.py benchmark manners            # prints the p99 of reads-and-writes a hundred times a second
python3 manage.py benchmark manners --n 5000

The goal is 50 ms (design: manners). Only SQLite has one writer, so only SQLite is asked.
"""

import contextlib
import json
import subprocess
import sys
import time

from tests.benchmarks.send import house_of, pinned, sink
from tests.faults.house import ROOT

LONG = 8.0  # seconds that all of them work at least


def run(n=20_000):
    """Yield the p99 and the longest wait of another process, alone and beside the three writers."""
    with sink(), house_of("sqlite", 10, n) as house:
        alone, _ = beside(house, {})
        said, did = beside_all(house, 3 * n)
    for name, each in (("others' p99 alone", alone), ("others' p99 beside sending, ingest and import", said)):
        yield {
            "name": name, "against": "50 ms", "ratio": round(each["p99_ms"] / 50, 2), "value": each["p99_ms"],
            "unit": "ms", "longest_ms": each["max_ms"], "n": each["n"], "database": "sqlite",
            **(did if each is said else {}),
        }  # fmt: skip


def beside_all(house, lines):
    """Return what the visitor measured beside all three writers, and what each of them did."""
    people = f"{house.folder}/people.csv"
    run_one(house, "tests.benchmarks.import_worker", "seed", people, lines)
    run_one(house, "tests.benchmarks.manners_worker", "prepare")
    writers = {
        "sent": ["tests.benchmarks.manners_worker", "send"],
        "hits": ["tests.benchmarks.manners_worker", "ingest"],
        "imported": ["tests.benchmarks.import_worker", "ours", people],
    }
    return beside(house, writers)


def run_one(house, *words):
    subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=ROOT, env=house.environment, check=True, stdout=subprocess.DEVNULL
    )


def start(house, words, cpu=None):
    command = [sys.executable, "-m", *words]
    return subprocess.Popen(
        pinned(cpu, *command) if cpu is not None else command,
        cwd=ROOT, env=house.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def beside(house, others):
    """Return what the visitor measured while the others worked, and what each of them did."""
    writers = {name: start(house, words) for name, words in others.items()}
    time.sleep(2.0 if writers else 0.0)  # their start is not their work
    visitor = start(house, ["tests.benchmarks.import_worker", "others"])
    visitor.stdout.readline()
    time.sleep(LONG)
    visitor.terminate()
    measured = json.loads(visitor.communicate()[0].splitlines()[-1])
    did = {}
    for name, each in writers.items():
        each.terminate()
        with contextlib.suppress(json.JSONDecodeError, IndexError):
            said = json.loads(each.communicate(timeout=60)[0].splitlines()[-1])
            did[name] = said.get(name, said.get("rows"))
    return measured, did
