"""Every page of the desk with n contacts and 5 n events beside the same page of the demo's thousand, and their weight.

python3 manage.py benchmark desk               # 1,000,000 contacts, 5,000,000 events; --n 100000 for a tenth

Whole requests through Django's test client, signed in as the administrator, templates rendered; medians of ROUNDS. The
demo is played, every page that the URLconf knows is timed, the people and events are added, and the same addresses are
timed again. `queries` are those of one request, before and after. Weights are compressed, in kB: `first` with every
style, script and font that the page names, `after` the page alone, as the rest is kept by the browser for a year. On a
database of its own for SQLite and, with a DATABASE_URL of PostgreSQL, one there.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.house import DATABASES, ROOT, House

FEW = 1_000  # lines of the demo's file


class Nowhere:
    """No mail goes out here: the demo's stay in its Outbox."""

    port = 9


def run(n=1_000_000):
    """Yield a line for each page and database, the slowest first, then the heaviest pages."""
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="fanfare-desk-") as folder:
            house = House(Path(folder), database, Nowhere())
            house.environment.pop("EMAIL_RELAYS")
            pages = str(Path(folder) / "pages.json")
            try:
                ask(house, "manage.py", "demo", "--once", "--json", "--contacts", FEW)
                Path(pages).write_text(json.dumps(ask(house, "-m", "tests.e2e.pages")))
                few = ask(house, "-m", "tests.benchmarks.desk_worker", "time", pages)
                ask(house, "-m", "tests.benchmarks.desk_worker", "grow", n)
                many = ask(house, "-m", "tests.benchmarks.desk_worker", "time", pages)
            finally:
                house.pull_down()
        for name in sorted(many, key=lambda one: -many[one]["ms"]):
            yield {
                "name": f"desk, {name}", "against": f"{FEW} contacts: {few[name]['ms']} ms",
                "ratio": round(many[name]["ms"] / few[name]["ms"], 2), "value": many[name]["ms"], "unit": "ms", "n": n,
                "queries": [few[name]["queries"], many[name]["queries"]], "kB": many[name]["kB"], "database": database,
            }  # fmt: skip


def ask(house, *words):
    """Run one command in the house and return the JSON of its last line, if it has one."""
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=house.environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None
