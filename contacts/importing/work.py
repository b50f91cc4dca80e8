"""The import itself: a job that streams a file in batches, each with its cursor in one transaction.

job = plan(file, columns=propose(…), topic=letters, basis="consent", evidence={"form": "shop till 2025"})
jobs.run(job.pk)
job.counts      # → {"created": 9604, "updated": 12, "unchanged": 180, "rejected": 204, "lines": 10000, …}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import IO, Any, cast

from django.core.files.base import File
from django.db import IntegrityError, connection
from django.utils.translation import gettext as _

from contacts import jobs, manners
from contacts.importing import mapping, sheets, upsert
from contacts.importing.mapping import Column
from contacts.importing.reader import BadFile, Row, Rows, Shape, find_shape, open_rows
from contacts.importing.rejects import Rejects
from contacts.importing.rows import Person, Reading, Unfit
from contacts.models import AttributeType, Job, Topic
from contacts.models.consent import Basis

BATCH = 500  # lines of the first transaction; how many follow depends on how long SQLite's lock was held
MOST = 1_500  # lines of a transaction at most; on PostgreSQL at once
HOLD = 0.02  # seconds; how long a transaction should hold SQLite's lock
SETTLE = 4_000  # lines after which SQLite's log is copied into its file
TRIES = 3  # when somebody else makes the same people at the same time
SAMPLE = 200  # lines looked at to propose a mapping


class NoEvidence(ValueError):
    """A basis was chosen without saying where it comes from."""


def look(file: IO[bytes], shape: Shape | None = None) -> tuple[Shape, list[Column], list[list[str]]]:
    """Return how the file is written, what its columns most likely are, and its first lines.

    A file with the headers of an earlier import gets that one's columns.

    Raises:  BadFile.
    """
    with sheets.as_text(file) as text:
        rows = open_rows(text, shape)
        try:
            some = [row.values for row in islice(rows, SAMPLE) if not row.error]
            proposed = mapping.propose(rows.headers, some)
            return rows.shape, remembered(proposed), some[:10]
        finally:
            rows.close()


def remembered(columns: Sequence[Column]) -> list[Column]:
    """Return the columns as they were mapped when these headers were last imported, else as they are."""
    last = Job.objects.filter(kind="import", parameters__headers=fingerprint(columns)).order_by("-pk").first()
    if last is None:
        return list(columns)
    chosen = {one["index"]: (one["target"], one["type"]) for one in last.parameters["columns"]}
    return [
        replace(one, target=chosen.get(one.index, (one.target, ""))[0], type=chosen.get(one.index, ("", one.type))[1])
        for one in columns
    ]


def fingerprint(columns: Sequence[Column]) -> str:
    """Return what stands for a set of headers."""
    return hashlib.sha256("\n".join(one.header.casefold() for one in columns).encode("utf-8", "replace")).hexdigest()[
        :32
    ]


def plan(
    file: File[Any],
    *,
    columns: Sequence[Column],
    shape: Shape | None = None,
    topic: Topic | None = None,
    basis: str = Basis.NONE,
    evidence: str = "",
    wording: str = "",
    tags: Sequence[str] = (),
    source: str = "",
    policy: str = upsert.Policy.OVERWRITE,
    standing: str = "",
    dry_run: bool = False,
    by: Any = None,
    hint: bool = True,
) -> Job:
    """Write the job that imports this file and return it; `standing` is why nobody in it is written to, if so.

    Raises:  BadFile when nobody could be told apart; NoEvidence when a basis comes without its evidence.
    """
    mapping.check(columns)
    if topic is not None and basis != Basis.NONE and not evidence.strip():
        raise NoEvidence(_("Say where and how these people agreed, for example “form on the website, since 2023”."))
    name = Path(file.name or "file").name
    parameters: dict[str, Any] = {
        "columns": [asdict(column) for column in columns],
        "topic": topic.pk if topic else None,
        "basis": str(basis) if topic else str(Basis.NONE),
        "evidence": evidence.strip(),
        "wording": wording,
        "tags": list(tags),
        "source": source or f"import {name}"[:120],
        "policy": str(policy),
        "standing": str(standing),
        "headers": fingerprint(columns),
        "dry_run": dry_run,
        "name": name,
    }
    with sheets.as_text(cast("IO[bytes]", file)) as text:
        parameters["shape"] = asdict(find_shape(text) if shape is None or text is not file else shape)
        text.seek(0)
        return jobs.create("import", parameters=parameters, upload=File(text, name=name), by=by, hint=hint)


def work(run: jobs.Run) -> None:
    """Do the import from where it stands.

    Writes:  what `upsert.write` does; Job.counts; the file of rejected rows as Job.result.
    Raises:  jobs.Refused when the file breaks off.
    """
    parameters = run.job.parameters
    if not run.job.upload:  # a kill came after the last line was in, or it is long ago
        if run.job.total is None or run.job.progress < run.job.total:
            raise jobs.Refused(_("The file was deleted after 30 days. Upload it again."))
        return
    with run.job.upload.open("rb") as file:
        try:
            rows = open_rows(file, Shape(**parameters["shape"]))
        except BadFile as why:
            raise jobs.Refused(str(why)) from None
        with Rejects(run.job, rows.headers, int(run.cursor.get("rejects", 0))) as rejects:
            try:
                _stream(run, rows, rejects)
            except jobs.Refused:
                rejects.keep()
                raise
        rows.close()
        rejects.keep()
    if not parameters["dry_run"]:
        forget_upload(run.job)


def forget_upload(job: Job) -> None:
    """Delete the uploaded file: addresses are kept once, as contacts."""
    name, storage = job.upload.name, job.upload.storage
    Job.objects.filter(pk=job.pk).update(upload="")
    if name:
        storage.delete(name)


def _stream(run: jobs.Run, rows: Rows, rejects: Rejects) -> None:
    columns = [Column(**{**column, "examples": ()}) for column in run.job.parameters["columns"]]
    is_dry = bool(run.job.parameters["dry_run"])
    if not is_dry:
        declare(columns)
    Job.objects.filter(pk=run.job.pk).update(total=rows.size)
    reading, options, seen = Reading(columns, run.job.parameters.get("standing", "")), _options(run.job), set[int]()
    reached = int(run.cursor.get("line", 0))
    left = (row for row in rows if row.line > reached)
    pace = Pace()
    try:
        with manners.long_writing():
            for batch in _batches(left, pace):
                pace.told(len(batch), _batch(run, batch, reading, options, rejects, seen if is_dry else None))
                run.progress = min(rows.position, rows.size)
    except BadFile as why:
        raise jobs.Refused(_("%(why)s What stands before it was taken in.") % {"why": why}) from None
    with run.batch():
        run.progress = rows.size


def _batches(rows: Iterator[Row], pace: Pace) -> Iterator[list[Row]]:
    """Yield the lines in batches of the pace's size; of a file that breaks off also the last ones before it does."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) >= pace.size:
                yield batch
                batch = []
    except BadFile:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


class Pace:
    """How many lines the next transaction takes: on SQLite as many as hold its lock for HOLD seconds."""

    def __init__(self) -> None:
        self.is_shared = connection.vendor == "sqlite"
        self.size = BATCH if self.is_shared else max(BATCH, MOST)
        self._unsettled = 0

    def told(self, lines: int, held: float) -> None:
        """Learn how long the lock was held for so many lines."""
        if not self.is_shared:
            return
        if lines == self.size and held > 0:
            wanted = int(self.size * HOLD / held)
            self.size = max(min(BATCH, 100), self.size // 2, min(wanted, self.size * 2, max(BATCH, MOST)))
        self._unsettled += lines
        if self._unsettled >= SETTLE:
            manners.settle()
            self._unsettled = 0


def _batch(
    run: jobs.Run,
    lines: list[Row],
    reading: Reading,
    options: upsert.Options,
    rejects: Rejects,
    seen: set[int] | None,
) -> float:
    """Take in some lines and return for how many seconds the database was held."""
    people, refused = [], []
    for row in lines:
        try:
            people.append(reading.person(row))
        except Unfit as why:
            refused.append((row.line, str(why), row.values))
    for attempt in range(1, TRIES + 1):
        batch = upsert.Batch(people, options)
        try:
            with run.batch():
                began = perf_counter()
                if seen is None:
                    discover(reading.found)
                    batch = upsert.Batch(people, options) if batch.is_stale() else batch
                    batch.write()
                else:
                    _met_before(batch.outcome, people, seen)
                _count(run, lines, batch.outcome, refused, rejects)
        except IntegrityError:  # somebody else made one of these people since we looked: look again
            if attempt == TRIES:
                raise
        else:
            break
    return perf_counter() - began - manners.PAUSE


def _count(
    run: jobs.Run,
    lines: list[Row],
    outcome: upsert.Outcome,
    refused: list[tuple[int, str, list[str]]],
    rejects: Rejects,
) -> None:
    all_refused = [*refused, *((person.line, reason, list(person.raw)) for person, reason in outcome.rejected)]
    run.add(
        created=outcome.created, updated=outcome.updated, unchanged=outcome.unchanged, rejected=len(all_refused),
        subscribed=outcome.subscribed, suppressed=outcome.suppressed, left=outcome.left, lines=len(lines),
    )  # fmt: skip
    run.cursor = {"line": lines[-1].line, "rejects": rejects.write(sorted(all_refused))}


def _met_before(outcome: upsert.Outcome, people: list[Person], seen: set[int]) -> None:
    """Count people met earlier in a rehearsed file as known."""
    keys = {hash(person.email or person.identities[0]) for person in people}
    again = min(len(keys & seen), outcome.created)
    outcome.created, outcome.unchanged = outcome.created - again, outcome.unchanged + again
    seen |= keys


def _options(job: Job) -> upsert.Options:
    said = job.parameters
    by = job.created_by.get_username() if job.created_by else "import"
    return upsert.Options(
        topic=Topic.objects.select_related("brand").get(pk=said["topic"]) if said["topic"] else None,
        basis=said["basis"],
        tags=said["tags"],
        source=said["source"],
        wording=said["wording"],
        evidence={"job": job.pk, "file": said["name"], "said": said["evidence"]},
        policy=said.get("policy", upsert.Policy.OVERWRITE),
        actor=by,
    )


def declare(columns: Sequence[Column]) -> None:
    """Make the attributes that the columns need and that are not declared yet."""
    for column in columns:
        if column.target.startswith("attribute:"):
            AttributeType.objects.get_or_create(
                name=column.target.removeprefix("attribute:"), defaults={"label": column.header, "type": column.type}
            )


def discover(found: dict[str, str]) -> None:
    """Make the attributes met in JSON that are not declared yet; the reading forgets none, so each is made once."""
    known = set(AttributeType.objects.filter(name__in=found).values_list("name", flat=True)) if found else set()
    for name, kind in found.items():
        if name not in known:
            AttributeType.objects.get_or_create(name=name, defaults={"label": name, "type": kind})
