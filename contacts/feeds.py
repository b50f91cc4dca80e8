"""Read a table that grows by its numbers, without ever passing over a row whose transaction ends late.

feeds.settled(Event)     # → 81234: every row up to 81,234 that will ever exist can be seen now

On PostgreSQL a number is given out before its row can be seen, so that a reader who remembers "I was at 7" misses the
row 5 that is committed afterwards. On SQLite there is one writer, and numbers appear in their order.
"""

from __future__ import annotations

from django.db import connection, models

from contacts.models import FeedMark

MOST_MARKS = 200  # of one table that wait for their writers; more say nothing new

# Whoever holds a transaction number in this database, but ourselves, by the name that no other gets until a restart.
WRITERS = """
    SELECT DISTINCT held.virtualtransaction
    FROM pg_locks held JOIN pg_stat_activity who ON who.pid = held.pid
    WHERE held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock' AND held.granted
      AND who.datname = current_database() AND held.pid <> pg_backend_pid()
"""


def settled(model: type[models.Model]) -> int:
    """Return the highest primary key up to which no row can appear any more; 0 for a table without rows.

    Reads:   on PostgreSQL the table's sequence, then the transactions that write (in this order: whoever got a
             number before is among them).
    Writes:  FeedMark, while somebody writes: once all of its writers have ended, its number is settled.
    """
    if connection.vendor != "postgresql":
        return model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0
    table = model._meta.db_table
    last, writers = _last_number(table), _writers()
    if not writers:
        return last
    marks = list(FeedMark.objects.filter(table=table).order_by("last_id"))
    done = [mark for mark in marks if not writers.intersection(mark.writers)]
    reached = done[-1].last_id if done else 0
    FeedMark.objects.filter(table=table, last_id__lt=reached).delete()
    if len(marks) - len(done) < MOST_MARKS and last > (marks[-1].last_id if marks else 0):
        FeedMark.objects.bulk_create(
            [FeedMark(table=table, last_id=last, writers=sorted(writers))], ignore_conflicts=True
        )
    return reached


def _last_number(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)", [table])
        return int(cursor.fetchone()[0] or 0)


def _writers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS)
        return {name for (name,) in cursor.fetchall()}
