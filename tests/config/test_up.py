"""`manage.py up` for real: web, worker, beat and ingest live, answer, and end together."""

import json
import os
import signal
import socket
import time
import urllib.request

import pytest

from tests.config.processes import carrying, command_of
from tests.ports import free_pair, free_port


def readyz(port: int) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        return json.load(answer)


def wait_for(process, condition, seconds=45):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert process.poll() is None, process.stdout.read()
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
    wait_for(process, lambda: all(readyz(port)[name] is not None for name in ("beat", "worker", "ingest")))
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


def test_hits_have_processes_of_their_own_on_the_next_port(site):
    port = free_pair()
    process = site.start("manage.py", "up", "--port", str(port), "--services", "hits", HIT_WORKERS="1")

    answer = wait_for(process, lambda: urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/o/none.gif", timeout=5))

    assert answer.read()[:6] == b"GIF89a"
    (server,) = [line for pid in alive(site) if "granian" in (line := command_of(pid)) and "--port" in line][:1]
    assert "--workers 1 --blocking-threads 1 " in server
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=40)
    assert process.returncode == 0 and alive(site) == []


def test_hits_alone_without_a_worker_for_them_are_refused(site):
    done = site.manage("up", "--services", "hits")
    assert done.returncode == 1 and "Set HIT_WORKERS=1 or more." in done.stderr


def test_an_unknown_service_is_refused(site):
    done = site.manage("up", "--services", "web,mail")
    assert "Unexpected value --services web,mail, use some of web,hits,worker,beat,ingest" in done.stderr


def test_a_database_without_tables_gets_the_remedy(empty_site):
    done = empty_site.manage("up")
    assert done.returncode == 1 and "Run: python3 manage.py upgrade" in done.stderr
