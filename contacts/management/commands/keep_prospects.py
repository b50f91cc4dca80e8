"""python3 manage.py keep_prospects [--dry-run]."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contacts import retention


class Command(BaseCommand):
    help = "Write to prospects whose three years are almost over, and forget those whose are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, **options: Any) -> None:
        if options["dry_run"]:
            due = retention.due()
            self.stdout.write(f"{due.soon} reach the end within two months, {due.over} have reached it.")
            return
        if not settings.PROSPECTS_MAY_GO:
            raise CommandError("Set PROSPECT_YEARS first: 3 forgets prospects in time, 0 keeps them for ever.")
        kept = retention.keep_in_time()
        self.stdout.write(f"Wrote to {kept.written}, forgot {kept.erased}.")
