"""One coupon and a thousand hands: exactly as many winners as the limit allows, over HTTP, also across a kill -9.

python3 manage.py benchmark redeem               # 20 runs of 1,000 redeemers on each database
python3 manage.py benchmark redeem --n 100       # 100 redeemers; FANFARE_RUNS=2 for two runs

Each redeemer is a connection of its own with a key of its own, and asks twice, as after a lost answer. Counters are
compared with their rows after every run. The rate is that of one process, beside a bare conditional UPDATE + INSERT in
the same database.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.faults.house import DATABASES, ROOT, House

PORT = int(os.environ.get("FANFARE_BENCHMARK_PORT", "8186"))
RUNS = int(os.environ.get("FANFARE_RUNS", "20"))
AT_ONCE = 250  # connections that wait for an answer together; a server queues more than that anyway


class Nobody:
    """No SMTP server is needed here."""

    port = 1


class Serving:
    """One web process of the house, which can be killed and started again."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.start()

    def start(self) -> None:
        with socket.socket() as probe:  # two servers would share the port, and the crowd between them
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                raise SystemExit(f"Port {PORT} is taken. End what listens there, or set FANFARE_BENCHMARK_PORT.")
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORT),
            "--workers", "1", "--blocking-threads", "4", "--backlog", "2048", "--no-access-log", "--log-level", "error",
            "--no-ws", "config.wsgi:application",
        ]  # fmt: skip
        self.child = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit("The web server did not start.")

    def stop(self, how: int = signal.SIGTERM) -> None:
        os.killpg(self.child.pid, how)
        self.child.wait()


async def post(path: str, body: dict[str, Any], key: str, token: str) -> tuple[int, dict[str, Any]]:
    """POST once; 0 when the connection broke."""
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    )
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(head.encode() + data)
        answer = await reader.read()
        writer.close()
    except OSError:
        return 0, {}
    if not answer.startswith(b"HTTP/1.1 "):
        return 0, {}
    first, _blank, rest = answer.partition(b"\r\n\r\n")
    body_text = rest if b"chunked" not in first.lower() else rest.split(b"\r\n")[1]
    try:
        return int(first.split()[1]), json.loads(body_text)
    except (ValueError, IndexError):
        return int(first.split()[1]), {}


async def crowd(wishes: list[tuple[str, dict[str, Any], str]], token: str, each: Any = None) -> list[Any]:
    """Send all wishes, AT_ONCE waiting together, and return the answers in their order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(wish: tuple[str, dict[str, Any], str]) -> tuple[int, dict[str, Any]]:
        async with gate:
            answer = await post(*wish, token)
            if each:
                each(answer)
            return answer

    return await asyncio.gather(*(one(wish) for wish in wishes))


def ask(wishes: list[tuple[str, dict[str, Any], str]], token: str, each: Any = None) -> list[Any]:
    return asyncio.run(crowd(wishes, token, each))


def worker(house: House, *words: object) -> Any:
    command = [sys.executable, "-m", "tests.benchmarks.redeem_worker", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=house.environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def statuses(answers: list[Any]) -> dict[str, int]:
    return {str(status): n for status, n in sorted(Counter(status for status, _body in answers).items())}


def redemptions(codes: list[str], mark: str) -> list[tuple[str, dict[str, Any], str]]:
    return [("/api/v1/redemptions/", {"code": code}, f"{mark}{number}") for number, code in enumerate(codes)]


def must(said: bool, what: str) -> None:
    if not said:
        raise SystemExit(f"NOT HELD: {what}")


def race(house: House, serving: Serving, n: int, run: int) -> dict[str, Any]:
    """One run of the four races; ends the benchmark when a promise does not hold."""
    made = worker(house, "seed", n)
    token, mark = made["token"], f"r{run}-"

    one = redemptions([made["one"]] * n, f"{mark}one")
    first, again = ask(one, token), ask(one, token)
    must(statuses(first) == {"201": 1, "409": n - 1}, f"one winner: {statuses(first)}")
    must(first == again, "each retry gets its first answer")

    three = redemptions(made["limited"], f"{mark}three")
    first, again = ask(three, token), ask(three, token)
    must(statuses(first)["201"] == 3 and statuses(first)["409"] == n - 3, f"limit 3: {statuses(first)}")
    must(first == again, "each retry gets its first answer")

    wish = {"offer": made["offer"], "contact": made["contact"]}
    claims = ask([("/api/v1/claims/", wish, f"{mark}claim{number}") for number in range(100)], token)
    must(len({body.get("id") for _status, body in claims}) == 1, "a contact who presses a hundred times has one claim")
    hers = ask(redemptions([claims[0][1]["code"]] * 100, f"{mark}hers"), token)
    must(statuses(hers) == {"201": 1, "409": 99}, f"and one use: {statuses(hers)}")

    killed = kill_midway(serving, redemptions(made["many"], f"{mark}kill"), token)
    truth = worker(house, "check", mark)
    must(truth["differences"] == 0, "counters equal their rows")
    must(truth["used_twice"] == 0, "no claim stands redeemed twice")
    return {"answered_before_the_kill": killed}


def kill_midway(serving: Serving, wishes: list[tuple[str, dict[str, Any], str]], token: str) -> int:
    """Kill the server with SIGKILL after a third of the answers, start it again, ask all again with the same keys."""
    answered = 0

    def each(answer: Any) -> None:
        nonlocal answered
        answered += answer[0] == 201
        if answered == len(wishes) // 3 and serving.child.poll() is None:
            os.killpg(serving.child.pid, signal.SIGKILL)

    before = ask(wishes, token, each)
    serving.child.wait()
    serving.start()
    after = ask(wishes, token)
    must(statuses(after) == {"201": len(wishes)}, f"after the kill each gets its redemption: {statuses(after)}")
    same = all(old[1]["id"] == new[1]["id"] for old, new in zip(before, after, strict=True) if old[0] == 201)
    must(same, "who was answered before the kill gets the same redemption")
    return sum(1 for status, _body in before if status == 201)


def run(n: int = 1_000):
    """Yield one line for the races and one for the rate, for each database."""
    for database in DATABASES:
        with tempfile.TemporaryDirectory() as folder:
            house = House(Path(folder), database, Nobody())
            house.environment["LOG_LEVEL"] = "ERROR"  # a refusal is no trouble here
            serving = Serving(house.environment)
            began = time.perf_counter()
            try:
                last: dict[str, Any] = {}
                for number in range(RUNS):
                    last = race(house, serving, n, number)
                yield {
                    "name": "redeem: winners", "value": 1, "unit": "winner of one coupon", "n": n, "runs": RUNS,
                    "database": database, "seconds": round(time.perf_counter() - began, 1), **last,
                }  # fmt: skip
                rate = worker(house, "rate", 300)
            finally:
                serving.stop()
                house.pull_down()
        yield {
            "name": "redeem: rate", "against": "conditional UPDATE + INSERT",
            "ratio": round(rate["ours"] / rate["bare"], 2),
            "value": round(rate["ours"]), "bare": round(rate["bare"]), "unit": "redemptions/s", "n": 300,
            "database": database,
        }  # fmt: skip
