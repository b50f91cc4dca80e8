"""python3 manage.py import_orders orders.csv --source shop --currency EUR: past orders, without attribution."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError

from contacts import audit, jobs
from contacts.importing.reader import BadFile
from contacts.importing.rejects import first_of
from contacts.models import Job
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
                job = importing.plan(
                    File(file, name=path.name), source=options["source"], currency=options["currency"], hint=False
                )
            except BadFile as why:
                raise CommandError(str(why)) from None
        jobs.run(job.pk)
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(job.error)
        counts = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0, "lines": 0, **job.counts}
        audit.record("command", "imported orders", job, source=options["source"])
        self.stdout.write(
            "{created} new orders, {updated} changed, {unchanged} as before, from {lines} lines; "
            "{rejected} lines rejected.".format(**counts)
        )
        for line, reason in first_of(job):
            self.stdout.write(f"line {line}: {reason}")
