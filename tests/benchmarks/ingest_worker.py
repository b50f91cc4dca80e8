"""What `benchmark ingest` measures, on an empty database: python -m tests.benchmarks.ingest_worker 50000

Lines come from 2,000 deliveries of one campaign, over an hour for each round, so that none meets another's neighbours.
"""

import json
import os
import random
import statistics
import sys
import time
from datetime import timedelta

import django

from tests.benchmarks.memory_worker import high_water

PEOPLE = 2000
ROUNDS = 3
HOUR = 3_600_000_000_000  # ns
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def measured(hits):
    """Print one line: the ratio of the rounds, hits a second, and how much the memory grew."""
    from django.db import connection

    from campaigns.tracking import ingest

    who, size = people(), ingest.BATCH[connection.vendor]
    ratios, rates, events = [], [], 0
    before = high_water()
    for number in range(ROUNDS):
        spent, bare, events = a_round(spooled(*who, hits, ROUNDS - number), number, size)
        rates.append(hits / spent)
        ratios.append(bare / spent)
    grown = high_water() / before
    line = {
        "name": "ingest", "against": "bare batch insert of the events", "ratio": round(statistics.median(ratios), 3),
        "value": round(statistics.median(rates)), "unit": "hits/s", "n": hits, "database": connection.vendor,
        "events": events, "memory_grown": round(grown, 2),
    }  # fmt: skip
    print(json.dumps(line))


def a_round(lines, number, size):
    """Return the seconds of the ingest, those of the bare insert, and how many events each stored."""
    from django.db import transaction

    from campaigns.tracking import ingest, rollups, tail
    from campaigns.tracking.tokens import codec

    spent, bare, events, ring = 0.0, 0.0, 0, codec()
    for at in range(0, len(lines), size):
        began = time.perf_counter()
        parsed = [tail.parse(f"r{number}", at + n, line, ring) for n, line in enumerate(lines[at : at + size])]
        with transaction.atomic():
            events += ingest.store([hit for hit in parsed if hit is not None]).events
        spent += time.perf_counter() - began
        acts = bare_acts(parsed, number)
        began = time.perf_counter()
        with transaction.atomic():
            rollups.insert(acts)
        bare += time.perf_counter() - began
    return spent, bare, events


def people():
    """Make a campaign with eight links and its deliveries to people who agreed; return it and the deliveries' ids."""
    from django.utils import timezone

    from campaigns import links
    from campaigns.models import Campaign, Delivery
    from contacts.models import Contact

    campaign, since = Campaign.objects.create(name="ingest"), timezone.now() - timedelta(days=1)
    for n in range(1, 9):
        links.number_for(campaign, None, f"b{n}", f"https://shop.example/{n}")
    contacts = Contact.objects.bulk_create(
        [Contact(email=f"i{n}@bench.example", open_tracking_at=since, click_tracking_at=since) for n in range(PEOPLE)]
    )
    made = Delivery.objects.bulk_create([Delivery(campaign=campaign, contact=contact) for contact in contacts])
    return campaign.pk, [delivery.pk for delivery in made]


def spooled(campaign, deliveries, hits, hours_ago):
    """Return lines as the front writes them, over the hour that began so many hours ago."""
    from campaigns.tracking.tokens import Purpose, make

    dice, now = random.Random(6), time.time_ns()
    opens = [make(Purpose.OPEN, campaign, pk) for pk in deliveries]
    clicks = [make(Purpose.CLICK, campaign, pk) for pk in deliveries]
    lines = []
    for at in range(hits):
        who, what = dice.randrange(PEOPLE), dice.random()
        kind, token = ("o", opens[who]) if what < 0.7 else ("c", clicks[who]) if what < 0.95 else ("o", "0" * 32)
        number = dice.randrange(1, 9) if kind == "c" else 0
        stamp = now - hours_ago * HOUR + at * (HOUR // hits)
        lines.append(f"{stamp}\t{kind}\t{token}\t{number}\t\t192.0.2.{who % 250}\t{AGENT}\t\tfr".encode())
    return lines


def bare_acts(hits, number):
    """Return the same events under keys of their own, a day before, so that they are nobody's neighbours."""
    from campaigns.tracking import sorting

    acts = [sorting.act_of(hit) for hit in hits if hit is not None]
    for act in acts:
        act.key, act.at = f"bare{number}:{act.key}", act.at - timedelta(days=1)
    return acts


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    measured(int(sys.argv[1]))
