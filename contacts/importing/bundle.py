"""An archive as other tools export it: several lists of people and HTML templates in one ZIP.

    entries = look(file)      # → [Entry("cleaned_members.csv", "hard_bounce"), Entry("subscribed.csv", "people"), …]
    with opened(file, "cleaned_members.csv") as text: …

Lists of who left come first, whatever their place in the archive: nobody is then written to in between.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO

from django.utils.translation import gettext as _

from contacts.importing import sheets
from contacts.importing.reader import BadFile
from contacts.models import Suppression

MOST_FILES = 200
MAX_UNPACKED = 2_000_000_000  # bytes of all files together
MAX_RATIO = 200  # times; lists of addresses pack 3 to 20 times
MAX_PAGE = 2_000_000  # bytes of a template
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".xls")
PAGES = (".html", ".htm")
PEOPLE, TEMPLATE, NOTHING = "people", "template", ""
Reason = Suppression.Reason

# What a file's name says of who is in it, as Mailchimp, Klaviyo, Brevo and people name them.
NAMED = [
    (re.compile(r"unsub|desabo|d[ée]sinscri|opt.?out"), Reason.UNSUBSCRIBED_ALL.value),
    (re.compile(r"cleaned|bounce|rebond|invalid"), Reason.HARD_BOUNCE.value),
    (re.compile(r"complain|spam|abuse|plainte"), Reason.COMPLAINT.value),
    (re.compile(r"suppress|block|blackl|exclu"), Reason.IMPORTED.value),
]


@dataclass(frozen=True)
class Entry:
    """One file of the archive and what it most likely is: people, a reason of Suppression, a template, or nothing."""

    name: str
    role: str


def is_bundle(file: IO[bytes]) -> bool:
    """Say whether the file is an archive and no spreadsheet."""
    file.seek(0)
    is_zip = file.read(4) == sheets.SIGNATURES[0]
    if is_zip:
        try:
            is_zip = not {entry.filename for entry in zipfile.ZipFile(file).infolist()} & sheets.MARKS
        except sheets.BROKEN_ZIP:
            is_zip = False  # the reading of spreadsheets says what is wrong
    file.seek(0)
    return is_zip


def look(file: IO[bytes]) -> list[Entry]:
    """Return the archive's files in the order in which they are taken in; unpacks nothing.

    Raises:  BadFile for what is too large, protected, broken or empty.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    try:
        found = [one for one in zipfile.ZipFile(file).infolist() if not one.is_dir()]
    except sheets.BROKEN_ZIP as why:
        raise BadFile(_("The archive is broken or cut off. Download it again.")) from why
    unpacked = sum(one.file_size for one in found)
    if len(found) > MOST_FILES:
        raise BadFile(_("The archive holds more than 200 files. Import those that you need one by one."))
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(size, 100_000):
        raise BadFile(_("Unpacked, this archive would be far too large. Unpack it and import its files one by one."))
    if any(one.flag_bits & 1 for one in found):
        raise BadFile(_("The archive is protected by a password. Unpack it and import its files one by one."))
    entries = [Entry(one.filename, role(one.filename)) for one in found if not _is_hidden(one.filename)]
    if not any(one.role for one in entries):
        raise BadFile(_("The archive holds no list of people and no HTML template."))
    return sorted(entries, key=lambda one: (one.role in (PEOPLE, NOTHING), one.role in (TEMPLATE, NOTHING), one.name))


def role(name: str) -> str:
    """Return what a file most likely is, by its name."""
    lower = PurePosixPath(name).name.lower()
    if lower.endswith(PAGES):
        return TEMPLATE
    if not lower.endswith(TABLES):
        return NOTHING
    return next((found for pattern, found in NAMED if pattern.search(lower)), PEOPLE)


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


@contextmanager
def opened(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """Give one file of the archive, unpacked beside memory, as large as the list of contents says and no larger.

    Raises:  BadFile.
    """
    with TemporaryFile(prefix="fanfare-entry-") as out:
        try:
            most = archive.getinfo(name).file_size
            with archive.open(name) as packed:
                while piece := packed.read(1 << 20):
                    if out.tell() + len(piece) > most:
                        raise BadFile(_("“%(name)s” unpacks to more than the archive says.") % {"name": name})
                    out.write(piece)
        except (*sheets.BROKEN_ZIP, KeyError, EOFError) as why:
            if isinstance(why, BadFile):
                raise
            raise BadFile(_("“%(name)s” cannot be unpacked.") % {"name": name}) from why
        out.seek(0)
        yield out


def page(archive: zipfile.ZipFile, name: str) -> str:
    """Return an HTML template of the archive as text.

    Raises:  BadFile.
    """
    with opened(archive, name) as file:
        raw = file.read(MAX_PAGE + 1)
    if len(raw) > MAX_PAGE:
        raise BadFile(_("“%(name)s” is larger than two megabytes: no mail.") % {"name": name})
    try:
        html = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        html = raw.decode("cp1252", "replace")
    if "<" not in html or "\x00" in html:
        raise BadFile(_("“%(name)s” is no HTML.") % {"name": name})
    return html


def of_page(file: IO[bytes], name: str) -> bytes:
    """Return an archive that holds one HTML template."""
    out = io.BytesIO()
    file.seek(0)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PurePosixPath(name).name or "template.html", file.read(MAX_PAGE + 1))
    return out.getvalue()
