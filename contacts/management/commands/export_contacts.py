"""python3 manage.py export_contacts people.csv --segment 3: a segment, or everybody, as CSV or XLSX."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts import audit, exporting
from contacts.models import Contact, Segment
from contacts.segments import sql
from contacts.segments.rules import BadRule


class Command(BaseCommand):
    help = "Export a segment, or everybody, as CSV or XLSX; cells are safe in a spreadsheet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="where to write; its ending chooses CSV or XLSX")
        parser.add_argument("--segment", type=int, help="number of the segment; without it everybody")

    def handle(self, **options: Any) -> None:
        path, people = Path(options["file"]), Contact.objects.filter(merged_into=None)
        if path.suffix not in (".csv", ".xlsx"):
            raise CommandError("Name a file that ends in .csv or .xlsx.")
        try:
            if options["segment"]:
                people = sql.people(Segment.objects.get(pk=options["segment"]).rules)
            n = exporting.write_xlsx(people, path) if path.suffix == ".xlsx" else _write_csv(people, path)
        except Segment.DoesNotExist:
            raise CommandError(f"There is no segment {options['segment']}.") from None
        except (BadRule, exporting.TooManyRows, OSError) as why:
            raise CommandError(str(why)) from None
        audit.record("command", "exported contacts", None, people=n, segment=options["segment"])
        self.stdout.write(f"{n} people in {path}.")


def _write_csv(people: Any, path: Path) -> int:
    n = -2  # the mark and the header
    with path.open("w", encoding="utf-8", newline="") as file:
        for piece in exporting.as_csv(people):
            file.write(piece)
            n += 1
    return n
