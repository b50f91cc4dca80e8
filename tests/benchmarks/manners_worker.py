"""The writers of `benchmark manners`, each until it is told to stop: python -m tests.benchmarks.manners_worker send"""

import json
import os
import signal
import sys
import threading

import django

HITS = 200_000
STOP = threading.Event()


def prepare():
    """Write a spool as the front does."""
    from campaigns.tracking.spool import folder
    from tests.benchmarks.ingest_worker import people, spooled

    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "bench.spool").write_bytes(b"\n".join(spooled(*people(), HITS, 1)) + b"\n")


def send():
    """Send, and begin anew when all is sent."""
    import campaigns.content.batch
    from campaigns.delivery import sender
    from campaigns.models import Campaign
    from tests.benchmarks import send_worker

    campaigns.content.batch.stream = send_worker.joined_messages
    sent = 0
    while not STOP.is_set():
        sent += sender.run(Campaign.objects.get(name="May"), stop=STOP).sent
        if not STOP.is_set():
            break
    print(json.dumps({"sent": sent}))


def ingest():
    """Take in the spool's hits, as `manage.py ingest` does."""
    from django.core.management import call_command

    from campaigns.models import Event

    call_command("ingest")
    print(json.dumps({"hits": Event.objects.count()}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if sys.argv[1] == "send":
        signal.signal(signal.SIGTERM, lambda *_: STOP.set())
    {"prepare": prepare, "send": send, "ingest": ingest}[sys.argv[1]]()
