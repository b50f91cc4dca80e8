"""A list of addresses that another tool no longer writes to, taken in as suppressions; nobody becomes a contact.

take_in(file, reason="imported", source="Mailchimp, cleaned")    # → Taken(added=120, known=4, rejected=[(7, "…")])

The reason of each line is its own where a column gives one, else the one said for the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from contacts import addresses, bulk, manners
from contacts.importing import mapping, sheets
from contacts.importing.reader import BadFile, Row, open_rows
from contacts.models import Suppression
from contacts.suppression import hash_of_normalised

BATCH = 500  # addresses a transaction
Reason = Suppression.Reason


@dataclass
class Taken:
    """What became of the lines."""

    added: int = 0
    known: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return self.added + self.known + len(self.rejected)


def take_in(file: IO[bytes], *, reason: str = Reason.IMPORTED, source: str = "") -> Taken:
    """Suppress every address of the file and say what became of its lines; doing it again changes nothing.

    Writes:  Suppression rows. One that holds already keeps its reason.
    Raises:  BadFile when no column holds addresses.
    """
    taken = Taken()
    with sheets.as_text(file) as text:
        rows = open_rows(text)
        try:
            lines, column = iter(rows), _column(rows.headers)
            first = list(islice(lines, BATCH))
            if column is None:
                column, rows.headers, first = _without_headers(rows.headers, first)
            why = _reason_column(rows.headers)
            while first:
                _batch(first, column, why, reason, source, taken)
                first = list(islice(lines, BATCH))
        finally:
            rows.close()
    return taken


def _column(headers: Sequence[str]) -> int | None:
    names = [mapping.KNOWN.get(mapping.plain(header)) for header in headers]
    return names.index("email") if "email" in names else None


def _without_headers(headers: Sequence[str], rows: list[Row]) -> tuple[int, list[str], list[Row]]:
    """Read the first line as an address too: many such lists are nothing but addresses."""
    found = next((n for n, header in enumerate(headers) if "@" in header), None)
    if found is None:
        raise BadFile(_("No column holds e-mail addresses. Give the list a first line that names its columns."))
    return found, ["" for _header in headers], [Row(1, list(headers)), *rows]


def _reason_column(headers: Sequence[str]) -> int | None:
    names = [mapping.plain(header) for header in headers]
    wanted = ("reason", "status", "statut", "raison", "motif", "type", "emailmarketingconsent")
    return next((names.index(name) for name in wanted if name in names), None)


def _batch(rows: Sequence[Row], column: int, why: int | None, reason: str, source: str, taken: Taken) -> None:
    wanted: dict[str, str] = {}
    n = 0
    for row in rows:
        value = row.values[column] if column < len(row.values) else ""
        try:
            digest = hash_of_normalised(addresses.normalise(value))
        except addresses.BadAddress as bad:
            taken.rejected.append((row.line, row.error or str(bad)))
            continue
        said = mapping.to_reason(row.values[why]) if why is not None and why < len(row.values) else ""
        wanted.setdefault(digest, said or reason)
        n += 1
    with manners.write_batch():
        ask = "SELECT address_hash FROM contacts_suppression WHERE lifted_at IS NULL AND address_hash"
        held = {digest for (digest,) in bulk.among(ask, list(wanted))}
        fresh = [
            Suppression(address_hash=digest, reason=one, source=source[:120])
            for digest, one in wanted.items()
            if digest not in held
        ]
        Suppression.objects.bulk_create(fresh, ignore_conflicts=True)
    taken.added += len(fresh)
    taken.known += n - len(fresh)
