"""How a writer that loops behaves, so that everybody else gets their turn at the database.

with manners.write_batch():          # short: at most 20 ms of writing inside
    Contact.objects.bulk_create(batch)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

PAUSE = 0.001  # seconds; SQLite's lock is not fair: without this rest a loop starves every other writer


@contextmanager
def write_batch() -> Iterator[None]:
    """Commit what is written inside as one transaction and, on SQLite, rest 1 ms after it with the lock free."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        yield
    if outermost and connection.vendor == "sqlite":
        time.sleep(PAUSE)


def database_now() -> datetime:
    """Return the time by the clock all nodes share: PostgreSQL's; with SQLite, this machine's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
