"""The file of rejected rows: line, reason, and the row as it came, to mend and import again.

with Rejects(job, headers, length) as rejects:
    rejects.write([(17, "“ann@” is no e-mail address.", ["ann@", "Ann"])])    # → the file's length, for the cursor
    rejects.keep()                                                            # becomes Job.result
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from contacts.models import Job


class Rejects:
    """Grows beside the job on this node and is cut back to the committed length on a resume."""

    def __init__(self, job: Job, headers: Sequence[str], length: int) -> None:
        folder = Path(settings.VAR_DIR) / "jobs"
        folder.mkdir(parents=True, exist_ok=True)
        self.job, self.path = job, folder / f"rejected-{job.pk}.csv"
        self._file = self.path.open("a+b")
        if self._file.seek(0, 2) < length:  # it lies on another node, or was handed out already: begin anew
            length = 0
        self._file.truncate(length)
        self._file.seek(0, 2)
        if not length:
            self._write([[_("line"), _("reason"), *map(safe, headers)]])

    def __enter__(self) -> Rejects:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, refused: Sequence[tuple[int, str, list[str]]]) -> int:
        """Append the rows and return the file's length."""
        self._write([[line, reason, *map(safe, values)] for line, reason, values in refused])
        return self._file.tell()

    def _write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._file.write("".join(_csv_lines(rows)).encode("utf-8", "replace"))
        self._file.flush()

    def keep(self) -> None:
        """Move the file into the private storage as the job's result."""
        if Job.objects.get(pk=self.job.pk).counts.get("rejected"):
            with self.path.open("rb") as file:
                self.job.result.save(f"rejected-{self.job.pk}.csv", File(file), save=False)
            Job.objects.filter(pk=self.job.pk).update(result=self.job.result.name)
        self.path.unlink(missing_ok=True)


def safe(value: str) -> str:
    """Return a cell that a spreadsheet shows instead of executing. Source: OWASP, CSV injection."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


class _Line:
    """What csv.writer writes into: keeps each line as text."""

    def write(self, text: str) -> str:
        return text


def _csv_lines(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow(row)


def first_of(job: Job, most: int = 20) -> list[tuple[str, str]]:
    """Return line and reason of the first rejected rows of a job that is done."""
    if not job.result:
        return []
    with job.result.open("rb") as file:
        rows = csv.reader(line.decode("utf-8", "replace") for line in file)
        return [(row[0], row[1]) for row in islice(rows, 1, most + 1) if len(row) > 1]
