"""Turn the spool into events: read, ask consent, classify, store, count; offset and rows in one transaction.

    run()                 # for ever, one per node, a child of `up`
    run(once=True)        # until every file is read; → Counts(lines=1200, events=1190, crowd=300, dropped=10, torn=0)

A crash at any point repeats or loses nothing: either a batch's rows and its offset are committed, or neither is. A line
about a person who does not agree (then or now) becomes a crowd hit before any row exists.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection
from django.utils import timezone

from campaigns.models import Link, SpoolFile
from campaigns.tracking import asked, references, rollups, sorting, spool, tail, targets
from campaigns.tracking.hits import Batch, Handler, Hit
from campaigns.tracking.tokens import codec
from contacts import heartbeats, manners

logger = logging.getLogger(__name__)

BATCH = {"sqlite": 500, "postgresql": 2000}  # lines a transaction; SQLite's lock is held about 20 ms
IDLE = 0.25  # seconds between looks at an empty spool
SYNC_EVERY = 0.5  # seconds; a retargeted link is live on every node after this and the front's memory
BEAT_EVERY = 20.0  # seconds
SYNC_OVERLAP = timedelta(seconds=60)  # a transaction may commit a change some time after its updated_at


class Raced(RuntimeError):
    """Another ingest of this node moved the file's offset first; its rows stand, ours were rolled back."""


@dataclass
class Counts:
    """What a run did: lines read, events stored, of them without a person, lines of unknown links, torn lines."""

    lines: int = 0
    events: int = 0
    crowd: int = 0
    dropped: int = 0
    torn: int = 0
    moved: int = 0

    def add(self, other: Counts) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def run(*, once: bool = False, folder: Path | None = None, stop: Callable[[], bool] = lambda: False) -> Counts:
    """Ingest this node's spool until it is empty (`once`) or until `stop` says so, and return what was done.

    Reads:   spool files, Delivery, Link, Contact, recent Event rows of the same deliveries.
    Writes:  Event, the rollups, SpoolFile, contact.last_*_at; links.sqlite; deletes files that were read to their end.
    """
    where = folder or spool.folder()
    total = Counts()
    chores = Chores(where)
    while not stop():
        done = Counts()
        try:
            chores.look()
            done = sweep(where)
            total.add(done)
        except OperationalError:
            close_old_connections()  # the database is away: the spool waits, nothing is lost
            if once:
                raise
            logger.warning("the database does not answer; the spool waits")
            time.sleep(2)
        if done.lines + done.torn:
            logger.info("lines=%s events=%s dropped=%s torn=%s", done.lines, done.events, done.dropped, done.torn)
        elif once:
            break
        else:
            time.sleep(IDLE)
    return total


def sweep(where: Path) -> Counts:
    """Read one batch of every file that has more, and return what was done."""
    done = Counts()
    for path in tail.files(where):
        try:
            done.add(batch_of(path))
        except Raced:
            logger.warning("file=%s is read by another process too", path.name)
    return done


def batch_of(path: Path) -> Counts:
    """Store one batch of the file's lines; delete the file when it is read to its end and nobody writes to it.

    Raises:  Raced when another process stored them first.
    """
    file = _known(path.name)
    try:
        chunk = tail.read(path, file.offset, BATCH[connection.vendor])
    except FileNotFoundError:
        return Counts()
    if chunk.end == file.offset:
        _finish(path, file)
        return Counts()
    ring = codec()
    parsed = [tail.parse(path.name, offset, line, ring) for offset, line in chunk.lines]
    hits = [hit for hit in parsed if hit is not None]
    torn = chunk.torn + len(parsed) - len(hits)
    with manners.write_batch():
        _advance(file, chunk.end, torn)
        counts = store(hits)
    counts.lines, counts.torn = len(chunk.lines), torn
    return counts


def _known(name: str) -> SpoolFile:
    """Return what is known of the file; no two files ever share a name, but a machine may be called otherwise since."""
    mine = SpoolFile.objects.filter(node=settings.NODE_NAME, name=name).first()
    if mine is not None:
        return mine
    if SpoolFile.objects.filter(name=name).update(node=settings.NODE_NAME):
        return SpoolFile.objects.get(node=settings.NODE_NAME, name=name)
    return SpoolFile.objects.get_or_create(node=settings.NODE_NAME, name=name)[0]


def _advance(file: SpoolFile, end: int, torn: int) -> None:
    moved = SpoolFile.objects.filter(pk=file.pk, offset=file.offset).update(
        offset=end, torn_lines=file.torn_lines + torn
    )
    if not moved:
        raise Raced(file.name)


def _finish(path: Path, file: SpoolFile) -> None:
    """Delete a file that was read to its end and whose writer is gone; until the lock is free it may still grow."""
    if not spool.is_abandoned(path) or path.stat().st_size != file.offset:
        return
    SpoolFile.objects.filter(pk=file.pk, finished_at=None).update(finished_at=timezone.now())
    path.unlink(missing_ok=True)


def store(hits: Sequence[Hit]) -> Counts:
    """Store hits as events, inside the caller's transaction, and return the counts.

    Writes:  Event, the rollups; ConsentVisit; what the handlers of friends' pages and QR codes write.
    """
    mails = [hit for hit in hits if hit.kind in sorting.KINDS]
    others = [hit for hit in hits if hit.kind not in sorting.KINDS and hit.kind != asked.KIND]
    ours = sorting.locate(mails)
    changes = sorting.classify(ours)
    acts = [sorting.act_of(hit) for hit in ours.hits]
    batch = Batch(links=_links(others))
    known = [hit for hit in others if hit.token in batch.links]
    for hit in known:
        sorting.settle_public(hit, batch.links[hit.token])
    for handler in handlers():
        if mine := [hit for hit in known if hit.kind in handler.KINDS]:
            handler.handle(mine, batch)
    acts += batch.acts
    rollups.insert(acts)
    rollups.add(acts)
    moved = rollups.move(changes)
    crowd = sum(act.contact_id is None for act in acts)
    visits = asked.count([hit for hit in hits if hit.kind == asked.KIND])
    dropped = len(hits) - len(ours.hits) - len(known) - visits
    return Counts(events=len(acts), crowd=crowd, dropped=dropped, moved=moved)


def _links(hits: Sequence[Hit]) -> dict[str, Link]:
    tokens = {hit.token for hit in hits}
    return {str(link.token): link for link in Link.objects.filter(token__in=tokens)} if tokens else {}


@cache
def _handler(name: str) -> Handler:
    return cast(Handler, import_module(name))


def handlers() -> list[Handler]:
    """Return the modules of settings.HIT_HANDLERS."""
    return [_handler(name) for name in settings.HIT_HANDLERS]


class Chores:
    """What an ingest does beside: copy new targets into this node's cache, give a sign of life, watch the disk."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.synced_at = self.beat_at = float("-inf")
        self.told: dict[str, str] | None = None
        self.newest = None if targets.path().exists() else timezone.now() - timedelta(days=36500)

    def look(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        if now - self.synced_at >= SYNC_EVERY:
            self.synced_at = now
            self.sync()
        if now - self.beat_at >= BEAT_EVERY:
            self.beat_at = now
            heartbeats.beat("ingest")
            self.watch()

    def sync(self) -> int:
        """Copy targets that changed since the last look (all of them the first time), and return how many."""
        began = timezone.now()
        told = references.hosts()
        if told != self.told:  # a brand's website or its parameters: every link says something else now
            self.newest, self.told = None, told
        changed = Link.objects.select_related("campaign").order_by("pk")
        if self.newest is not None:
            changed = changed.filter(updated_at__gte=self.newest - SYNC_OVERLAP)
        if not changed.exists():
            return 0
        count = targets.put(changed.iterator(chunk_size=2000))
        self.newest = began
        return count

    def watch(self) -> None:
        """Warn in time when the spool's disk fills up."""
        if complaint := spool.alarm():
            logger.warning("%s; free some space", complaint)
