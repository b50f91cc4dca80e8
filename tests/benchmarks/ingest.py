"""Read spooled hits into events with every rollup, beside a bare batch insert of the same events.

python3 manage.py benchmark ingest               # 50,000 hits: 70 % opens, 25 % clicks, 5 % invalid
python3 manage.py benchmark ingest --n 1000000

On a database of its own, SQLite and with a DATABASE_URL of PostgreSQL one there too. Batches are those of the ingest;
each is committed, as is the bare insert of the same events beside it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.house import DATABASES, ROOT, House

HITS = 50_000


class Nowhere:
    """No mail goes out here."""

    port = 9


def run(hits=HITS):
    """Yield a line for each database: the ingest beside the bare insert of the same events, with its memory."""
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="fanfare-ingest-") as folder:
            house = House(Path(folder), database, Nowhere())
            try:
                command = [sys.executable, "-m", "tests.benchmarks.ingest_worker", str(hits)]
                done = subprocess.run(
                    command, cwd=ROOT, env=house.environment, check=True, stdout=subprocess.PIPE, text=True
                )
            finally:
                house.pull_down()
        yield json.loads(done.stdout.splitlines()[-1])
