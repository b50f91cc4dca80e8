"""Kill the web server and the ingest while hits come in: what was acknowledged is stored, and stored once."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "4"))
PORT = 8181
SEED = """
from campaigns import links
from campaigns.models import Campaign, Delivery
from campaigns.tracking.ingest import Chores
from campaigns.tracking.spool import folder
from campaigns.tracking.tokens import Purpose, make
from contacts import consent, identities
from django.utils import timezone
from datetime import timedelta
campaign = Campaign.objects.create(name="kill")
ann = identities.create(email="ann@example.com")
for purpose in ("open_tracking", "click_tracking"):
    consent.give(ann, purpose, method="form", at=timezone.now() - timedelta(days=1))
delivery = Delivery.objects.create(campaign=campaign, contact=ann)
links.number_for(campaign, None, "b1", "https://shop.example/")
Chores(folder()).sync()
opened, clicked = (make(purpose, campaign.pk, delivery.pk) for purpose in (Purpose.OPEN, Purpose.CLICK))
print("PATHS", f"/o/{opened}.gif", f"/c/{clicked}/1")
"""
COUNT = """
from campaigns.models import Event, HourlyTotal, Campaign
from campaigns.tracking import recount
from django.db.models import Sum
rows = Event.objects.count()
total = HourlyTotal.objects.filter(dimension="").aggregate(n=Sum("n"))["n"] or 0
keys = Event.objects.values("key").distinct().count()
print("COUNT", rows, keys, total, len(recount.differences(Campaign.objects.get())))
"""
pytestmark = pytest.mark.faults


class House:
    """A database and a spool of their own, with processes that can be killed and started again."""

    def __init__(self, folder):
        database = os.environ.get("FAULTS_DATABASE_URL", f"sqlite:///{folder}/fanfare.sqlite3")
        self.env = {
            **os.environ,
            "VAR_DIR": str(folder),
            "DATABASE_URL": database,
            "FANFARE_BOOTSTRAP": "0",
            "LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore",
        }
        self.children = {}

    def manage(self, *words):
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def start(self, name):
        command = {
            "web": [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORT),
                    "--workers", "2", "--blocking-threads", "2", "--no-access-log", "config.wsgi:application"],
            "ingest": [sys.executable, "manage.py", "ingest"],
        }[name]  # fmt: skip
        self.children[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name, how=signal.SIGKILL):
        child = self.children.pop(name)
        os.killpg(child.pid, how)
        child.wait()

    def wait_for_port(self):
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError("The web server did not start.")


class Visitor(threading.Thread):
    """Loads the two paths as fast as it can and counts what was answered."""

    def __init__(self, paths):
        super().__init__(daemon=True)
        self.paths, self.acknowledged, self.asked, self.errors, self.stopping = paths, 0, 0, 0, False

    def run(self):
        connection = None
        while not self.stopping:
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
                self.asked += 1
                connection.request("GET", random.choice(self.paths), headers={"User-Agent": "Mozilla/5.0 (iPhone; x)"})
                answer = connection.getresponse()
                answer.read()
                self.acknowledged += answer.status in (200, 302)
                self.errors += answer.status >= 500
            except (OSError, http.client.HTTPException):
                connection = None
                time.sleep(0.05)


def test_kills_of_web_and_ingest_lose_and_double_nothing(tmp_path):
    house = House(tmp_path)
    house.manage("migrate", "--verbosity", "0")
    paths = house.manage("shell", "-c", SEED).split("PATHS")[1].split()
    house.start("web")
    house.start("ingest")
    house.wait_for_port()
    visitors = [Visitor(paths) for _ in range(3)]
    [visitor.start() for visitor in visitors]
    try:
        for at in range(KILLS):
            time.sleep(random.uniform(0.5, 1.5))
            name = ("web", "ingest")[at % 2]
            house.kill(name)
            house.start(name)
            house.wait_for_port()
        time.sleep(0.5)
    finally:
        for visitor in visitors:
            visitor.stopping = True
        [visitor.join(10) for visitor in visitors]
        for name in list(house.children):
            house.kill(name)
    house.manage("ingest", "--once")

    rows, keys, total, differences = map(int, house.manage("shell", "-c", COUNT).split("COUNT")[1].split())
    acknowledged, asked = sum(v.acknowledged for v in visitors), sum(v.asked for v in visitors)
    print(f"kills={KILLS} asked={asked} acknowledged={acknowledged} stored={rows}")
    assert acknowledged > 100 and sum(v.errors for v in visitors) == 0
    assert rows == keys == total and differences == 0, "stored once, and counted as stored"
    assert acknowledged <= rows <= asked, "nothing acknowledged is lost; what was stored unacknowledged was asked"
    assert list((tmp_path / "spool").glob("*.spool")) == [], "all read to their end"
