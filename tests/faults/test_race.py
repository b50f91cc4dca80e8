"""Several senders on one ledger: each mail leaves once."""

from collections import Counter

import pytest

from tests.faults.house import DATABASES, House
from tests.sink import Sink

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("database", DATABASES)
def test_three_processes_never_share_a_row(tmp_path, database):
    with Sink() as sink:
        house = House(tmp_path, database, sink)
        house.run("seed", 600, "hold")

        processes = [house.start("send") for _ in range(3)]
        outputs = [process.communicate(timeout=120)[0] for process in processes]

        report = house.report()
        house.pull_down()
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    assert set(Counter(sink.recipients).values()) == {1} and len(sink.recipients) == 600
    assert set(report["rows"].values()) == {"sent"} and report["state"] == "finished"
