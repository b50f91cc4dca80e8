"""python3 manage.py import_suppressions cleaned.csv --reason hard_bounce: addresses that are never written to."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError

from contacts import audit, jobs
from contacts.importing import blocklist
from contacts.importing.reader import BadFile
from contacts.importing.rejects import first_of
from contacts.models import Job, Suppression


class Command(BaseCommand):
    help = "Take in a list of addresses that are never written to, as another tool exported it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="CSV, TSV, XLSX or ODS; a column of reasons is understood")
        parser.add_argument(
            "--reason", choices=[reason.value for reason in blocklist.REASONS], default=Suppression.Reason.IMPORTED
        )
        parser.add_argument("--source", default="", help="where the list comes from, as shown beside each address")

    def handle(self, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with path.open("rb") as file:
            try:
                job = blocklist.plan(
                    File(file, name=path.name), reason=options["reason"], source=options["source"], hint=False
                )
            except BadFile as why:
                raise CommandError(str(why)) from None
        jobs.run(job.pk)
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(job.error)
        counts = {"created": 0, "unchanged": 0, "rejected": 0, **job.counts}
        audit.record("command", "imported suppressions", job, added=counts["created"], known=counts["unchanged"])
        self.stdout.write("{created} added, {unchanged} known, {rejected} rejected.".format(**counts))
        for line, why_not in first_of(job):
            self.stdout.write(f"line {line}: {why_not}")
