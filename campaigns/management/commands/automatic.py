"""`manage.py automatic`: the switches of the ready-made automatic mails, for scripts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.delivery import automatic
from campaigns.reports import automatic as reports
from contacts.models import Brand

BY = "command automatic"


class Command(BaseCommand):
    """List a brand's automatic mails with their counts, or switch some.

    automatic maison
    automatic maison on welcome birthday
    automatic maison off birthday
    """

    help = "List the ready-made automatic mails of a brand with their counts, or switch some on or off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("brand", help="the brand's slug")
        parser.add_argument("verb", nargs="?", choices=["list", "on", "off"], default="list")
        parser.add_argument("kinds", nargs="*", help="for example welcome birthday")

    def handle(self, *args: Any, brand: str = "", verb: str = "list", **options: Any) -> None:
        found = Brand.objects.filter(slug=brand).first()
        if found is None:
            raise CommandError(f"There is no brand {brand}. The admin's page Brands shows their slugs.")
        press = {"on": automatic.switch_on, "off": automatic.switch_off}.get(verb)
        try:
            for name in options["kinds"]:
                row = automatic.of(found, name)
                if press is not None:
                    press(row, BY)
        except automatic.NotPossible as why:
            raise CommandError(str(why)) from None
        self.list(found)

    def list(self, brand: Brand) -> None:
        rows = automatic.all_of(brand)
        counts = reports.of([row.campaign_id for row in rows if row.campaign_id])
        for row in rows:
            n = counts.get(row.campaign_id or 0, reports.Counts())
            state = "on " if row.is_on else "off"
            self.stdout.write(
                f"{row.kind:20} {state}  sent {n.sent}, opened {n.opened}, clicked {n.clicked}, "
                f"unsubscribed {n.unsubscribed}"
            )
