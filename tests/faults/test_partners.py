"""kill -9 of the process that answers a partner, and of the one that tells her: nothing twice, nothing lost."""

import json
import subprocess
import sys

import pytest

from tests.api.receiver import Receiver
from tests.faults.house import DATABASES, PATIENCE, ROOT, House
from tests.faults.partner_worker import POINTS, N

pytestmark = pytest.mark.faults


class Partners(House):
    """A house whose processes are those of partners."""

    def run(self, *words: object) -> tuple[int, str]:
        command = [sys.executable, "-m", "tests.faults.partner_worker", *map(str, words)]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode in (0, -9), done.stderr[-2000:]
        return done.returncode, done.stdout

    def answer(self, *words: object) -> dict:
        return json.loads(self.run(*words)[1])


@pytest.fixture(params=DATABASES)
def house(request, tmp_path, sink):
    house = Partners(tmp_path, request.param, sink)
    house.environment["OUTSIDE_ALSO"] = "127.0.0.0/8"
    yield house
    house.pull_down()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.mark.parametrize("point", POINTS)
def test_a_redemption_whose_process_was_killed_is_made_once_when_it_is_asked_again(house, receiver, point):
    made = house.answer("seed", receiver.port)
    asked = ("ask", "order-7", made["code"], made["key"])

    died, _ = house.run(*asked, point)
    between = house.report()
    first, again = house.answer(*asked), house.answer(*asked)

    assert died == -9 and between["redemptions"] == between["keys"] == 0
    assert first["status"] == 201 and first == again
    assert house.report()["redemptions"] == 1


@pytest.mark.parametrize("point", POINTS)
def test_a_test_event_whose_process_was_killed_can_be_asked_again_and_is_answered_in_the_end(house, receiver, point):
    made = house.answer("seed", receiver.port)
    asked = ("test", "test-7", made["hook"], made["key"])

    died, _ = house.run(*asked, point)
    at_once = house.answer(*asked)
    house.run("late")
    first, again = house.answer(*asked), house.answer(*asked)

    assert died == -9
    assert at_once["status"] == (200 if point == "kept" else 409), "only an answer that was kept is there at once"
    assert first["status"] == 200 and first == again
    assert len(receiver.requests) == {"taken": 1, "acted": 2, "kept": 1}[point]


def test_a_teller_that_is_killed_after_the_receivers_answer_loses_nothing_and_repeats_one_under_its_id(house, receiver):
    house.run("seed", receiver.port)
    kills = 0
    for _ in range(3):
        kills += house.run("tell", 3)[0] == -9
        house.run("late")
    house.run("tell")

    ids = [headers["webhook-id"] for headers, _body in receiver.requests]
    told = [json.loads(body)["data"] for _headers, body in receiver.requests]
    report = house.report()
    assert (report["delivered"], report["owed"]) == (N, 0)
    assert kills == 3 and len(set(ids)) == N and len(ids) <= N + kills, "at least once, once more a kill at most"
    for person in {one["contact"] for one in told}:
        acts = list(dict.fromkeys(one["event"] for one in told if one["contact"] == person))
        assert acts == sorted(acts), "in the order of each person"
