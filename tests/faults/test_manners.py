"""On SQLite everybody gets their turn: a visitor writes while one process sends, one takes in hits and one imports."""

import pytest

from tests.benchmarks import manners
from tests.faults.house import House
from tests.sink import Sink

pytestmark = pytest.mark.faults


def test_a_visitors_writes_succeed_while_a_campaign_goes_out_hits_come_in_and_a_file_is_imported(tmp_path, monkeypatch):
    monkeypatch.setattr(manners, "LONG", 5.0)
    with Sink() as sink:
        house = House(tmp_path, "sqlite", sink)
        house.run("seed", 3_000, "hold")

        measured, did = manners.beside_all(house, 20_000)

    assert measured["n"] > 20, "each read and write came to its end"
    assert len(sink.recipients) == len(set(sink.recipients)) > 0 and did["hits"] > 0
    print(f"\nsqlite, all at once: {measured}, {did}, mails taken={len(sink.recipients)}")
