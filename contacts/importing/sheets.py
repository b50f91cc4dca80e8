"""Spreadsheets and archives as CSV: XLSX, XLS and ODS by calamine, after a look at what they would unpack to.

with as_text(upload) as file: ...       # the first sheet that holds anything, as UTF-8 CSV; other files as they are

Raises BadFile for a zip bomb, an archive in disguise and what is no spreadsheet, before anything is unpacked.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import python_calamine
from django.utils.translation import gettext as _

from contacts.importing.reader import BadFile

MOST_ROWS = 100_000  # of a sheet; more goes through CSV, which streams
MAX_COLUMNS = 500
MAX_FILE = 50_000_000  # bytes of a spreadsheet as it came
MAX_UNPACKED = 100_000_000  # bytes; what 100,000 rows of a dozen columns need
MAX_RATIO = 100  # times; XML of real sheets packs 10 to 30 times
MARKS = {"xl/workbook.xml", "content.xml", "xl/workbook.bin"}  # files that only a spreadsheet holds
# What Python's zipfile raises for an archive it cannot read; the last for a packing that it does not know.
BROKEN_ZIP = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)
SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def is_sheet(file: IO[bytes]) -> bool:
    """Say whether the file begins like a spreadsheet or another archive."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in SIGNATURES


@contextmanager
def as_text(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Give the file as text: a spreadsheet's first sheet as CSV in a temporary file, anything else as it is.

    Raises:  BadFile.
    """
    if not is_sheet(file):
        yield file
        return
    with TemporaryDirectory(prefix="fanfare-sheet-") as folder:
        path = Path(folder, "sheet.csv")
        _convert(file, path)
        with path.open("rb") as text:
            yield text


def _convert(file: IO[bytes], path: Path) -> None:
    check(file)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
        sheet = _first_filled(book)
        if sheet.height > MOST_ROWS:
            raise BadFile(
                _("The sheet has %(n)d rows, more than %(most)d. Save it as “CSV UTF-8”, which may have any length.")
                % {"n": sheet.height, "most": MOST_ROWS}
            )
        if sheet.width > MAX_COLUMNS:
            raise BadFile(_("The sheet has more than 500 columns. Leave out those that say nothing of a person."))
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            for row in sheet.iter_rows():
                writer.writerow([cell(value) for value in row])
    except BadFile:
        raise
    # calamine raises errors of several kinds, and Rust's panics are no Exception of ours.
    except (python_calamine.CalamineError, OSError, ValueError, KeyError) as why:
        raise BadFile(_("The spreadsheet cannot be read. Open it and save it as “CSV UTF-8”.")) from why


def _first_filled(book: python_calamine.CalamineWorkbook) -> Any:
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.height:
            return sheet
    raise BadFile(_("The spreadsheet is empty. Its first line names the columns."))


def check(file: IO[bytes]) -> None:
    """Look at an archive's list of contents without unpacking any of it.

    Raises:  BadFile when it is too large, packs too much, or holds no sheet.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    too_large = BadFile(
        _("Unpacked, this spreadsheet would be far too large to be a list of people. Save it as “CSV UTF-8”.")
    )
    if size > MAX_FILE:
        raise too_large
    if file.read(4) != SIGNATURES[0]:
        file.seek(0)
        return
    try:
        entries = zipfile.ZipFile(file).infolist()
    except BROKEN_ZIP as why:
        raise BadFile(_("The spreadsheet is broken or cut off. Save it again, best as “CSV UTF-8”.")) from why
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(size, 10_000) or len(entries) > 2000:
        raise too_large
    names = {entry.filename for entry in entries}
    if not names & MARKS:
        raise BadFile(_("This is an archive, not a spreadsheet. Unpack it and import the files in it one by one."))
    if not all(_is_honest(file, entry) for entry in entries):
        raise too_large
    file.seek(0)


def _is_honest(file: IO[bytes], entry: zipfile.ZipInfo) -> bool:
    """Say whether an entry unpacks to the size that the list of contents gives; counts, keeps nothing."""
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        return entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
    file.seek(entry.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4).ljust(4, b"\0"))
    file.seek(entry.header_offset + 30 + name + extra)
    unpacker, left, counted = zlib.decompressobj(-15), entry.compress_size, 0
    try:
        while left > 0 and (piece := file.read(min(left, 1 << 16))):
            left -= len(piece)
            while piece and counted <= entry.file_size:
                counted += len(unpacker.decompress(piece, 1 << 20))
                piece = unpacker.unconsumed_tail
    except zlib.error:
        return False
    return counted <= entry.file_size


def cell(value: Any) -> str:
    """Return a cell as a person would have typed it: 12 for 12.0, 2026-05-01 for a day."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)
