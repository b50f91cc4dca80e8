"""A list of addresses that another tool no longer writes to, taken in as suppressions; nobody becomes a contact.

job = plan(file, reason="imported", source="Mailchimp, cleaned")
jobs.run(job.pk)
job.counts      # → {"created": 120, "unchanged": 4, "rejected": 1, "lines": 125}

The reason of each line is its own where a column gives one, else the one said for the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _

from contacts import addresses, bulk, jobs
from contacts.importing import listed, mapping
from contacts.importing.reader import BadFile, Row, Rows
from contacts.models import Job, Suppression
from contacts.suppression import hash_of_normalised

KIND = "suppressions"
BATCH = 500  # addresses a transaction
Reason = Suppression.Reason
REASONS = [reason for reason in Reason if reason != Reason.ERASED]


def plan(file: File[Any], *, reason: str = Reason.IMPORTED, source: str = "", by: Any = None, hint: bool = True) -> Job:
    """Write the job that suppresses every address of the file and return it; doing it again changes nothing.

    Raises:  BadFile when no column holds addresses.
    """
    said = {"reason": str(reason), "source": (source or file.name or "")[:120]}
    return listed.plan(KIND, file, Blocklist, said, by=by, hint=hint)


def work(run: jobs.Run) -> None:
    """Do the job from where it stands.

    Writes:  Suppression rows. One that holds already keeps its reason.
    """
    listed.take_in(run, Blocklist)


class Blocklist:
    """One list: which column holds the addresses, and which says why."""

    def __init__(self, rows: Rows, job: Job) -> None:
        self.reason, self.source = job.parameters["reason"], job.parameters["source"]
        self.first: Sequence[Row] = ()
        column = _column(rows.headers)
        if column is None:  # many such lists are nothing but addresses: the first line is one too
            column = next((n for n, header in enumerate(rows.headers) if "@" in header), None)
            if column is None:
                raise BadFile(_("No column holds e-mail addresses. Give the list a first line that names its columns."))
            self.first, rows.headers = [Row(1, list(rows.headers))], ["" for _header in rows.headers]
        self.column, self.why = column, _reason_column(rows.headers)

    def batches(self, rows: Iterator[Row]) -> Iterator[list[Row]]:
        """Yield some lines at a time."""
        while some := list(islice(rows, BATCH)):
            yield some

    def take(self, rows: list[Row]) -> tuple[dict[str, int], listed.Refused]:
        """Suppress the addresses of these lines; those that are suppressed already stay as they are."""
        wanted: dict[str, str] = {}
        refused: listed.Refused = []
        for row in rows:
            value = row.values[self.column] if self.column < len(row.values) else ""
            try:
                digest = hash_of_normalised(addresses.normalise(value))
            except addresses.BadAddress as bad:
                refused.append((row.line, row.error or str(bad), row.values))
            else:
                wanted.setdefault(digest, self._reason(row.values))
        ask = "SELECT address_hash FROM contacts_suppression WHERE lifted_at IS NULL AND address_hash"
        held = {digest for (digest,) in bulk.among(ask, list(wanted))}
        fresh = [
            Suppression(address_hash=digest, reason=why, source=self.source)
            for digest, why in wanted.items()
            if digest not in held
        ]
        Suppression.objects.bulk_create(fresh, ignore_conflicts=True)
        return {"created": len(fresh), "unchanged": len(rows) - len(refused) - len(fresh)}, refused

    def _reason(self, values: Sequence[str]) -> str:
        said = mapping.to_reason(values[self.why]) if self.why is not None and self.why < len(values) else ""
        return said or str(self.reason)


def _column(headers: Sequence[str]) -> int | None:
    names = [mapping.KNOWN.get(mapping.plain(header)) for header in headers]
    return names.index("email") if "email" in names else None


def _reason_column(headers: Sequence[str]) -> int | None:
    names = [mapping.plain(header) for header in headers]
    wanted = ("reason", "status", "statut", "raison", "motif", "type", "emailmarketingconsent")
    return next((names.index(name) for name in wanted if name in names), None)
