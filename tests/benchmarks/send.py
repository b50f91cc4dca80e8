"""How fast 30 kB mails go out with the ledger on, against Postfix's own `smtp-source` into the same `smtp-sink`.

`manage.py benchmark send` runs it: against the limit, against peers in a venv of their own (`PEERS_PYTHON` names one
that has them), with a relay 20 ms away, with two processes, and with an audience of a million. Rounds alternate, the
best of each counts: what else runs on the machine only ever slows one down. Needs Postfix's test programs
(`apt install postfix`, which need not run).
"""

import json
import os
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

PORT = int(os.environ.get("BENCHMARK_PORT", "8171"))  # and the next one, for the relay that is far away
ROUNDS = 3
PEERS = ("post_office", "newsletter", "send_mail")
PACKAGES = ("Django>=5.2,<5.3", "django-post_office==3.12.0", "django-newsletter==1.2.1", "sorl-thumbnail==13.4.0")
ONE_WAY = 10  # ms
MANY = 1_000_000


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


@contextmanager
def far_away() -> Iterator[None]:
    """The sink again, 20 ms away."""
    command = [sys.executable, "-m", "tests.benchmarks.delay_worker", str(PORT + 1), str(PORT), str(ONE_WAY)]
    with subprocess.Popen(pinned(1, *command), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def limit(n: int, connections: int) -> float:
    """Return the mails a second of smtp-source."""
    command = [tool("smtp-source"), "-d", "-s", str(connections), "-m", str(n), "-l", str(SIZE)]
    began = time.perf_counter()
    subprocess.run(pinned(0, *command, "-f", "a@b.example", "-t", "c@d.example", f"127.0.0.1:{PORT}"), check=True)
    return n / (time.perf_counter() - began)


def worker(house: House, *words: object) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.send_worker", *map(str, words)]
    subprocess.run(command, cwd=ROOT, env=house.environment, check=True)


def start(house: House, *words: object, cpu: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.benchmarks.send_worker", "send", *map(str, words)]
    return subprocess.Popen(pinned(cpu, *command), cwd=ROOT, env=house.environment, stdout=subprocess.PIPE, text=True)


def said_by(process: subprocess.Popen[str]) -> dict[str, Any]:
    output = process.communicate()[0]
    if process.returncode:
        raise SystemExit(f"a sender ended with {process.returncode}")
    said: dict[str, Any] = json.loads(output.splitlines()[-1])
    return said


def ours(house: House, n: int) -> tuple[float, dict[str, Any]]:
    """Return our mails a second, and what the process said about itself."""
    worker(house, "again")
    said = said_by(start(house))
    if said["sent"] != n:
        raise SystemExit(f"{said['sent']} of {n} mails were sent; the figures would mean nothing.")
    return n / said["seconds"], said


@contextmanager
def house_of(database: str, connections: int, n: int, port: int = PORT) -> Iterator[House]:
    """A house with n waiting mails."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), database, Port(port), connections=connections)
        try:
            if n:
                worker(house, "seed", n)
            yield house
        finally:
            house.pull_down()


def run(n: int = 20_000) -> Iterator[dict[str, Any]]:
    """Yield the lines of every part; BENCHMARK_PARTS names some of them."""
    parts = os.environ.get("BENCHMARK_PARTS", "limit peers latency processes memory").split()
    for part in parts:
        yield from {
            "limit": against_limit,
            "peers": against_peers,
            "latency": with_latency,
            "processes": with_two_processes,
            "memory": memory,
        }[part](n)


def against_limit(n: int) -> Iterator[dict[str, Any]]:
    """Yield one line for each database and number of connections."""
    for database in DATABASES:
        for connections in (10, 50):
            yield measure(database, connections, n)


def measure(database: str, connections: int, n: int) -> dict[str, Any]:
    with sink(), house_of(database, connections, n) as house:
        pairs = [(limit(n, connections), ours(house, n)) for _ in range(ROUNDS)]
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


def against_peers(n: int) -> Iterator[dict[str, Any]]:
    """Yield one line a peer: ten connections of ours, ten threads of django-post_office, the others as they are."""
    python, few = peers_python(), max(50, n // 40)
    code = ROOT / "tests" / "benchmarks" / "send_peers_worker.py"
    with sink(), house_of("sqlite", 10, n) as house:
        for name in PEERS:
            theirs = []
            fastest = 0.0
            for _ in range(2):
                fastest = max(fastest, ours(house, n)[0])
                done = subprocess.run(
                    pinned(0, python, str(code), name, str(PORT), str(few)),
                    check=True, capture_output=True, text=True,
                )  # fmt: skip
                said = json.loads(done.stdout.splitlines()[-1])
                theirs.append(said["sent"] / said["seconds"])
            yield {
                "name": "send 30 kB, 10 connections", "against": name, "ratio": round(fastest / max(theirs), 1),
                "value": round(max(theirs)), "unit": "mails/s of the peer", "n": n, "database": "sqlite",
            }  # fmt: skip


def peers_python() -> str:
    """Return a Python that has the peers, from a venv made for them at the first time."""
    if given := os.environ.get("PEERS_PYTHON"):
        return given
    folder = Path(tempfile.gettempdir(), "fanfare-benchmark-peers")
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python)


def with_latency(n: int) -> Iterator[dict[str, Any]]:
    """Yield one line for each number of connections: what many are beside one, with a relay 20 ms away."""
    for database in DATABASES:
        with sink(), far_away():
            single = 0.0
            for connections in (1, 10, 50):
                mails = min(n, 80 * connections)
                with house_of(database, connections, mails, PORT + 1) as house:
                    value = max(ours(house, mails)[0] for _ in range(2))
                single = single or value
                yield {
                    "name": f"a relay 20 ms away, {connections} connections", "against": "one connection × connections",
                    "ratio": round(value / single / connections, 2), "value": round(value, 1), "unit": "mails/s",
                    "n": mails, "database": database,
                }  # fmt: skip


def with_two_processes(n: int) -> Iterator[dict[str, Any]]:
    """Yield one line a database: two senders beside one, with a relay 20 ms away, so that the sink is not the limit."""
    for database in DATABASES:
        mails = min(n, 2_000)
        with sink(), far_away(), house_of(database, 10, mails, PORT + 1) as house:
            one = ours(house, mails)[0]
            worker(house, "again")
            began = time.perf_counter()
            said = [said_by(each) for each in [start(house, cpu=0), start(house, cpu=0)]]
            seconds = max(each["until"] for each in said) - min(each["since"] for each in said)
            if sum(each["sent"] for each in said) != mails:
                raise SystemExit(f"{said} is not {mails} after {time.perf_counter() - began:.0f} s")
        yield {
            "name": "two processes, 10 connections each, 20 ms away", "against": "one process",
            "ratio": round(mails / seconds / one, 2), "value": round(mails / seconds), "unit": "mails/s",
            "n": mails, "database": database,
        }  # fmt: skip


def memory(n: int) -> Iterator[dict[str, Any]]:
    """Yield one line a database: the most memory of a sender over its first mails, of a million beside of ten
    thousand.
    """
    for database in DATABASES:
        used, mails = {}, min(n, 10_000)
        for audience in (mails, MANY if n >= 10_000 else 10 * n):
            with sink(), house_of(database, 10, 0) as house:
                worker(house, "seed_many", audience)
                used[audience] = said_by(start(house, mails))["rss"] / 1024
        few, many = used.values()
        yield {
            "name": f"memory of a sender, audience {max(used):,}", "against": f"audience {min(used):,}",
            "ratio": round(many / few, 2), "value": round(many), "unit": "MB", "n": max(used), "database": database,
        }  # fmt: skip


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000):
        print(json.dumps(line), flush=True)
