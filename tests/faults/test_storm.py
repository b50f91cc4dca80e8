"""F2, F5 and SIGTERM: senders that die at random, are paused, slowed and resumed all the time, or are asked to go."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.faults.house import DATABASES, MAILS, ROOT, House
from tests.faults.test_broker import wait_for
from tests.sink import HANG, Sink

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("FAULTS_KILLS", "2"))
CONNECTIONS = 4


@pytest.fixture(params=DATABASES)
def house(request, tmp_path):
    """A house whose server takes its time, so that a small campaign outlasts the fault."""
    rest = [0.05]

    def slow(phase, n, line):
        if phase == "dot" and rest[0]:
            time.sleep(rest[0])

    with Sink(slow, journal=tmp_path / "taken") as sink:
        house = House(tmp_path, request.param, sink, connections=CONNECTIONS)
        house.rest = rest
        yield house
        house.pull_down()


def serve(house):
    """Start `manage.py send`, as a machine without a broker runs it."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "send"], cwd=ROOT, env=house.environment, stdout=subprocess.PIPE, text=True
    )


def finish_and_compare(house, most_in_doubt):
    """Let one sender end it, and hold the ledger beside what the server took."""
    house.rest[0] = 0
    house.run("bury")
    house.run("send")
    report, taken = house.report(), Counter(house.sink.recipients)
    doubtful = {email for email, state in report["rows"].items() if state == "ambiguous"}
    sent = {email for email, state in report["rows"].items() if state == "sent"}
    assert sent | doubtful == set(report["rows"]) and report["state"] == "finished", "nobody is lost"
    assert sent <= set(taken), "a mail counted as sent that nobody received"
    assert max(taken.values()) == 1, "a mail doubled"
    assert len(doubtful) <= most_in_doubt
    return len(doubtful)


def test_senders_worker_and_beat_killed_at_random_lose_and_double_nobody(house):
    mails, kills = max(MAILS, 400), 3 * KILLS
    house.environment |= {"BROKER_QUEUE": f"faults-{os.getpid()}-{time.monotonic_ns()}"}
    house.run("seed", mails, "hold")
    house.run("content")
    starts = [
        lambda: serve(house),
        lambda: house.start("send"),
        lambda: house.celery("worker", "-P", "threads", "-c", 2),
        lambda: house.celery("beat", "--pidfile", ""),
    ]
    staff = [start() for start in starts]
    try:
        wait_for(lambda: len(house.sink.recipients) > 10, 60)
        for _ in range(kills):
            time.sleep(random.uniform(0.2, 2.0))
            who = random.randrange(len(staff))
            staff[who].kill()
            staff[who].wait()
            staff[who] = starts[who]()
    finally:
        for each in staff:
            each.kill()
            each.wait()
    doubtful = finish_and_compare(house, (kills + len(staff)) * CONNECTIONS * 2)
    print(f"\n{house.database} random kills={kills} mails={mails} lost=0 doubled=0 in_doubt={doubtful}")


def test_paused_slowed_and_resumed_again_and_again_each_contact_gets_one_mail(house):
    mails, rounds = max(MAILS, 60 * KILLS), 3 * KILLS
    house.run("seed", mails, "hold")
    house.run("content")
    sender, meddler = serve(house), house.start("meddle")
    sink = house.sink
    try:
        wait_for(lambda: len(sink.recipients) > 5, 60)
        for each in range(rounds):
            assert order(meddler, "pause") == "paused"
            at_pause = len(sink.recipients)
            time.sleep(0.4)
            assert len(sink.recipients) <= at_pause + CONNECTIONS, "more than one mail a connection after a pause"
            order(meddler, f"pace {random.choice([0, 36_000, 360_000])}")
            at_resume = len(sink.recipients)
            assert order(meddler, "resume") == "resumed"
            wait_for(lambda at=at_resume: len(sink.recipients) > at, 2 + 1.5)
            if each == rounds // 2:
                sender.kill()  # and a restart in between
                sender.wait()
                house.run("bury")
                sender = serve(house)
                at_restart = len(sink.recipients)
                wait_for(lambda at=at_restart: len(sink.recipients) > at, 60)
        order(meddler, "pace 0")
    finally:
        meddler.kill()
        sender.terminate()
        sender.wait(30)
        meddler.wait()
    doubtful = finish_and_compare(house, CONNECTIONS)
    print(f"\n{house.database} pauses={rounds} mails={mails} lost=0 doubled=0 in_doubt={doubtful}")


def order(process, words):
    process.stdin.write(words + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_cancelled_campaign_stops_within_a_mail_a_connection(house):
    house.run("seed", 200, "hold")
    house.run("content")
    sender, meddler = serve(house), house.start("meddle")
    try:
        wait_for(lambda: len(house.sink.recipients) > 5, 60)
        assert order(meddler, "cancel") == "cancelled"
        at_cancel = len(house.sink.recipients)
        time.sleep(1)
        assert len(house.sink.recipients) <= at_cancel + CONNECTIONS
    finally:
        meddler.kill()
        sender.terminate()
        sender.wait(30)
        meddler.wait()
    rows = Counter(house.report()["rows"].values())
    assert rows["sent"] == len(house.sink.recipients) and rows["sent"] + rows["cancelled"] == 200


@pytest.mark.parametrize("server", ["answers", "hangs after a dot"])
def test_sigterm_drains_within_ten_seconds(house, server):
    house.run("seed", 300, "hold")
    house.run("content")
    slow = house.sink.script
    if server != "answers":
        house.sink.script = lambda phase, n, line: HANG if phase == "dot" and n == 20 else slow(phase, n, line)
    sender = serve(house)
    wait_for(lambda: len(house.sink.recipients) > 30, 60)

    began = time.monotonic()
    sender.send_signal(signal.SIGTERM)
    sender.wait(30)
    took = time.monotonic() - began

    rows = Counter(house.report()["rows"].values())
    assert sender.returncode == 0 and took < 10
    assert rows["claimed"] == 0 and rows["committing"] <= (server != "answers"), "what was not tried went back"
    assert rows["sent"] + rows["ambiguous"] + rows["committing"] == len(house.sink.recipients) < 300
    print(f"\n{house.database} SIGTERM, the server {server}: gone after {took:.1f} s, {dict(rows)}")
