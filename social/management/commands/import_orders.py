"""python3 manage.py import_orders orders.csv --source shop --currency EUR: past orders, without attribution."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.importing.reader import BadFile
from social import importing


class Command(BaseCommand):
    help = "Load past orders with their lines from CSV, XLSX or ODS; no campaign gets credit for them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="one line an article; lines of one order follow each other")
        parser.add_argument("--source", required=True, help="the shop; with the order number it names an order")
        parser.add_argument("--currency", required=True, help="ISO 4217, for example EUR")

    def handle(self, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with path.open("rb") as file:
            try:
                loaded = importing.load(file, source=options["source"], currency=options["currency"])
            except BadFile as why:
                raise CommandError(str(why)) from None
        self.stdout.write(f"{loaded.orders} orders with {loaded.lines} lines; {len(loaded.rejected)} lines rejected.")
        for line, reason in loaded.rejected[:20]:
            self.stdout.write(f"line {line}: {reason}")
