"""kill -9 of the sender at each of six points. Pass: 0 lost everywhere; hold: 0 doubled; resend: at most one a
connection and kill.

FAULTS_MAILS and FAULTS_KILLS enlarge it: docs/faults.md has the table of the large run.
"""

import os
import random
from collections import Counter

import pytest

from tests.faults.house import DATABASES, MAILS, House
from tests.faults.worker import POINTS
from tests.sink import Sink

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("FAULTS_KILLS", "2"))
CONNECTIONS = 4


@pytest.fixture(params=DATABASES)
def house(request, tmp_path):
    with Sink(journal=tmp_path / "taken") as sink:
        house = House(tmp_path, request.param, sink, connections=CONNECTIONS)
        yield house
        house.pull_down()


def kill_until_done(house, point):
    """Start senders that kill themselves, then one that does not, and return how many died."""
    died = 0
    for _ in range(KILLS):
        most = MAILS // KILLS // (12 if point == "after-claim" else 2 * CONNECTIONS)
        code, _ = house.run("send", point, random.randint(1, max(1, most)))
        died += code == -9
        house.run("bury")
    for _ in range(2):
        house.run("retry")
        house.run("send")
    return died


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_sender_loses_nobody_and_doubles_nobody(house, point):
    house.run("seed", MAILS, "hold")

    died = kill_until_done(house, point)

    report = house.report()
    taken = Counter(house.sink.recipients)
    doubtful = {email for email, state in report["rows"].items() if state == "ambiguous"}
    sent = {email for email, state in report["rows"].items() if state == "sent"}
    assert died >= 1 and report["state"] == "finished"
    assert len(report["rows"]) == MAILS and sent | doubtful == set(report["rows"])
    assert sent <= set(taken), "a mail counted as sent that nobody received"
    assert max(taken.values()) == 1, "a mail doubled"
    assert len(doubtful) <= died * CONNECTIONS
    print(f"\n{house.database} hold {point}: kills={died} mails={MAILS} lost=0 doubled=0 in_doubt={len(doubtful)}")


@pytest.mark.parametrize("point", ["after-intent", "after-dot", "after-250"])
def test_where_the_campaign_says_resend_nobody_is_lost_and_at_most_one_a_connection_doubled(house, point):
    house.run("seed", MAILS, "resend")

    died = kill_until_done(house, point)

    report = house.report()
    taken = Counter(house.sink.recipients)
    assert died >= 1 and set(report["rows"].values()) == {"sent"}
    assert set(taken) == set(report["rows"])
    doubled = sum(taken.values()) - len(taken)
    assert doubled <= died * CONNECTIONS
    print(f"\n{house.database} resend {point}: kills={died} mails={MAILS} lost=0 doubled={doubled} in_doubt=0")
