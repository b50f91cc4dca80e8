"""Files that nobody would write on purpose: no error of ours, no line lost, nothing changed the second time.

IMPORT_FUZZ=5000 python3 manage.py test tests/contacts/test_import_fuzz.py
"""

import io
import os
import random

import pytest

from contacts import jobs
from contacts.importing import reader, work
from contacts.models import Contact
from tests.contacts.test_importing import adds_up, bring

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
}


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
