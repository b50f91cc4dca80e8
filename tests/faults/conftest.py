import time

import pytest

from tests.faults.house import DATABASES
from tests.sink import Sink

collect_ignore = [] if "postgresql" in DATABASES else ["test_postgresql.py"]


@pytest.fixture
def sink(tmp_path):
    def slow(phase, n, line):
        if phase == "dot":
            time.sleep(0.03)

    with Sink(slow, journal=tmp_path / "taken") as sink:
        yield sink
