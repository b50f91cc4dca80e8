"""How fast 30 kB mails go out with the ledger on, against Postfix's own `smtp-source` into the same `smtp-sink`.

`manage.py benchmark send` runs it. Rounds alternate between the two, the best of each counts: what else runs on the
machine
only ever slows one down. Needs Postfix's test programs (`apt install postfix`, which need not run).
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.send_worker import SIZE
from tests.faults.house import DATABASES, ROOT, House

PORT = 8171
ROUNDS = 3


@dataclass
class Port:
    port: int = PORT


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/lib/postfix/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing. Install Postfix's programs: apt install postfix (it need not run).")
    return found


def pinned(cpu: int, *command: str) -> list[str]:
    """Keep client and sink on a core each, where that can be asked for."""
    return ["taskset", "-c", str(cpu), *command] if shutil.which("taskset") else list(command)


@contextmanager
def sink() -> Iterator[None]:
    process = subprocess.Popen(pinned(1, tool("smtp-sink"), "-u", "nobody", f"127.0.0.1:{PORT}", "500"))
    time.sleep(0.5)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def limit(n: int, connections: int) -> float:
    """Return the mails a second of smtp-source."""
    command = [tool("smtp-source"), "-d", "-s", str(connections), "-m", str(n), "-l", str(SIZE)]
    began = time.perf_counter()
    subprocess.run(pinned(0, *command, "-f", "a@b.example", "-t", "c@d.example", f"127.0.0.1:{PORT}"), check=True)
    return n / (time.perf_counter() - began)


def ours(house: House, n: int) -> tuple[float, dict[str, Any]]:
    """Return our mails a second, and what the process said about itself."""
    worker = [sys.executable, "-m", "tests.benchmarks.send_worker"]
    subprocess.run([*worker, "again"], cwd=ROOT, env=house.environment, check=True)
    done = subprocess.run(
        pinned(0, *worker, "send"), cwd=ROOT, env=house.environment, check=True, capture_output=True, text=True
    )
    said = json.loads(done.stdout.splitlines()[-1])
    if said["sent"] != n:
        raise SystemExit(f"{said['sent']} of {n} mails were sent; the figures would mean nothing.")
    return n / said["seconds"], said


def run(n: int = 20_000) -> Iterator[dict[str, Any]]:
    """Yield one line for each database and number of connections."""
    for database in DATABASES:
        for connections in (10, 50):
            yield measure(database, connections, n)


def measure(database: str, connections: int, n: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, sink():
        house = House(Path(folder), database, Port(), connections=connections)
        try:
            worker = [sys.executable, "-m", "tests.benchmarks.send_worker", "seed", str(n)]
            subprocess.run(worker, cwd=ROOT, env=house.environment, check=True)
            pairs = [(limit(n, connections), ours(house, n)) for _ in range(ROUNDS)]
        finally:
            house.pull_down()
    best = max(pair[0] for pair in pairs)
    value, said = max((pair[1] for pair in pairs), key=lambda pair: pair[0])
    return {
        "name": f"send 30 kB, {connections} connections",
        "against": "smtp-source",
        "ratio": round(value / best, 2),
        "value": round(value),
        "unit": "mails/s",
        "n": n,
        "database": database,
        "cpu_us_per_mail": round(min(pair[1][1]["cpu_sending"] for pair in pairs) / n * 1e6),
        "rss_mb": said["rss"] // 1024,
    }


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000):
        print(json.dumps(line), flush=True)
