"""A contacts file as rows, whatever program wrote it: encoding and delimiter found, lines numbered, memory flat.

with open_rows(file) as rows:
    rows.shape         # Shape(encoding="cp1252", delimiter=";")
    rows.headers       # ["Adresse e-mail", "Prénom"]
    for line, values in rows: ...

Raises BadFile with a sentence and the remedy for what is no such file.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import charset_normalizer
from django.utils.translation import gettext as _

MAX_LINE = 1_000_000  # characters of one record, quoted line breaks included
MAX_COLUMNS = 500
MAX_RECORD_LINES = 200  # lines that one quoted value may span before its quotation mark counts as forgotten
CHUNK = 1 << 20  # bytes
DELIMITERS = ",;\t|"
OLD = ("cp1252", "mac_roman", "cp1251", "cp850")  # cp1250 is left to the person: on short lists it passes for cp1252
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", *OLD, "cp1250", "iso8859_15")
SIGNATURES = {
    b"PK\x03\x04": "Excel or LibreOffice",
    b"\xd0\xcf\x11\xe0": "old Excel",
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
}

csv.field_size_limit(MAX_LINE + 1)


class BadFile(ValueError):
    """The file cannot be read as contacts; the message is a sentence with the remedy."""


@dataclass(frozen=True)
class Shape:
    """How a file is written."""

    encoding: str
    delimiter: str


@dataclass(frozen=True)
class Row:
    """One record: the line it starts on (1 = the header), its values, or why it cannot be read."""

    line: int
    values: list[str]
    error: str = ""


class Rows:
    """The records of one file, in order, readable once. `headers` are made unique: "Phone", "Phone (2)"."""

    def __init__(self, file: IO[bytes], shape: Shape, *, size: int) -> None:
        self.shape, self.size = shape, size
        file.seek(0)
        self._file = file
        self._text = io.TextIOWrapper(file, encoding=shape.encoding, errors="replace", newline="")
        self._line = 0
        self._kept: list[str] = []  # lines given back after a forgotten quotation mark
        first = next((row for row in self._records() if any(value.strip() for value in row.values)), None)
        if first is None:
            raise BadFile(_("The file is empty. Export it again with a first line that names the columns."))
        if first.error:
            raise BadFile(_("Line 1: %(why)s") % {"why": first.error})
        self.headers = unique(first.values)

    def __iter__(self) -> Iterator[Row]:
        for row in self._records():
            if any(row.values) or row.error:
                yield row

    @property
    def position(self) -> int:
        """Bytes read so far, about."""
        return self._file.tell()

    def close(self) -> None:
        """Leave the file to its owner."""
        self._text.detach()

    def _records(self) -> Iterator[Row]:
        delimiter = self.shape.delimiter
        while line := self._next_line():
            number = self._line
            if '"' in line and line.count('"') % 2 and is_open(line, delimiter):
                whole = self._to_the_closing_mark(line)
                if whole is None:
                    yield Row(number, [], _("a quotation mark opens here and is never closed."))
                    continue
                line = whole
            yield parse(line, delimiter, number)

    def _next_line(self) -> str:
        line = self._kept.pop() if self._kept else self._text.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise BadFile(
                _("Line %(n)d is longer than a million characters. It lacks line breaks: export it again.")
                % {"n": self._line + 1}
            )
        self._line += bool(line)
        return line

    def _to_the_closing_mark(self, line: str) -> str | None:
        taken: list[str] = []
        length = len(line)
        while len(taken) < MAX_RECORD_LINES and length <= MAX_LINE and (more := self._next_line()):
            taken.append(more)
            length += len(more)
            if more.count('"') % 2 and not is_open(line + "".join(taken), self.shape.delimiter):
                return line + "".join(taken)
        self._kept += reversed(taken)
        self._line -= len(taken)
        return None


def open_rows(file: IO[bytes], shape: Shape | None = None) -> Rows:
    """Return the rows of an open binary file.

    Raises:  BadFile.
    """
    file.seek(0, io.SEEK_END)
    size = file.tell()
    return Rows(file, shape or find_shape(file), size=size)


def find_shape(file: IO[bytes]) -> Shape:
    """Look at the whole file once, in pieces, and return how it is written.

    Raises:  BadFile when it is no text.
    """
    file.seek(0)
    head = file.read(CHUNK)
    for signature, program in SIGNATURES.items():
        if head.startswith(signature):
            raise BadFile(
                _("This is a file of %(program)s, not CSV. Open it there and save it as “CSV UTF-8”.")
                % {"program": program}
            )
    encoding = find_encoding(file, head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    if "\x00" in text:
        raise BadFile(_("The file holds bytes that are no text. Export it again as “CSV UTF-8”."))
    return Shape(encoding, find_delimiter(text))


def find_encoding(file: IO[bytes], head: bytes) -> str:
    """Return the encoding: by its mark, by the zeros of UTF-16, UTF-8 when the whole file is, else Windows-1252."""
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    for mark, encoding in marks.items():
        if head.startswith(mark):
            return encoding
    sample = head[:2000]
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _old_encoding(head)
    return "utf-8"


def _old_encoding(head: bytes) -> str:
    """Return the likeliest of the encodings from before UTF-8; Windows-1252 when little speaks for another."""
    lines = [line for line in head.splitlines()[:5000] if not line.isascii()]
    best = charset_normalizer.from_bytes(b"\n".join(lines)[:50_000], cp_isolation=list(OLD)).best()
    return best.encoding if best and best.encoding in OLD else "cp1252"


def find_delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of columns, the most of them."""
    lines = [line for line in text[:100_000].splitlines()[:20] if line.strip()]

    def merit(delimiter: str) -> tuple[int, int]:
        counts = [len(parse(line, delimiter, 0).values) for line in lines]
        return (sum(n == counts[0] for n in counts) if counts and counts[0] > 1 else 0, max(counts, default=0))

    best = max(DELIMITERS, key=merit)
    return best if merit(best)[0] else ","


def parse(record: str, delimiter: str, line: int) -> Row:
    """Return one record's values, without the spaces round them."""
    try:
        values = next(csv.reader((record,), delimiter=delimiter), [])
    except csv.Error as why:
        return Row(line, [], _("the line cannot be read as CSV (%(why)s).") % {"why": why})
    if len(values) > MAX_COLUMNS:
        return Row(line, [], _("the line has more than 500 columns."))
    return Row(line, [value.strip() for value in values])


def is_open(record: str, delimiter: str) -> bool:
    """Say whether the record ends inside a quoted value."""
    quoted, fresh, n = False, True, len(record)
    i = 0
    while i < n:
        char = record[i]
        if quoted:
            if char == '"':
                if i + 1 < n and record[i + 1] == '"':
                    i += 1
                else:
                    quoted = False
        elif char == '"' and fresh:
            quoted = True
        fresh = not quoted and char == delimiter
        i += 1
    return quoted


def unique(headers: list[str]) -> list[str]:
    """Return the headers without gaps and doubles: "Column 3" for an empty one, "Phone (2)" for a second."""
    seen: dict[str, int] = {}
    named = []
    for n, header in enumerate(headers, start=1):
        name = " ".join(header.split())[:100] or _("Column %(n)d") % {"n": n}
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        named.append(name if seen[name.lower()] == 1 else f"{name} ({seen[name.lower()]})")
    return named
