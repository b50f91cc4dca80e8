"""Accept an open or a click, stored, beside the barest WSGI answer and beside a Django view with an ORM insert.

python3 manage.py benchmark accept            # 5 rounds of 3 seconds each, interleaved; needs wrk
python3 manage.py benchmark accept --n 2      # 2 rounds

One granian worker as `up` starts them with HIT_WORKERS=1, on the first CPU; the others are served alike. wrk with 32
connections on the second; the ratios are medians over rounds.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORT = 8185
SECONDS = 3
CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SEED = """
from campaigns import links
from campaigns.models import Campaign
from campaigns.tracking.ingest import Chores
from campaigns.tracking.spool import folder
from campaigns.tracking.tokens import Purpose, make
campaign = Campaign.objects.create(name="accept")
links.number_for(campaign, None, "b1", "https://shop.example/")
Chores(folder()).sync()
print("PATHS", f"/o/{make(Purpose.OPEN, campaign.pk, 7)}.gif", f"/c/{make(Purpose.CLICK, campaign.pk, 7)}/1")
"""
APPLICATIONS = {
    "bare": "tests.benchmarks.accept_worker:bare",
    "fanfare": "config.wsgi:application",
    "peer": "tests.benchmarks.accept_worker:peer",
}


def run(rounds=5):
    """Yield one line for each: open and click beside the bare answer, open beside the peer's way, p99 at half load."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is needed: apt-get install wrk, or brew install wrk.")
    with tempfile.TemporaryDirectory(prefix="fanfare-accept-") as folder:
        env = {
            **os.environ, "VAR_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/fanfare.sqlite3", "LOG_LEVEL": "ERROR",
            "FANFARE_BOOTSTRAP": "0", "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        manage(env, "migrate", "--verbosity", "0")
        opened, clicked = manage(env, "shell", "-c", SEED).split("PATHS")[1].split()
        rates = {name: [] for name in ("bare", "open", "click", "peer")}
        stored = answered = 0
        for _ in range(rounds):
            with serving(env, "bare"):
                rates["bare"].append(load(opened)[0])
            with serving(env, "fanfare"):
                for name, path in (("open", opened), ("click", clicked)):
                    rate, done, _p99 = load(path)
                    rates[name].append(rate)
                    answered += done
            stored += lines_of(folder)
            with serving({**env, "ACCEPT_PEER": "1"}, "peer"):
                rates["peer"].append(load(opened)[0])
        middle = {name: statistics.median(found) for name, found in rates.items()}
        ratio = {
            name: statistics.median(a / b for a, b in zip(rates[name], rates["bare"], strict=True))
            for name in ("open", "click")
        }
        for name in ("open", "click"):
            yield line(f"accept {name}", "barest WSGI answer", ratio[name], middle[name], rounds)
        yield line("accept open", "Django view + ORM insert", middle["open"] / middle["peer"], middle["open"], rounds)
        yield {**line("accept stored", "answered hits", stored / answered, stored, rounds), "unit": "lines"}
        with serving(env, "fanfare"):
            yield from at_half_load(opened, middle["open"] / 2, "p99 at half load")
            with importing(env, folder):
                yield from at_half_load(opened, middle["open"] / 2, "p99 at half load while an import runs")


def at_half_load(path, most, name):
    """Yield the p99 with so many connections as come nearest to that many hits a second."""
    found = [(abs(rate - most), p99, rate) for each in (1, 2, 4) for rate, _done, p99 in [load(path, connections=each)]]
    _distance, p99, rate = min(found)
    yield {**line(f"accept open, {name}", "5 ms", p99 / 5, p99, 1), "unit": "ms", "hits_per_second": round(rate)}


@contextlib.contextmanager
def importing(env, folder):
    """An import of a large file into the same database, for as long as the block takes."""
    words = [sys.executable, "-m", "tests.benchmarks.import_worker"]
    subprocess.run([*words, "seed", f"{folder}/people.csv", "300000"], cwd=ROOT, env=env, check=True)
    child = subprocess.Popen([*words, "ours", f"{folder}/people.csv"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    time.sleep(3)  # its start is not its work
    try:
        yield
        if child.poll() is not None:
            raise SystemExit("The import was over before the hits were; give it more lines.")
    finally:
        child.kill()
        child.wait()


def line(name, against, ratio, value, n):
    return {
        "name": name, "against": against, "ratio": round(ratio, 3), "value": round(value, 2), "unit": "hits/s", "n": n,
        "database": "sqlite",
    }  # fmt: skip


def manage(env, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    ).stdout


def lines_of(folder):
    """Return how many lines the spool holds, and empty it: the next round begins anew."""
    count = 0
    for path in Path(folder, "spool").glob("*.spool"):
        count += path.read_bytes().count(b"\n")
        path.unlink()
    return count


def pinned(which, command):
    return ["taskset", "-c", str(CPUS[which]), *command] if len(CPUS) > 1 and shutil.which("taskset") else command


class serving:
    """One granian worker with that application, from its first answer to its end."""

    def __init__(self, env, name):
        self.env, self.name = env, name

    def __enter__(self):
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORT),
            "--workers", "1", "--blocking-threads", "1", "--no-access-log", "--log-level", "error", "--no-ws",
            APPLICATIONS[self.name],
        ]  # fmt: skip
        self.child = subprocess.Popen(pinned(0, command), cwd=ROOT, env=self.env, start_new_session=True)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                    break
            time.sleep(0.1)
        time.sleep(0.3)
        return self

    def __exit__(self, *why):
        os.killpg(self.child.pid, signal.SIGTERM)
        self.child.wait()


def load(path, connections=32):
    """Return hits per second, hits answered and the p99 in ms."""
    url = f"http://127.0.0.1:{PORT}{path}"
    warming = pinned(1, ["wrk", "-t1", f"-c{connections}", "-d1s", url])
    warmed = subprocess.run(warming, check=True, capture_output=True, text=True).stdout
    said = subprocess.run(
        pinned(1, ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-H", AGENT, url]),
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in said:
        raise SystemExit(f"The server answered errors:\n{said}")
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    done = sum(int(re.search(r"(\d+) requests in", text)[1]) for text in (warmed, said))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return rate, done, float(p99) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


AGENT = "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
