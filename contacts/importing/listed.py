"""Lists that are no people: suppressions, past orders. Taken in by a job as people are: streamed, resumed, counted.

job = plan("suppressions", file, {"reason": "imported"}, by=request.user)
take_in(run, Blocklist)       # from the kind's work function: reads on from where the job stands

A list says how its lines hang together and what becomes of some of them; all else is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol, cast

from django.core.files.base import File
from django.utils.translation import gettext as _

from contacts import jobs, manners
from contacts.importing import sheets
from contacts.importing.reader import BadFile, Row, Rows, Shape, find_shape, open_rows
from contacts.importing.rejects import Rejects
from contacts.importing.work import forget_upload
from contacts.models import Job

Refused = list[tuple[int, str, list[str]]]


class Listed(Protocol):
    """One kind of list, begun on a file's headers."""

    first: Sequence[Row]  # lines that come before those of the file: a header that is none

    def batches(self, rows: Iterator[Row]) -> Iterator[list[Row]]:
        """Yield the lines in pieces of which each goes into one transaction."""

    def take(self, rows: list[Row]) -> tuple[dict[str, int], Refused]:
        """Write what the lines say; return what to count and which lines are refused."""


Begin = Callable[[Rows, Job], Listed]  # Raises BadFile when the columns do not do


def plan(
    kind: str, file: File[Any], begin: Begin, parameters: dict[str, Any], *, by: Any = None, hint: bool = True
) -> Job:
    """Write the job that takes in this list and return it.

    Raises:  BadFile, already here, when its columns do not do.
    """
    name = Path(file.name or "file").name
    with sheets.as_text(cast("IO[bytes]", file)) as text:
        shape = find_shape(text)
        said = {**parameters, "name": name, "shape": asdict(shape)}
        rows = open_rows(text, shape)
        try:
            begin(rows, Job(kind=kind, parameters=said))
        finally:
            rows.close()
        text.seek(0)
        return jobs.create(kind, parameters=said, upload=File(text, name=name), by=by, hint=hint)


def take_in(run: jobs.Run, begin: Begin) -> None:
    """Do the job from where it stands.

    Writes:  what the list's `take` does; Job.counts; the file of rejected rows as Job.result.
    Raises:  jobs.Refused when the file breaks off or was deleted.
    """
    if not run.job.upload:  # a kill came after the last line was in, or it is long ago
        if run.job.total is None or run.job.progress < run.job.total:
            raise jobs.Refused(_("The file was deleted after 30 days. Upload it again."))
        return
    with run.job.upload.open("rb") as file:
        try:
            rows = open_rows(file, Shape(**run.job.parameters["shape"]))
            listed = begin(rows, run.job)
        except BadFile as why:
            raise jobs.Refused(str(why)) from None
        Job.objects.filter(pk=run.job.pk).update(total=rows.size)
        with Rejects(run.job, rows.headers, int(run.cursor.get("rejects", 0))) as rejects, manners.long_writing():
            try:
                _stream(run, rows, listed, rejects)
            finally:
                rows.close()
            rejects.keep()
    forget_upload(run.job)


def _stream(run: jobs.Run, rows: Rows, listed: Listed, rejects: Rejects) -> None:
    reached = int(run.cursor.get("line", 0))
    left: Iterable[Row] = (row for row in chain(listed.first, rows) if row.line > reached)
    try:
        for lines in listed.batches(iter(left)):
            with run.batch():
                counts, refused = listed.take(lines)
                run.add(lines=len(lines), rejected=len(refused), **counts)
                run.cursor = {"line": lines[-1].line, "rejects": rejects.write(refused)}
                run.progress = min(rows.position, rows.size)
    except BadFile as why:
        rejects.keep()
        raise jobs.Refused(_("%(why)s What stands before it was taken in.") % {"why": why}) from None
    with run.batch():
        run.progress = rows.size
