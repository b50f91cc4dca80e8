"""python3 manage.py segment count|preview|explain|export|list [SEGMENT] [--rules JSON]."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from contacts import audit, exporting
from contacts.models import Segment
from contacts.segments import counting, plan, sql
from contacts.segments.rules import BadRule, describe, parse


class Command(BaseCommand):
    help = "Ask about a segment: list them, count its people, show ten of them, its SQL, or write them to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["list", "count", "preview", "explain", "export"])
        parser.add_argument("segment", nargs="?", help="number or name of the segment")
        parser.add_argument("--rules", metavar="JSON", help="rules of one's own instead of a segment's")
        parser.add_argument("--to", metavar="FILE", help="for export: the file, .csv or .xlsx")

    def handle(self, **options: Any) -> None:
        if options["what"] == "list":
            for one in Segment.objects.filter(archived_at=None).order_by("pk"):
                self.stdout.write(f"{one.pk}\t{one.name}\t{describe(parse(one.rules))}")
            return
        segment = self._segment(options["segment"]) if options["segment"] else None
        try:
            rules = segment.rules if segment else json.loads(options["rules"] or "null")
            if rules is None:
                raise CommandError("Name a segment, by number or name, or give --rules.")
            getattr(self, f"_{options['what']}")(rules, options["to"], segment)
        except (BadRule, exporting.TooManyRows, json.JSONDecodeError) as why:
            raise CommandError(str(why)) from None

    def _segment(self, wanted: str) -> Segment:
        named = Q(name__iexact=wanted) | (Q(pk=int(wanted)) if wanted.isascii() and wanted.isdigit() else Q(pk=None))
        found = Segment.objects.filter(named).order_by("archived_at").first()
        if found is None:
            raise CommandError(f"There is no segment {wanted}. `segment list` shows them.")
        return found

    def _count(self, rules: Any, *_: Any) -> None:
        self.stdout.write(describe(parse(rules)))
        found = counting.count(rules)
        self.stdout.write(f"{found.yes} yes, {found.no} no, {found.not_observable} not observable.")

    def _preview(self, rules: Any, *_: Any) -> None:
        self._count(rules)
        for contact in counting.sample(rules):
            self.stdout.write(f"{contact.pk}\t{contact}")

    def _explain(self, rules: Any, *_: Any) -> None:
        read = plan.explain(rules)
        self.stdout.write(f"{read.sql}\nvalues: {', '.join(read.values)}\n\n{read.database}:\n{read.plan}")

    def _export(self, rules: Any, to: str | None, segment: Segment | None) -> None:
        if not to:
            raise CommandError("Say where to: --to people.csv or --to people.xlsx.")
        path = Path(to)
        people = exporting.people_of(segment) if segment else sql.people(rules)
        if path.suffix == ".xlsx":
            exporting.write_xlsx(people, path)
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(exporting.as_csv(people))
        audit.record("command", "exported contacts", segment, format=path.suffix.lstrip("."))
        self.stdout.write(f"Written to {path}.")
