"""Many hits over 64 connections while the ingest reads, and a database that is away meanwhile: none lost, none doubled.

HITS=1000000 python3 manage.py test faults tests/faults/test_tracking_volume.py     # AWAY=60: seconds without database
"""

import contextlib
import os
import random
import signal
import socket
import sqlite3
import threading
import time
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.faults import test_tracking_kill as kill
from tests.faults.house import DATABASES, own_postgresql, psql

HITS = int(os.environ.get("HITS", "4000"))
AWAY = float(os.environ.get("AWAY", "3"))
CONNECTIONS = 64
pytestmark = pytest.mark.faults


class Crowd:
    """64 connections over four threads: 70 % opens, 25 % clicks, 5 % tokens that are none; counts the answers."""

    def __init__(self, paths):
        self.paths, self.answered, self.kept, self.errors, self.left = paths, 0, 0, 0, HITS
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work, args=(n,), daemon=True) for n in range(4)]

    def start(self):
        [thread.start() for thread in self.threads]

    def join(self):
        [thread.join() for thread in self.threads]

    def work(self, number):
        dice = random.Random(number)
        lines = [socket.create_connection(("127.0.0.1", kill.PORT), timeout=30) for _ in range(CONNECTIONS // 4)]
        while True:
            with self.lock:
                count = min(len(lines), self.left)
                self.left -= count
            if not count:
                break
            asked = [self.ask(dice, line) for line in lines[:count]]
            statuses = [answer(line) for line in lines[:count]]
            with self.lock:
                self.answered += len(statuses)
                self.errors += sum(status >= 500 for status in statuses)
                self.kept += sum(ok and status in (200, 302) for ok, status in zip(asked, statuses, strict=True))
        [line.close() for line in lines]

    def ask(self, dice, line):
        what = dice.random()
        path = self.paths[0] if what < 0.7 else self.paths[1] if what < 0.95 else f"/c/{'0' * 32}/1"
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (iPhone; x)\r\n\r\n"
        line.sendall(head.encode())
        return what < 0.95


def answer(line):
    """Read one answer, body and all, and return its status."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(4096)
        if not piece:
            return 599
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    size = next(int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length"))
    while len(body) < size:
        body += line.recv(4096)
    return int(head[9:12])


def memory(child):
    """Return the resident memory in MB of a process and those it started; 0 where the system does not say."""
    if not os.path.isdir("/proc"):
        return 0
    group = os.getpgid(child.pid)
    pages = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getpgid(int(pid)) == group:
                with open(f"/proc/{pid}/statm") as file:
                    pages += int(file.read().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.fixture
def build():
    """Make houses whose processes end with the test, also when it fails."""
    made = []

    def house(folder):
        made.append(kill.House(folder))
        return made[-1]

    yield house
    for each in made:
        for name in list(each.children):
            each.kill(name)


def stored(house):
    return [*map(int, house.manage("shell", "-c", kill.COUNT).split("COUNT")[1].split())]


def test_many_hits_are_all_stored_and_counted_and_memory_stays_flat(tmp_path, build):
    house = build(tmp_path)
    house.manage("migrate", "--verbosity", "0")
    paths = house.manage("shell", "-c", kill.SEED).split("PATHS")[1].split()
    house.start("web")
    house.start("ingest")
    house.wait_for_port()
    crowd = Crowd(paths)
    began = time.monotonic()
    crowd.start()
    seen = []
    while any(thread.is_alive() for thread in crowd.threads):
        time.sleep(1)
        if crowd.answered > HITS / 4:
            seen.append((memory(house.children["web"]), memory(house.children["ingest"])))
    took = time.monotonic() - began
    crowd.join()
    late = waited(tmp_path, crowd.kept)
    for name in list(house.children):
        house.kill(name, signal.SIGTERM)
    house.manage("ingest", "--once")

    rows, keys, total, differences = stored(house)
    grown = [max(values) / values[0] for values in zip(*seen, strict=True)] if seen else []
    print(
        f"hits={crowd.answered} in {took:.0f} s, kept={crowd.kept} stored={rows} errors={crowd.errors} "
        f"last hit counted {late:.1f} s later, memory grown web, ingest: {[round(each, 2) for each in grown]}"
    )
    assert crowd.errors == 0 and rows == keys == total == crowd.kept and differences == 0
    assert all(each < 1.25 for each in grown)


def waited(folder, kept):
    """Return how long it took, after the last answer, until the totals of the report have every hit; SQLite."""
    began = time.monotonic()
    total = 0
    while total < kept and time.monotonic() - began < 600:
        with sqlite3.connect(folder / "fanfare.sqlite3", timeout=30) as database:
            found = database.execute("SELECT SUM(n) FROM campaigns_hourlytotal WHERE dimension = ''").fetchone()
        total = found[0] or 0
        time.sleep(0.1)
    return time.monotonic() - began


class Door:
    """A way to PostgreSQL that can be shut: open connections are cut, new ones refused."""

    def __init__(self, url):
        self.server = urlsplit(url)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = urlunsplit(self.server._replace(netloc=f"{self.server.username}@127.0.0.1:{self.port}"))
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.lines = []
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection((self.server.hostname, self.server.port or 5432))
            self.lines += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()

    def shut(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for line in self.lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def pump(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


class Lock:
    """SQLite's way of being away: somebody holds the file and does not let go."""

    def __init__(self, folder):
        self.path = folder / "fanfare.sqlite3"
        self.holder = None

    def shut(self):
        self.holder = sqlite3.connect(self.path, isolation_level=None, timeout=60)
        self.holder.execute("BEGIN IMMEDIATE")

    def open(self):
        self.holder.execute("ROLLBACK")
        self.holder.close()


@pytest.mark.parametrize("database", DATABASES)
def test_without_the_database_hits_are_kept_and_clicks_lead_on(tmp_path, monkeypatch, build, database):
    url = own_postgresql() if database == "postgresql" else ""
    door = Door(url) if url else Lock(tmp_path)
    if url:
        monkeypatch.setenv("FAULTS_DATABASE_URL", door.url)
    house = build(tmp_path)
    house.manage("migrate", "--verbosity", "0")
    paths = house.manage("shell", "-c", kill.SEED).split("PATHS")[1].split()
    house.start("web")
    house.start("ingest")
    house.wait_for_port()
    time.sleep(2)
    door.shut()
    until = time.monotonic() + AWAY
    house.kill("web")
    house.start("web")
    house.wait_for_port()
    visitors = [kill.Visitor(paths) for _ in range(3)]
    [visitor.start() for visitor in visitors]
    time.sleep(max(0.5, until - time.monotonic()))
    for visitor in visitors:
        visitor.stopping = True
    [visitor.join(10) for visitor in visitors]
    door.open()
    for name in list(house.children):
        house.kill(name, signal.SIGTERM)
    house.manage("ingest", "--once")

    rows, keys, total, differences = stored(house)
    acknowledged, errors = sum(v.acknowledged for v in visitors), sum(v.errors for v in visitors)
    print(f"{database}: away {AWAY} s, acknowledged={acknowledged} stored={rows} errors={errors}")
    if url:
        door.shut()
        psql(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")
    assert acknowledged > 50 and errors == 0
    assert acknowledged <= rows <= sum(v.asked for v in visitors)
    assert rows == keys == total and differences == 0
