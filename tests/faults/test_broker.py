"""F6: the broker goes away or forgets everything in the middle of a campaign; sending goes on within 15 seconds."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.faults.house import DATABASES, ROOT, House
from tests.sink import Sink

pytestmark = pytest.mark.faults

BROKERS = {
    "redis": os.environ.get("FANFARE_REDIS", "redis://127.0.0.1:6379/11"),
    "rabbitmq": os.environ.get("FANFARE_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"),
}
PACE = 20  # mails a second, so that the campaign outlasts the fault


class Gate:
    """A TCP proxy in front of a broker that can be shut: then the broker is gone for whoever comes through it."""

    def __init__(self, url: str):
        self.there = urlsplit(url)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        who, at, _ = self.there.netloc.rpartition("@")
        self.url = urlunsplit(self.there._replace(netloc=f"{who}{at}127.0.0.1:{self.port}"))
        self.pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection((self.there.hostname, self.there.port or 5672))
                self.pairs += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass_on(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def shut(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in self.pairs:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("fault", ["gone", "flushed"])
@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.parametrize("database", DATABASES[-1:])
def test_sending_goes_on_within_15_seconds_when_the_broker_is_gone_or_flushed(tmp_path, database, broker, fault):
    gate = Gate(BROKERS[broker])
    rest = [1 / PACE]
    sink = Sink(script=lambda phase, n, line: time.sleep(rest[0]) if phase == "dot" else None)
    with sink:
        house = House(tmp_path, database, sink, connections=1)
        house.environment |= {"BROKER_URL": gate.url, "BROKER_QUEUE": f"faults-{os.getpid()}-{time.monotonic_ns()}"}
        house.run("seed", 25 * PACE, "hold")
        house.run("content")
        staff = [house.celery("worker", "-P", "threads", "-c", 2), house.celery("beat", "--pidfile", "")]
        try:
            wait_for(lambda: len(sink.recipients) > PACE, 60)
            if fault == "gone":
                gate.shut()
            else:
                purge(house)
                staff[0].terminate()  # and with it the hint that it carries
                staff[0].wait(20)
                staff[0] = house.celery("worker", "-P", "threads", "-c", 2)
            time.sleep(0.5)
            before, since = len(sink.recipients), time.monotonic()
            wait_for(lambda: len(sink.recipients) > before + PACE, 40)
            took = time.monotonic() - since
        finally:
            for each in staff:
                each.terminate()
            for each in staff:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    each.wait(15)
                each.kill()
        rest[0] = 0
        house.run("bury")
        house.run("send")
        report = house.report()
        house.pull_down()
    taken = Counter(sink.recipients)
    assert max(taken.values()) == 1 and {e for e, s in report["rows"].items() if s == "sent"} <= set(taken)
    assert set(report["rows"].values()) <= {"sent", "ambiguous"}
    print(f"broker={broker} {fault}: went on after {took:.1f} s, lost=0 doubled=0")
    assert took < 15 + 1 + (8 if fault == "flushed" else 0), "a fresh worker needs seconds to start"


def purge(house) -> None:
    code = "from config.celery import app; app.control.purge()"
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=house.environment, check=True)


def wait_for(true, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.05)
