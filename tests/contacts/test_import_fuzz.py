"""Files that nobody would write on purpose: no error of ours, no line lost, nothing changed the second time.

IMPORT_FUZZ=5000 LONG_LINE_GB=10 python3 manage.py test tests/contacts/test_import_fuzz.py
"""

import io
import os
import random
import tracemalloc

import pytest

from contacts import jobs
from contacts.importing import reader, work
from contacts.models import Contact
from tests.contacts.test_importing import adds_up, bring
from tests.contacts.test_sheets_and_lists import archive

pytestmark = pytest.mark.django_db
FILES = int(os.environ.get("IMPORT_FUZZ", "100"))
CELLS = ["", "ann@example.com", "BEN@Example.com", "x", '"', '""', '"a,b"', "=1+1", "é", "\x00", "12", "2024-13-45",
         "oui",         "'", "a\tb", "\ufeff", "😀", "ann@exämple.org", "@", "a" * 300, "{}", "NaN", "\u202e",
         "+33 6 01 02 03 04"]  # fmt: skip
HEADERS = [
    "email",
    "Prénom",
    "tags",
    "phone",
    "card",
    "optin",
    "",
    "email",
    "Ville",
    "status",
    "attributes",
    "id",
    "date",
]


def write(dice):
    delimiter, end = dice.choice(",;\t|"), dice.choice(["\n", "\r\n", "\r"])
    width = dice.randrange(1, 9)
    lines = [["email", *dice.choices(HEADERS, k=width - 1)]]
    lines += [
        dice.choices(CELLS, k=max(1, width + dice.choice([0, 0, 0, -1, 1]))) for _ in range(dice.randrange(0, 12))
    ]
    data = end.join(delimiter.join(line) for line in lines).encode(dice.choice(["utf-8", "utf-16", "utf-8-sig"]))
    if dice.random() < 0.2:
        data = data[: dice.randrange(len(data) + 1)]
    if dice.random() < 0.1:
        data = bytes(dice.choice([byte, 255, 0]) if dice.random() < 0.02 else byte for byte in data)
    return data


def test_generated_files_are_taken_in_or_refused_and_nothing_is_lost():
    for seed in range(FILES):
        data = write(random.Random(seed))
        try:
            # Two lines of one person may contradict each other: filling gaps, the first one stands.
            first, again = bring(data, policy="fill"), bring(data, policy="fill")
        except reader.BadFile as why:
            assert str(why).endswith("."), seed
            continue
        assert first.state == again.state and first.state in ("done", "failed"), seed
        assert not first.counts or (adds_up(first) and adds_up(again)), seed
        assert not again.counts or (again.counts["created"], again.counts["updated"]) == (0, 0), (seed, again.counts)


NASTY = {
    "a million columns": b"email," + b"a," * 499_990 + b"\nann@example.com\n",
    "501 columns": b"email," + b",".join(b"c%d" % n for n in range(500)) + b"\nann@example.com\n",
    "a line without end": b"email,name\n" + b"x" * 3_000_000,
    "a quote without end": b'email,name\nann@example.com,"' + b"x\n" * 50_000,
    "only quotes": b'"' * 5_000,
    "only delimiters": b"," * 5_000 + b"\n",
    "only NUL": b"\x00" * 5_000,
    "NUL after the header": b"email,name\nann@example.com,A\x00nn\n",
    "odd UTF-16": b"\xff\xfee\x00m\x00a\x00i\x00l\x00\n",
    "broken UTF-8": b"email,name\nann@example.com,\xc3\x28\xff\n",
    "gzip": b"\x1f\x8b\x08\x00",
    "old Excel cut off": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "zip cut off": b"PK\x03\x04" + b"\x00" * 100,
    "html": b"<!doctype html><html><body>please sign in</body></html>",
    "json": b'[{"email": "ann@example.com"}]',
    "deep json": b"email,attributes\nann@example.com," + b"[" * 5_000 + b"\n",
    "an endless number": b"email,points\nann@example.com," + b"9" * 5_000 + b"\n",
    "formula": b"email,name\nann@example.com,=cmd|' /C calc'!A0\n",
    "surrogates": "email,name\nann@example.com,\ud800\n".encode("utf-8", "surrogatepass"),
    "header twice": b"email,email\nann@example.com,ben@example.com\n",
    "UTF-32": "email,name\nann@example.com,Ann\n".encode("utf-32"),
    "UTF-7": "email,name\nann@example.com,+AOk-\n".encode("ascii"),
    "three marks of UTF-8": b"\xef\xbb\xbf" * 3 + b"email\nann@example.com\n",
    "Mac line ends": b"email,name\rann@example.com,Ann\rben@example.com,Ben\r",
    "line ends of all sorts": b"email,name\r\nann@example.com,Ann\nben@example.com,Ben\rcara@example.com,C\n\r",
    "Unicode line ends": "email,name\nann@example.com,A\u2028n\u2029n\x85\x0b\x0c\x1c\n".encode(),
    "no line end": b"email",
    "only blank lines": b"\n" * 50_000,
    "spaces for tabs": b"email    name\nann@example.com    Ann\n",
    "a separator line of Excel": b"sep=;\nemail;name\nann@example.com;Ann\n",
    "a quote in the middle": b'email,name\nann@example.com,A"n"n\nben@example.com,"B"en\n',
    "quotes within quotes": b'email,name\nann@example.com,"""""""' + b'"' * 999 + b"\n",
    "backslashes for quotes": b'email,name\nann@example.com,"A\\"nn, x"\nben@example.com,Ben\n',
    "a record of 300 lines": b'email,name\nann@example.com,"' + b"x\n" * 300 + b'"\nben@example.com,Ben\n',
    "more values than columns": b"email\nann@example.com," + b"x," * 5_000 + b"\n",
    "fewer values than columns": b"email,a,b,c\nann@example.com\n",
    "a header of a megabyte": b"email," + b"x" * 900_000 + b"\nann@example.com,y\n",
    "right to left": "email,name\n\u202eann@example.com,\u202eAnn\n".encode(),
    "letters without width": "\u200bemail\u200b,name\nann\u200b@example.com,Ann\n".encode(),
    "homographs": "email,name\n\u0430nn@ex\u0430mple.com,Ann\n".encode(),
    "an address of a megabyte": b"email\n" + b"a" * 900_000 + b"@example.com\n",
    "SQL in an address": b"email,name\n'; DROP TABLE contacts_contact; --@example.com,\"); DELETE\n",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "a bomb in an archive": archive({"people.csv": "a" * 60_000_000}),
    "a bomb that says it is a sheet": archive({"xl/workbook.xml": "<a/>" * 5_000_000, "xl/w.bin": "0" * 60_000_000}),
    "an archive in an archive": archive({"inner.zip": archive({"people.csv": "email\n"})}),
    "dates out of time": b"email,born\nann@example.com,9999-99-99\nben@example.com,0000-00-00\n",
    "infinity": b"email,points\nann@example.com,1e999\nben@example.com,NaN\ncara@example.com,-inf\n",
    "JSON of everything": b'email,attributes\nann@example.com,"{""a"": NaN, ""b"": [[]], ""\x7f"": 1e400, """": {}}"\n',
}


def test_there_are_more_than_forty_nasty_files():
    assert len(NASTY) > 40


GIGABYTES = float(os.environ.get("LONG_LINE_GB", "0.02"))  # 10 to try it once in full


class Endless(io.RawIOBase):
    """A file of one header and one line of so many bytes, made as it is read."""

    def __init__(self, size):
        self.size, self.at = size, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, to, whence=io.SEEK_SET):
        self.at = {io.SEEK_SET: to, io.SEEK_CUR: self.at + to, io.SEEK_END: self.size + to}[whence]
        return self.at

    def readinto(self, into):
        n = min(len(into), self.size - self.at)
        into[:n] = b"x" * n
        if self.at < len(HEAD):
            start = HEAD[self.at : self.at + n]
            into[: len(start)] = start
        self.at += n
        return n


HEAD = b"email,name\nann@example.com,"


def test_a_line_of_gigabytes_is_refused_with_a_sentence_and_memory_stays_flat():
    file = io.BufferedReader(Endless(int(GIGABYTES * 10**9)))
    tracemalloc.start()
    rows = None
    try:
        with pytest.raises(reader.BadFile, match=r"Line 2 is longer than a million characters\. .*\."):
            rows = reader.open_rows(file)
            list(rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows.headers == ["email", "name"] and peak < 40_000_000


def test_a_header_of_a_million_columns_is_refused_with_a_sentence():
    with pytest.raises(reader.BadFile, match=r"\.$"):
        work.look(io.BytesIO(b"c," * 1_000_000 + b"email\nx\n"))


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_file_is_taken_in_or_refused_with_a_sentence(name):
    try:
        shape, columns, _first = work.look(io.BytesIO(NASTY[name]))
        job = bring(NASTY[name])
    except reader.BadFile as why:
        assert str(why).endswith(".") and not Contact.objects.exists()
        return
    assert job.state == "done" or job.error.endswith(".")
    assert not job.counts or adds_up(job)
    assert jobs.run(job.pk) is False and shape and columns
