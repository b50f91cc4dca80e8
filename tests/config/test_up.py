"""`manage.py up` for real: web, worker, beat and ingest live, answer, and end together."""

import json
import os
import signal
import socket
import time
import urllib.request

import pytest

from tests.config.processes import carrying, command_of


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def readyz(port: int) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        return json.load(answer)


def wait_for(condition, seconds=45):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not come up in time")


def alive(site) -> list[int]:
    return carrying(f"VAR_DIR={site.var}")


@pytest.fixture
def up(site):
    port = free_port()
    process = site.start("manage.py", "up", "--port", str(port))
    process.port = port
    wait_for(lambda: all(readyz(port)[name] is not None for name in ("beat", "worker", "ingest")))
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everything_runs_and_one_signal_ends_it(site, up, number):
    assert readyz(up.port)["status"] == "ready"
    assert len(alive(site)) >= 5

    up.send_signal(number)
    said, _ = up.communicate(timeout=40)

    assert up.returncode == 0, said
    assert alive(site) == []
    assert "Traceback" not in said


def test_when_the_worker_dies_nobody_is_left(site, up):
    (worker,) = [pid for pid in alive(site) if "celery" in (line := command_of(pid)) and " worker " in line]
    os.kill(worker, signal.SIGKILL)

    said, _ = up.communicate(timeout=40)

    assert up.returncode == 1 and "worker | ended by itself with -9" in said
    assert alive(site) == []


def test_a_taken_port_is_said_before_anything_starts(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = site.manage("up", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1 and "Choose another with --port." in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_service_is_refused(site):
    done = site.manage("up", "--services", "web,mail")
    assert "Unexpected value --services web,mail, use some of web,worker,beat,ingest" in done.stderr


def test_a_database_without_tables_gets_the_remedy(empty_site):
    done = empty_site.manage("up")
    assert done.returncode == 1 and "Run: python3 manage.py upgrade" in done.stderr
