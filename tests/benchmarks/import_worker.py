"""The processes that `import` measures, each one way of getting the same rows into the same tables.

python -m tests.benchmarks.import_worker ours people.csv · dump folder · bare folder · bulk people.csv 20000 · empty
Each prints one JSON object: seconds, rows and the process's peak memory in MB.
"""

import csv
import itertools
import json
import marshal
import os
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django

from tests.benchmarks.memory_worker import high_water

TABLES = ["contacts_contact", "contacts_identity", "contacts_subscription", "contacts_consent"]
CHUNK = 10_000  # rows


def seed(path, n):
    """Write a file of n lines: address, names, language, city, points, a card for three in ten, the day of the yes."""
    first, last = ["Ann", "Ben", "Zoé", "Chloé", "Jean-Noël", "Emily"], ["Smith", "O'Neil", "Lefèvre", "D'Angelo"]
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["email", "first name", "last name", "language", "city", "points", "loyalty card", "optin time"])
        for i in range(int(n)):
            k = i * 2_654_435_761 % 4_294_967_296  # scattered, so that no index is filled in order
            domain = "exämple.org" if i % 100 == 99 else f"mail{k % 500}.example.org"
            card = f"20{k:010}" if i % 10 < 3 else ""
            day = f"2024-{k % 12 + 1:02}-{k % 28 + 1:02}"
            out.writerow([f"p{k:x}.{i:x}@{domain}", first[k % 6], last[k % 4], "fr", "Lyon", str(k % 900), card, day])


def ours(path):
    """Import the file as a marketer would: mapped columns, a topic, consent with its evidence."""
    from django.core.files import File

    from contacts import jobs
    from contacts.importing import work
    from tests.make import make_topic

    topic = make_topic(slug="letter")
    with open(path, "rb") as file:
        shape, columns, _first = work.look(file)
        job = work.plan(
            File(file, name="people.csv"), columns=columns, shape=shape, topic=topic, basis="consent",
            evidence="form on the website, since 2023", hint=False,
        )  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    if os.environ.get("BENCHMARK_PROFILE"):
        import cProfile

        cProfile.runctx("jobs.run(job.pk)", {"jobs": jobs, "job": job}, {}, os.environ["BENCHMARK_PROFILE"])
    else:
        jobs.run(job.pk)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    job.refresh_from_db()
    if job.counts.get("created", 0) + job.counts.get("unchanged", 0) != job.counts["lines"]:
        raise SystemExit(f"not all came in: {job.counts}")
    say(seconds, job.counts["lines"], cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def dump(folder):
    """Keep the tables' rows beside, as the limit gets them: text of COPY on PostgreSQL, typed values on SQLite."""
    from django.db import connection

    connection.ensure_connection()
    for table in TABLES:
        with Path(folder, table).open("wb") as file, connection.connection.cursor() if pg() else cursor() as rows:
            if pg():
                with rows.copy(f"COPY (SELECT * FROM {table} ORDER BY id) TO STDOUT") as copy:
                    for piece in copy:
                        file.write(piece)
                continue
            rows.execute(f"SELECT * FROM {table} ORDER BY id")
            while some := rows.fetchmany(CHUNK):
                marshal.dump(some, file)


def bare(folder):
    """Load the kept rows with nothing else: COPY, or executemany of typed values, one transaction for all."""
    from django.db import connection

    connection.ensure_connection()
    n = 0
    began = time.perf_counter()
    for table in TABLES:
        with Path(folder, table).open("rb") as file, connection.connection.cursor() if pg() else cursor() as into:
            if pg():
                with into.copy(f"COPY {table} FROM STDIN") as copy:
                    while piece := file.read(1 << 18):
                        copy.write(piece)
                n = n or into.rowcount
                continue
            while True:
                try:
                    some = marshal.load(file)
                except EOFError:
                    break
                marks = ", ".join("?" * len(some[0]))
                into.executemany(f"INSERT INTO {table} VALUES ({marks})", some)
                n += len(some) if table == TABLES[0] else 0
    seconds = time.perf_counter() - began
    say(seconds, n)


def bulk(path, most):
    """Load the first lines with the ORM's bulk_create, 500 at a time, checked and typed as ours are."""
    from django.db import transaction
    from django.utils import timezone

    from contacts.addresses import normalise
    from contacts.models import Consent, Contact, Identity, Subscription
    from contacts.suppression import hash_of_normalised
    from tests.make import make_topic

    topic, n, now = make_topic(slug="letter"), 0, timezone.now()
    began = time.perf_counter()
    with open(path, encoding="utf-8", newline="") as file:
        lines = itertools.islice(csv.reader(file), 1, int(most) + 1)
        while some := list(itertools.islice(lines, 500)):
            people, cards, yes = [], [], []
            for email, first, last, language, city, points, card, day in some:
                email = normalise(email)
                said = {"city": city, "points": int(points)}
                people.append(
                    Contact(
                        email=email, address_hash=hash_of_normalised(email), first_name=first, last_name=last,
                        language=language, attributes=said, source="import",
                    )
                )  # fmt: skip
                cards.append(card)
                yes.append(datetime.fromisoformat(day).replace(tzinfo=UTC))
            with transaction.atomic():
                Contact.objects.bulk_create(people)
                Identity.objects.bulk_create(
                    Identity(contact=who, kind="card", value=card, proof="imported")
                    for who, card in zip(people, cards, strict=True)
                    if card
                )
                Subscription.objects.bulk_create(
                    Subscription(contact=who, topic=topic, state="subscribed", basis="consent", subscribed_at=at)
                    for who, at in zip(people, yes, strict=True)
                )
                Consent.objects.bulk_create(
                    Consent(
                        contact=who, address_hash=who.address_hash, brand=topic.brand, topic=topic, purpose="email",
                        is_given=True, method="import", evidence={"said": "form", "at": str(now)}, at=at,
                    )
                    for who, at in zip(people, yes, strict=True)
                )  # fmt: skip
            n += len(some)
    say(time.perf_counter() - began, n)


def others():
    """Read a contact and write one, over and over, until told to stop; print the p99 of the writes and reads in ms."""
    import signal

    from contacts.models import Contact, Tag

    took, stop = [], []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    tag, _made = Tag.objects.get_or_create(name="other")
    print("ready", flush=True)
    while not stop:
        began = time.perf_counter()
        Contact.objects.filter(email="nobody@example.org").first()
        Tag.objects.filter(pk=tag.pk).update(name="other")
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.01)
    took.sort()
    print(json.dumps({"p99_ms": round(took[int(len(took) * 0.99)], 1), "n": len(took), "max_ms": round(took[-1], 1)}))


def empty():
    """Empty the tables, so that the next one begins where this one began."""
    from django.db import connection

    from contacts.models import Job, Tag

    Tag.objects.filter(name="other").delete()
    with connection.cursor() as into:
        if pg():
            into.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        else:
            into.execute("PRAGMA foreign_keys = OFF")
            for table in [*TABLES, "contacts_contacttag"]:
                into.execute(f"DELETE FROM {table}")
            into.execute("VACUUM")
            into.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if pg():
            into.execute("CHECKPOINT")
    Job.objects.all().delete()


def pg():
    from django.db import connection

    return connection.vendor == "postgresql"


class cursor:
    """sqlite3's own cursor, one transaction, without Django round it; values come and go as they lie in the file."""

    def __enter__(self):
        import sqlite3

        from django.db import connection

        self.file = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        self.file.execute("PRAGMA synchronous = FULL")
        return self.file.cursor().execute("BEGIN IMMEDIATE")

    def __exit__(self, *why):
        self.file.commit()
        self.file.close()


def say(seconds, rows, **more):
    peak = high_water() // 1024
    print(json.dumps({"seconds": seconds, "rows": rows, "rss_mb": peak, **more}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    {"seed": seed, "ours": ours, "dump": dump, "bare": bare, "bulk": bulk, "empty": empty, "others": others}[
        sys.argv[1]
    ](*sys.argv[2:])
