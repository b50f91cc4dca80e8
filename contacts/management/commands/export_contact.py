"""python3 manage.py export_contact ann@example.com --to ann.zip."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts import audit, identities, privacy


class Command(BaseCommand):
    help = "Write everything held about one contact into a ZIP of JSON files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("who", help="e-mail, card:2000123, shop:77, phone:+33… or #id")
        parser.add_argument("--to", help="file to write; default contact-<id>.zip here")

    def handle(self, **options: Any) -> None:
        contact = identities.look_up(options["who"])
        if contact is None:
            raise CommandError("Nobody has this address. Check it, or look for the person in the desk.")
        path = Path(options["to"] or f"contact-{contact.pk}.zip")
        path.write_bytes(privacy.export_contact(contact))
        audit.record("command", "exported contact", contact)
        self.stdout.write(f"Wrote {path}.")
