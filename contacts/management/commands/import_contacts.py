"""python3 manage.py import_contacts people.csv --topic letters --basis consent --evidence "form on the website"."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError

from contacts import jobs
from contacts.importing import work
from contacts.importing.reader import ENCODINGS, BadFile, Shape
from contacts.importing.upsert import Policy
from contacts.models import Job, Suppression, Topic
from contacts.models.consent import Basis

STANDINGS = [Suppression.Reason.UNSUBSCRIBED_ALL, "hard_bounce", "complaint", "imported"]


class Command(BaseCommand):
    help = "Import contacts from CSV, TSV, XLSX or ODS; columns are recognised by header. Empty cells change nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="CSV, TSV, XLSX or ODS file")
        parser.add_argument("--topic", help="short name of the topic they are subscribed to")
        parser.add_argument("--basis", choices=[Basis.CONSENT, Basis.CUSTOMER], help="no basis, no mail")
        parser.add_argument("--evidence", default="", help="where and how they agreed; needed with --basis")
        parser.add_argument("--source", default="", help="where they come from, as shown on their page")
        parser.add_argument("--tag", action="append", default=[], help="put on all of them; may be repeated")
        parser.add_argument(
            "--existing", choices=Policy.values, default=Policy.OVERWRITE, help="what happens to people who are known"
        )
        parser.add_argument("--keep", action="store_true", help="the same as --existing fill")
        parser.add_argument(
            "--standing",
            choices=STANDINGS,
            default="",
            help="why nobody in this file is written to: a list of who left",
        )
        parser.add_argument("--encoding", choices=ENCODINGS, help="when the one that was found is wrong")
        parser.add_argument("--delimiter", help="when the one that was found is wrong")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, count what would happen")
        parser.add_argument("--resume", type=int, metavar="JOB", help="go on with an import that was killed")

    def handle(self, **options: Any) -> None:
        if options["resume"]:
            job = Job.objects.filter(pk=options["resume"], kind="import").first()
            if job is None:
                raise CommandError(f"There is no import {options['resume']}.")
        elif options["file"]:
            job = self._plan(options)
        else:
            raise CommandError("Name the file to import, or an import to --resume.")
        self.stdout.write(f"import {job.pk} …")
        self.stdout.flush()
        jobs.run(job.pk, take_over=bool(options["resume"]))
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(job.error or f"import {job.pk} is {job.get_state_display()}.")
        self._report(job)

    def _plan(self, options: dict[str, Any]) -> Job:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        if bool(options["topic"]) != bool(options["basis"]):
            raise CommandError("--topic and --basis go together: no basis, no mail.")
        topic = Topic.objects.filter(slug=options["topic"]).first()
        if options["topic"] and topic is None:
            known = ", ".join(Topic.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no topic {options['topic']} (there are: {known}).")
        with path.open("rb") as file:
            try:
                shape, columns, _first = work.look(file)
                if options["encoding"] or options["delimiter"]:
                    wanted = Shape(options["encoding"] or shape.encoding, options["delimiter"] or shape.delimiter)
                    shape, columns, _first = work.look(file, wanted)
                return work.plan(
                    File(file, name=path.name), columns=columns, shape=shape, topic=topic,
                    basis=options["basis"] or Basis.NONE, evidence=options["evidence"], tags=options["tag"],
                    source=options["source"], policy=Policy.FILL if options["keep"] else options["existing"],
                    standing=options["standing"], dry_run=options["dry_run"], hint=False,
                )  # fmt: skip
            except (BadFile, work.NoEvidence) as why:
                raise CommandError(str(why)) from None

    def _report(self, job: Job) -> None:
        counts = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0, **job.counts}
        would = "would be " if job.parameters["dry_run"] else ""
        self.stdout.write(
            "{lines} lines: {created} {would}created, {updated} updated, {unchanged} unchanged, {rejected} rejected; "
            "{subscribed} subscribed, {suppressed} suppressed, {left} left.".format(
                **{"lines": 0, "subscribed": 0, "suppressed": 0, "left": 0, **counts}, would=would
            )
        )
        if job.result:
            self.stdout.write(f"Rejected rows with line and reason: {job.result.path}")
