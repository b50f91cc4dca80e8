"""People out of the house: a list or a segment as CSV or XLSX, streamed, safe in a spreadsheet.

for piece in as_csv(sql.people(segment.rules)): response.write(piece)
write_xlsx(people, path)
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from contacts.models import AttributeType, Contact, ContactTag, Identity, Segment, Subscription, Topic
from contacts.segments import sql

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_XLSX = 100_000  # people of a sheet made while somebody waits; a longer list is streamed as CSV
PAGE = 2_000  # people a query
MOST_XLSX_ROWS = 1_048_575  # a sheet holds 1,048,576 rows, one of them the header. Source: Excel specifications
FIELDS = ("id", "email", "first_name", "last_name", "language", "time_zone", "source", "created_at")
# What a spreadsheet would execute, also in full width. Source: OWASP, CSV injection.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class TooManyRows(ValueError):
    """More people than a sheet has rows."""


def safe(value: str) -> str:
    """Return a cell that a spreadsheet shows instead of executing."""
    return f"'{value}" if value.startswith(DANGEROUS) else value


def headers() -> list[str]:
    """Return the names of the columns: fields, identities, tags, topics, attributes."""
    return [
        *FIELDS, *(f"identity:{kind}" for kind in Identity.Kind.values), "tags",
        *(f"topic:{slug}" for slug in _topics().values()), *_attributes(),
    ]  # fmt: skip


def rows(people: QuerySet[Contact]) -> Iterator[list[str]]:
    """Yield one list of cells a person, in the order of `headers`, by primary key and a page at a time."""
    topics, names = _topics(), _attributes()
    last = 0
    while page := list(people.order_by("pk").filter(pk__gt=last).values_list(*FIELDS, "attributes")[:PAGE]):
        last = page[-1][0]
        ids = [row[0] for row in page]
        known, tags, standing = _identities(ids), _tags(ids), _standing(ids)
        for *fields, attributes in page:
            pk = fields[0]
            yield [
                *map(_cell, fields), *("; ".join(known.get((pk, kind), ())) for kind in Identity.Kind.values),
                "; ".join(tags.get(pk, ())), *(standing.get((pk, topic), "") for topic in topics),
                *(_cell(attributes.get(name)) for name in names),
            ]  # fmt: skip


def as_csv(people: QuerySet[Contact]) -> Iterator[str]:
    """Yield the lines of a CSV with its mark, so that spreadsheets read it as UTF-8."""
    yield "\ufeff"
    writer = csv.writer(_Line())
    for row in _with_headers(people):
        yield writer.writerow([safe(value) for value in row])


def write_xlsx(people: QuerySet[Contact], path: Path) -> int:
    """Write a workbook of one sheet, row by row, and return how many people are in it. Cells are text, never formulas.

    Raises:  TooManyRows beyond what a sheet can hold.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet()
        n = -1
        for n, row in enumerate(_with_headers(people)):
            if n > MOST_XLSX_ROWS:
                raise TooManyRows(_("A sheet holds 1,048,575 people at most. Export as CSV, or a smaller segment."))
            for column, value in enumerate(row):
                if value:
                    sheet.write_string(n, column, value[:32_767])  # a cell's longest text
    return n


def _with_headers(people: QuerySet[Contact]) -> Iterator[list[str]]:
    yield headers()
    yield from rows(people)


def _topics() -> dict[int, str]:
    return dict(Topic.objects.order_by("slug").values_list("pk", "slug"))


def _attributes() -> list[str]:
    return list(AttributeType.objects.order_by("name").values_list("name", flat=True))


def _identities(ids: Sequence[int]) -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = {}
    named = Identity.objects.filter(contact_id__in=ids).order_by("pk").values_list("contact_id", "kind", "value")
    for pk, kind, value in named:
        found.setdefault((pk, kind), []).append(value)
    return found


def _tags(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for pk, name in ContactTag.objects.filter(contact_id__in=ids).order_by("pk").values_list("contact_id", "tag__name"):
        found.setdefault(pk, []).append(name)
    return found


def _standing(ids: Sequence[int]) -> dict[tuple[int, int], str]:
    held = Subscription.objects.filter(contact_id__in=ids).values_list("contact_id", "topic_id", "state")
    return {(pk, topic): state for pk, topic, state in held}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat(timespec="seconds"))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def people_of(segment: Segment | None) -> QuerySet[Contact]:
    """Return the segment's people, or everybody who was not merged into another.

    Raises:  BadRule.
    """
    return sql.people(segment.rules) if segment else Contact.objects.filter(merged_into=None)


def answer_with(people: QuerySet[Contact], kind: str) -> HttpResponseBase:
    """Return the people as a download, CSV streamed.

    Raises:  TooManyRows for a sheet of more than MOST_XLSX people.
    """
    answer: HttpResponseBase
    if kind == "xlsx":
        if people.order_by()[: MOST_XLSX + 1].count() > MOST_XLSX:
            raise TooManyRows(_("These are more than 100,000 people. Choose CSV, or a smaller segment."))
        with TemporaryDirectory(prefix="fanfare-export-") as folder:
            path = Path(folder, "contacts.xlsx")
            write_xlsx(people, path)
            answer = HttpResponse(path.read_bytes(), content_type=XLSX_TYPE)
    else:
        answer = StreamingHttpResponse(as_csv(people), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="contacts.{kind}"'
    answer["Cache-Control"] = "no-store"
    return answer


class _Line:
    """What csv.writer writes into: keeps each line as text."""

    def write(self, text: str) -> str:
        return text
