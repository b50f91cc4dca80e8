"""Read spooled hits into events with every rollup, beside a bare batch insert of the same events.

python3 manage.py benchmark ingest               # 50,000 hits: 70 % opens, 25 % clicks, 5 % invalid
python3 manage.py benchmark ingest --n 1000000

Everything happens in one transaction that is rolled back, in batches as the ingest takes them, on the database of
DATABASE_URL; the lines come from 2,000 deliveries of one campaign. Rounds of both are alternated; CPU stays shared.
"""

import random
import resource
import statistics
import time
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

HITS = 50_000
PEOPLE = 2000
ROUNDS = 3
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def run(hits=HITS):
    """Yield one line: ingest beside the bare insert of the same events, with the memory that it took."""
    with transaction.atomic():
        try:
            yield from measured(hits)
        finally:
            transaction.set_rollback(True)


def measured(hits):
    from campaigns.tracking import ingest, rollups, tail
    from campaigns.tracking.tokens import codec

    lines, size = spooled(*people(), hits), ingest.BATCH[connection.vendor]
    ratios, rates, ring = [], [], codec()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(ROUNDS):
        kept, spent, bare = [], 0.0, 0.0
        for at in range(0, len(lines), size):
            with transaction.atomic():
                began = time.perf_counter()
                parsed = [tail.parse(f"r{number}", at + n, line, ring) for n, line in enumerate(lines[at : at + size])]
                kept.append(ingest.store([hit for hit in parsed if hit is not None]).events)
                spent += time.perf_counter() - began
            acts = bare_acts(parsed, number)
            with transaction.atomic():
                began = time.perf_counter()
                rollups.insert(acts)
                bare += time.perf_counter() - began
        rates.append(len(lines) / spent)
        ratios.append(bare / spent)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / before
    yield {
        "name": "ingest", "against": "bare batch insert of the events", "ratio": round(statistics.median(ratios), 3),
        "value": round(statistics.median(rates)), "unit": "hits/s", "n": hits, "database": connection.vendor,
        "events": kept and sum(kept), "memory_grown": round(grown, 2),
    }  # fmt: skip


def people():
    """Make a campaign with eight links and its deliveries to people who agreed; return it and the deliveries' ids."""
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


def spooled(campaign, deliveries, hits):
    """Return lines as the front writes them, over an hour."""
    from campaigns.tracking.tokens import Purpose, make

    dice, now = random.Random(6), time.time_ns()
    opens = [make(Purpose.OPEN, campaign, pk) for pk in deliveries]
    clicks = [make(Purpose.CLICK, campaign, pk) for pk in deliveries]
    lines = []
    for at in range(hits):
        who, what = dice.randrange(PEOPLE), dice.random()
        kind, token = ("o", opens[who]) if what < 0.7 else ("c", clicks[who]) if what < 0.95 else ("o", "0" * 32)
        number = dice.randrange(1, 9) if kind == "c" else 0
        stamp = now - 3_600_000_000_000 + at * (3_600_000_000_000 // hits)
        lines.append(f"{stamp}\t{kind}\t{token}\t{number}\t\t192.0.2.{who % 250}\t{AGENT}\t\tfr".encode())
    return lines


def bare_acts(hits, number):
    """Return the same events under keys of their own."""
    from campaigns.tracking import sorting

    acts = [sorting.act_of(hit) for hit in hits if hit is not None]
    for act in acts:
        act.key = f"bare{number}:{act.key}"
    return acts
