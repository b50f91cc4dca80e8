"""python3 manage.py export_consents --to consents.csv [--topic offers] [--who ann@example.com]."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts import audit, basis, identities
from contacts.models import Consent


class Command(BaseCommand):
    help = "Write the ledger of consents as CSV: who agreed to what, when, how and by which words."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", default="consents.csv", help="file to write; default consents.csv here")
        parser.add_argument("--topic", help="short name; only this topic")
        parser.add_argument("--who", help="e-mail, card:2000123, shop:77, phone:+33… or #id; only this person")

    def handle(self, **options: Any) -> None:
        rows = Consent.objects.all()
        if options["topic"]:
            rows = rows.filter(topic__slug=options["topic"])
        if options["who"]:
            contact = identities.look_up(options["who"])
            if contact is None:
                raise CommandError("Nobody is known by this. Check it, or look for the person in the desk.")
            rows = rows.filter(contact=contact)
        n = 0
        with Path(options["to"]).open("w", encoding="utf-8", newline="") as file:
            for n, line in enumerate(basis.csv_lines(basis.ledger(rows))):  # noqa: B007 - the last number is the count
                file.write(line)
        audit.record("command", "exported consents", rows=n)
        self.stdout.write(f"Wrote {n} entries to {options['to']}.")
