"""The process that `send` measures: seeds a database, sends it to a sink, prints what it took.

python -m tests.benchmarks.send_worker seed 20000 · seed_many 1000000 · again · send [most]
"""

import json
import os
import sys
import threading
import time

import django

from tests.benchmarks.memory_worker import high_water

SIZE = 30_000  # octets of a mail


def seed(n: str) -> None:
    """Write a campaign of n waiting deliveries to n subscribed contacts."""
    from tests.faults.worker import seed as seed_ledger

    seed_ledger(n, "hold")


def seed_many(n: str) -> None:
    """Write the same for a large n, by the database itself: one row of each table made many times over."""
    from campaigns.models import Delivery
    from contacts.models import Contact, Subscription

    seed("1")
    first = Contact.objects.get().pk
    own = {
        Contact: {"email": "'fan' || k || '@example.com'", "address_hash": f"{padded('k')}"},
        Subscription: {"contact_id": f"{first} + k"},
        Delivery: {"contact_id": f"{first} + k"},
    }
    for model, values in own.items():
        repeat(model, int(n) - 1, values)


def padded(number: str) -> str:
    from django.db import connection

    return f"lpad({number}::text, 32, 'f')" if connection.vendor == "postgresql" else f"printf('%%032d', {number})"


def repeat(model, n, values):
    """Insert the model's one row n times more; `values` says what differs, k counts from 1."""
    from django.db import connection

    table, key = model._meta.db_table, model._meta.pk.column
    columns = [field.column for field in model._meta.concrete_fields]
    if connection.vendor == "postgresql":
        series = "SELECT generate_series(1, %s) AS k"
        columns.remove(key)
    else:
        series = "WITH RECURSIVE s(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM s WHERE k < %s) SELECT k FROM s"
        values = {**values, key: f"t.{key} + k"}
    what = ", ".join(values.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {what} FROM {table} t, ({series}) each", [n])


def again() -> None:
    """Put everything back into the queue."""
    from campaigns.models import Campaign, Delivery

    Delivery.objects.update(state="queued", attempts=0, fence=0, sent_at=None, owner="", lease_until=None)
    Campaign.objects.update(state="sending", finished_at=None)


STOP = threading.Event()
MOST = 10**9  # mails after which to stop, though more wait


def send(most: str = "") -> None:
    """Send all of it, or about `most` mails; print mails, seconds and this process's CPU seconds and memory."""
    global MOST
    MOST = int(most or MOST)
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
    since, began, worked = time.time(), time.perf_counter(), time.process_time()
    counts = sender.run(stop=STOP)
    said = {
        "sent": counts.sent,
        "since": since,
        "until": time.time(),
        "seconds": time.perf_counter() - began,
        "cpu_sending": time.process_time() - worked,
        "rss": high_water(),
    }
    print(json.dumps(said))


PART = b'<td style=3D"padding:0">x=\r\n' + b"y" * 74 + b"=\r\n"
MADE = [0]
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
        MADE[0] += 1
        if MADE[0] >= MOST:
            STOP.set()
        yield Outgoing(row.pk, "bounce@brand.example", email, b"".join(pieces))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    globals()[sys.argv[1]](*sys.argv[2:])
