"""python3 manage.py import_redemptions till.csv --place lyon: what a shop's own tills redeemed, every night."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.importing.reader import BadFile
from social.models import Place
from social.offers import files, notes


class Command(BaseCommand):
    help = "Redeem what a till's CSV says was redeemed, once each, and list the conflicts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="columns code, at, and if you like place, amount, currency, order")
        parser.add_argument("--place", default="", help="short name of the place, where the file has no such column")

    def handle(self, **options: Any) -> None:
        path = Path(options["file"])
        place = Place.objects.filter(slug=options["place"]).first() if options["place"] else None
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        if options["place"] and place is None:
            raise CommandError(f"There is no place {options['place']}.")
        with path.open("rb") as file:
            try:
                loaded = files.read_redemptions(file, place=place)
            except BadFile as why:
                raise CommandError(str(why)) from None
        self.stdout.write(
            f"{loaded.redeemed} redeemed, {loaded.known} known before, {len(loaded.conflicts)} conflicts, "
            f"{len(loaded.rejected)} lines not read."
        )
        for note in loaded.conflicts[:50]:
            self.stdout.write(f"conflict {note.pk}: {note.noted_at.isoformat()} {notes.sentence_of(note)}")
        for line, reason in loaded.rejected[:50]:
            self.stdout.write(f"line {line}: {reason}")
