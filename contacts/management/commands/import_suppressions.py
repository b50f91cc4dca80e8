"""python3 manage.py import_suppressions cleaned.csv --reason hard_bounce: addresses that are never written to."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts import audit
from contacts.importing import blocklist
from contacts.importing.reader import BadFile
from contacts.models import Suppression

REASONS = [reason for reason in Suppression.Reason.values if reason != Suppression.Reason.ERASED]


class Command(BaseCommand):
    help = "Take in a list of addresses that are never written to, as another tool exported it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="CSV, TSV, XLSX or ODS; a column of reasons is understood")
        parser.add_argument("--reason", choices=REASONS, default=Suppression.Reason.IMPORTED)
        parser.add_argument("--source", default="", help="where the list comes from, as shown beside each address")

    def handle(self, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with path.open("rb") as file:
            try:
                source = options["source"] or path.name
                taken = blocklist.take_in(file, reason=options["reason"], source=source)
            except BadFile as why:
                raise CommandError(str(why)) from None
        audit.record("command", "imported suppressions", None, added=taken.added, known=taken.known)
        self.stdout.write(f"{taken.added} added, {taken.known} known, {len(taken.rejected)} rejected.")
        for line, why_not in taken.rejected[:20]:
            self.stdout.write(f"line {line}: {why_not}")
