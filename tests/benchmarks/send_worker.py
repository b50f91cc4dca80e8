"""The process that `send` measures: seeds a database, sends it to a sink, prints what it took.

python -m tests.benchmarks.send_worker seed 20000 · send 10
"""

import json
import os
import resource
import sys
import time

import django

SIZE = 30_000  # octets of a mail


def seed(n: str) -> None:
    """Write a campaign of n waiting deliveries to n subscribed contacts."""
    from tests.faults.worker import seed as seed_ledger

    seed_ledger(n, "hold")


def again() -> None:
    """Put everything back into the queue."""
    from campaigns.models import Campaign, Delivery

    Delivery.objects.update(state="queued", attempts=0, fence=0, sent_at=None, owner="", lease_until=None)
    Campaign.objects.update(state="sending", finished_at=None)


def send() -> None:
    """Send all of it and print mails, seconds and this process's CPU seconds and memory."""
    import campaigns.content.batch
    from campaigns.delivery import sender

    if os.environ.get("BENCHMARK_CONTENT") != "real":
        campaigns.content.batch.stream = joined_messages
    if os.environ.get("BENCHMARK_PROFILE"):
        import cProfile
        import pstats

        profile = cProfile.Profile(time.process_time)
        profile.runcall(sender.run)
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)
        return
    began, worked = time.perf_counter(), time.process_time()
    counts = sender.run()
    said = {
        "sent": counts.sent,
        "seconds": time.perf_counter() - began,
        "cpu_sending": time.process_time() - worked,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    print(json.dumps(said))


PART = b'<td style=3D"padding:0">x=\r\n' + b"y" * 74 + b"=\r\n"
PARTS = [PART * (SIZE // 20 // len(PART))] * 20


def joined_messages(campaign, deliveries):
    """The plainest rendering there is: ready parts joined round 20 personal values, so that ledger and wire are
    measured.
    """
    from campaigns.content.batch import Outgoing
    from contacts.models import Contact

    emails = dict(Contact.objects.filter(pk__in=[row.contact_id for row in deliveries]).values_list("pk", "email"))
    for row in deliveries:
        email = emails[row.contact_id]
        head = f"From: news@brand.example\r\nTo: {email}\r\nSubject: May\r\nMessage-ID: <{row.id}@b>\r\n\r\n".encode()
        value = email.encode() + b"=\r\n"
        pieces = [head]
        for part in PARTS:
            pieces.append(part)
            pieces.append(value)
        pieces.append(b"\r\n")
        yield Outgoing(row.pk, "bounce@brand.example", email, b"".join(pieces))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    globals()[sys.argv[1]](*sys.argv[2:])
