"""F7 and F13 on PostgreSQL, left out where DATABASE_URL names none: it falls, connections break, a clock is wrong."""

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.house import House, psql
from tests.faults.test_broker import wait_for
from tests.faults.test_database import CONNECTIONS, N, compare
from tests.ports import free_port

pytestmark = pytest.mark.faults


def test_connections_to_postgresql_cut_again_and_again_lose_and_double_nobody(tmp_path, sink):
    house = House(tmp_path, "postgresql", sink, connections=CONNECTIONS)
    house.run("seed", N, "hold")
    sender = house.start("send")
    name = urlsplit(house.url).path[1:]
    try:
        wait_for(lambda: len(sink.recipients) > 10, 60)
        cuts = 0
        while sender.poll() is None and cuts < 5:
            psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            cuts += 1
            time.sleep(random.uniform(0.3, 0.8))
        assert sender.wait(180) == 0, "the sender outlives it"
        doubtful = compare(house, cuts * CONNECTIONS)
    finally:
        sender.kill()
        house.pull_down()
    print(f"\npostgresql connections cut={cuts} mails={N} lost=0 doubled=0 in_doubt={doubtful}")


def programs():
    """PostgreSQL's programs, where they are installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) + [Path(shutil.which("initdb") or "/nowhere")]
    return next((place.parent for place in reversed(places) if place.exists()), None)


@contextlib.contextmanager
def own_cluster(there):
    folder = Path(tempfile.mkdtemp(prefix="fanfare-cluster-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    port = free_port()

    def run(*words):
        subprocess.run([*as_user, *map(str, words)], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    def control(*words):
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        run(there / "pg_ctl", "-D", folder / "data", "-w", "-o", options, "-l", folder / "log", *words)

    run(there / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "--no-sync")
    control("start")
    try:
        yield f"postgres://postgres@127.0.0.1:{port}/postgres", control
    finally:
        control("stop", "-m", "immediate")
        shutil.rmtree(folder)


if programs() is not None:  # a server that runs elsewhere cannot be felled from here

    @pytest.mark.parametrize("there", [programs()])
    def test_a_postgresql_that_falls_and_comes_back_loses_and_doubles_nobody(tmp_path, sink, there, monkeypatch):
        with own_cluster(there) as (url, control):
            monkeypatch.setattr("tests.faults.house.SERVER", url)
            house = House(tmp_path, "postgresql", sink, connections=CONNECTIONS)
            house.run("seed", N, "hold")
            sender = house.start("send")
            try:
                wait_for(lambda: len(sink.recipients) > 10, 60)
                control("stop", "-m", "immediate")
                at_stop = len(sink.recipients)
                time.sleep(2)
                assert len(sink.recipients) <= at_stop + CONNECTIONS, "no dot without an intent"
                control("start")
                assert sender.wait(180) == 0, "the sender outlives it"
                doubtful = compare(house, CONNECTIONS)
            finally:
                sender.kill()
                sender.wait()
        print(f"\npostgresql stopped at once and started, mails={N} lost=0 doubled=0 in_doubt={doubtful}")


def test_a_machine_whose_clock_is_ahead_starts_nothing_early(tmp_path, sink):
    house = House(tmp_path, "postgresql", sink, connections=CONNECTIONS)
    house.run("seed", 20, "hold")
    try:
        house.run("schedule", 1800)
        house.environment["FAULTS_SKEW"] = "3600"
        house.run("round")
        assert sink.recipients == [] and house.report()["state"] == "scheduled"
        del house.environment["FAULTS_SKEW"]
        house.run("schedule", -1)
        house.environment["FAULTS_SKEW"] = "-3600"
        house.run("round")
        assert house.report()["state"] != "scheduled", "nor late where the clock is behind"
    finally:
        house.pull_down()
