"""Up to a million codes at once, as a job: made to a pattern, or read from a partner's file; resumed after a kill.

batch = make(offer, 1_000_000, name="Printer", pattern="SPRING-#####-#####-#", by=marie)
batch = load(offer, file, name="Shop system", by=marie)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from contacts import jobs
from contacts.models import Job
from social.models import CodeBatch, Offer
from social.offers import codes, pools

MOST = 1_000_000  # codes of one batch
MAKE, LOAD = "make_codes", "load_codes"
CHUNK = 500  # codes a transaction: a short one, other writers wait for it on SQLite


class BadBatch(ValueError):
    """The wish cannot be met; the message says why and what can be done."""


def make(offer: Offer, n: int, *, name: str = "", pattern: str = "", by: Any = None) -> CodeBatch:
    """Ask for n codes and return their batch, which fills up while its job runs.

    Writes:  CodeBatch, Job.
    Raises:  BadBatch for a pattern that cannot be, or more than a million.
    """
    if not 0 < n <= MOST:
        raise BadBatch(_("A batch has 1 to 1,000,000 codes."))
    if pattern and (error := codes.pattern_error(pattern)):
        raise BadBatch(error)
    with transaction.atomic():
        batch = CodeBatch.objects.create(offer=offer, name=name, pattern=pattern)
        batch.job = jobs.create(MAKE, parameters={"batch": batch.pk, "n": n}, by=by)
        Job.objects.filter(pk=batch.job.pk).update(total=n)
        batch.save(update_fields=["job"])
    return batch


def load(offer: Offer, file: File[Any], *, name: str = "", by: Any = None) -> CodeBatch:
    """Ask for the codes of a partner's file, one a line or the first column of a CSV, and return their batch.

    Writes:  CodeBatch, Job with the file.
    """
    with transaction.atomic():
        batch = CodeBatch.objects.create(offer=offer, name=name, is_imported=True)
        batch.job = jobs.create(LOAD, parameters={"batch": batch.pk, "name": file.name or ""}, upload=file, by=by)
        batch.save(update_fields=["job"])
    return batch


def work_make(run: jobs.Run) -> None:
    """Make the codes that are still missing, a chunk a transaction."""
    batch, n = CodeBatch.objects.get(pk=run.job.parameters["batch"]), run.job.parameters["n"]
    while run.progress < n:
        with run.batch():
            made = pools.add_made(batch, min(CHUNK, n - run.progress))
            run.progress += made
            run.add(made=made)
            CodeBatch.objects.filter(pk=batch.pk).update(n=run.progress)


def work_load(run: jobs.Run) -> None:
    """Read the file on from the line where the last runner stopped."""
    batch = CodeBatch.objects.get(pk=run.job.parameters["batch"])
    with run.job.upload.open("rb") as file:
        lines = _first_cells(file)
        for _line in islice(lines, run.cursor.get("line", 0)):
            pass
        while chunk := list(islice(lines, CHUNK)):
            with run.batch():
                wanted = list(dict.fromkeys(value for line in chunk if (value := pools.own(line))))
                kept = pools.add_own(batch, wanted)
                run.cursor["line"] = run.cursor.get("line", 0) + len(chunk)
                run.progress += len(chunk)
                run.add(made=kept, left_out=len(chunk) - kept)
                CodeBatch.objects.filter(pk=batch.pk).update(n=run.counts["made"])
    if not run.counts.get("made"):
        raise jobs.Refused(_("No new code was found in the file. Put one code on each line."))


def _first_cells(file: IO[bytes]) -> Iterator[str]:
    """Yield the first cell of each line; a heading like “code” is no code."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    for number, line in enumerate(text):
        cell = next(csv.reader([line.replace(";", ",").replace("\t", ",").replace("\0", "")]), [""])
        first = cell[0] if cell else ""
        if number == 0 and first.strip().lower() in ("code", "codes", "coupon", "voucher", "bon"):
            continue
        yield first
