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

CACHE = 16_000  # KiB of SQLite's pages that a long writer keeps in memory


@contextmanager
def write_batch() -> Iterator[None]:
    """Commit what is written inside as one transaction and, on SQLite, rest 1 ms after it with the lock free."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        yield
    if outermost and connection.vendor == "sqlite":
        time.sleep(PAUSE)


@contextmanager
def long_writing() -> Iterator[None]:
    """Write much and long: on SQLite the log is copied into the file by `settle`, outside the lock, not by a commit."""
    if connection.vendor != "sqlite":
        yield
        return
    _pragma("wal_autocheckpoint = 0", f"cache_size = -{CACHE}")
    try:
        yield
    finally:
        _pragma("wal_autocheckpoint = 1000", "cache_size = -2000")  # SQLite's own defaults


def settle() -> None:
    """Copy SQLite's log into its file, when nobody reads from it; between two batches of long writing."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        _pragma("wal_checkpoint(PASSIVE)")


def version() -> int:
    """Return a number that changes whenever another connection has written; on PostgreSQL always the same."""
    return _pragma("data_version") if connection.vendor == "sqlite" else 0


def _pragma(*words: str) -> int:
    with connection.cursor() as cursor:
        for word in words:
            cursor.execute(f"PRAGMA {word}")
        return int((cursor.fetchone() or (0,))[0])


def database_now() -> datetime:
    """Return the time by the clock all nodes share: PostgreSQL's; with SQLite, this machine's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
