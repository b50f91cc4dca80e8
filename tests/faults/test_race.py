"""F4: several senders on one ledger: each mail leaves once. RACE_SENDERS, RACE_MAILS and RACE_ROUNDS enlarge it."""

import os
from collections import Counter

import pytest

from tests.faults.house import DATABASES, House
from tests.sink import Sink

pytestmark = pytest.mark.faults


SENDERS = int(os.environ.get("RACE_SENDERS", "3"))
MAILS = int(os.environ.get("RACE_MAILS", "600"))
ROUNDS = int(os.environ.get("RACE_ROUNDS", "1"))


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_processes_that_race_never_share_a_row(tmp_path, database, number):
    with Sink() as sink:
        house = House(tmp_path, database, sink)
        house.run("seed", MAILS, "hold")

        processes = [house.start("send") for _ in range(SENDERS)]
        outputs = [process.communicate(timeout=120 + MAILS / 20)[0] for process in processes]

        report = house.report()
        house.pull_down()
    assert [process.returncode for process in processes] == [0] * SENDERS, outputs
    assert set(Counter(sink.recipients).values()) == {1} and len(sink.recipients) == MAILS
    assert set(report["rows"].values()) == {"sent"} and report["state"] == "finished"
    print(f"\n{database} round {number + 1}: senders={SENDERS} mails={MAILS} lost=0 doubled=0")
