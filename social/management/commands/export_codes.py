"""python3 manage.py export_codes codes.csv --place lyon: for a shop's own tills, every night."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from social.models import Offer, Place
from social.offers import files


class Command(BaseCommand):
    help = "Write the codes that tills may take, with their state, as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="is replaced whole, or not at all")
        parser.add_argument("--place", default="", help="short name of a place: only what is good there")
        parser.add_argument("--offer", type=int, default=0, help="number of an offer: only its codes")

    def handle(self, **options: Any) -> None:
        place = Place.objects.filter(slug=options["place"]).first() if options["place"] else None
        offer = Offer.objects.filter(pk=options["offer"]).first() if options["offer"] else None
        if options["place"] and place is None:
            raise CommandError(f"There is no place {options['place']}.")
        if options["offer"] and offer is None:
            raise CommandError(f"There is no offer {options['offer']}.")
        target = Path(options["file"])
        partial = target.with_name(f"{target.name}.part")
        with partial.open("w", encoding="utf-8", newline="") as file:
            n = files.write_codes(file, place=place, offer=offer)
        partial.replace(target)
        self.stdout.write(f"{n} codes written to {target}.")
