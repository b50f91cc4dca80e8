"""F7, F12, F13, F15: the database is locked, has no room, is copied at an instant; a clock is wrong."""

import contextlib
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.faults.house import DATABASES, MAILS, ROOT, House
from tests.faults.test_broker import wait_for

pytestmark = pytest.mark.faults

CONNECTIONS = 4
N = max(MAILS, 300)
LOCKED = 22.0  # seconds; a statement waits 20 for the lock


def compare(house, most_in_doubt):
    """Let one sender end it, and hold the ledger beside what the server took."""
    house.sink.script = lambda phase, n, line: None
    house.run("bury")
    for _ in range(2):
        house.run("retry")
        house.run("send")
    report, taken = house.report(), Counter(house.sink.recipients)
    rows = Counter(report["rows"].values())
    assert set(rows) <= {"sent", "ambiguous"} and report["state"] == "finished", rows
    assert {email for email, state in report["rows"].items() if state == "sent"} <= set(taken)
    assert max(taken.values()) == 1, "a mail doubled"
    assert rows["ambiguous"] <= most_in_doubt
    return rows["ambiguous"]


def test_a_sqlite_locked_by_another_for_longer_than_one_waits_loses_and_doubles_nobody(tmp_path, sink):
    house = House(tmp_path, "sqlite", sink, connections=CONNECTIONS)
    house.run("seed", N, "hold")
    sender = house.start("send")
    try:
        wait_for(lambda: len(sink.recipients) > 10, 60)
        other = sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None, timeout=10)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.5)
        at_lock = len(sink.recipients)
        time.sleep(LOCKED)
        assert len(sink.recipients) <= at_lock + CONNECTIONS
        other.execute("ROLLBACK")
        assert sender.wait(180) == 0, "the sender outlives it"
        doubtful = compare(house, CONNECTIONS)
    finally:
        sender.kill()
        sender.wait()
    print(f"\nsqlite locked {LOCKED:.0f} s, mails={N} lost=0 doubled=0 in_doubt={doubtful}")


def test_without_room_on_the_disk_the_sender_stops_before_the_dot_and_goes_on_when_there_is_room(tmp_path, sink):
    house = House(tmp_path, "sqlite", sink, connections=CONNECTIONS)
    house.run("seed", N, "hold")
    ledger = tmp_path / "ledger.sqlite3"
    room = 600_000  # octets; the log grows by some pages a commit, then writing fails as on a full disk
    command = [sys.executable, "-m", "tests.faults.worker", "send"]
    sender = subprocess.Popen(
        command,
        cwd=ROOT,
        env=house.environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    try:
        wait_for(lambda: is_still(sink), 60)
        out = len(sink.recipients)
        assert 0 < out < N, "it ran out of room in the middle"
    finally:
        sender.kill()
        sender.wait()
    with contextlib.closing(sqlite3.connect(ledger)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    doubtful = compare(house, CONNECTIONS)
    print(f"\nsqlite without room after {out} of {N} mails: lost=0 doubled=0 in_doubt={doubtful}")


def is_still(sink):
    before = len(sink.recipients)
    time.sleep(2.5)
    return before and len(sink.recipients) == before


def test_a_copy_of_sqlite_at_any_instant_opens_and_knows_all_that_left(tmp_path, sink):
    house = House(tmp_path, "sqlite", sink, connections=CONNECTIONS)
    house.run("seed", N, "hold")
    sender = house.start("send")
    wait_for(lambda: len(sink.recipients) > 20, 60)
    time.sleep(random.uniform(0, 0.5))
    sender.send_signal(signal.SIGSTOP)
    time.sleep(0.3)  # the server takes what is on the wire
    copied = tmp_path / "copy"
    copied.mkdir()
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal"):
        shutil.copy(tmp_path / name, copied / name)
    with open(copied / "ledger.sqlite3-wal", "ab") as log:
        log.write(os.urandom(random.randrange(1, 9_000)))  # a page that was being written when the power went
    taken = set(sink.recipients)
    sender.kill()
    sender.wait()

    house.environment["DATABASE_URL"] = f"sqlite:///{copied / 'ledger.sqlite3'}"
    with contextlib.closing(sqlite3.connect(copied / "ledger.sqlite3")) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = house.report()["rows"]
    assert all(rows[email] in {"sent", "committing"} for email in taken), "a mail left without an intent on the disk"
    doubtful = compare(house, CONNECTIONS)
    print(f"\nsqlite copied after {len(taken)} of {N} mails: lost=0 doubled=0 in_doubt={doubtful}")


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("database", DATABASES)
def test_a_sender_whose_clock_is_an_hour_wrong_steals_no_lease_and_doubles_nobody(tmp_path, sink, database, hours):
    house = House(tmp_path, database, sink, connections=CONNECTIONS)
    house.run("seed", N, "hold")
    try:
        right = house.start("send")
        wait_for(lambda: len(sink.recipients) > 5, 60)
        house.environment["FAULTS_SKEW"] = str(hours * 3600)
        wrong = house.start("round")
        outputs = [each.communicate(timeout=300)[0] for each in (right, wrong)]
        assert [right.returncode, wrong.returncode] == [0, 0], outputs
        del house.environment["FAULTS_SKEW"]
        assert compare(house, 0) == 0
    finally:
        house.pull_down()
    print(f"\n{database} a clock wrong by {hours:+d} h, mails={N} lost=0 doubled=0 in_doubt=0")
