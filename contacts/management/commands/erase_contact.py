"""python3 manage.py erase_contact ann@example.com --yes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts import identities, privacy


class Command(BaseCommand):
    help = "Erase one contact; the address stays suppressed as a hash, so that no import brings it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("who", help="e-mail, card:2000123, shop:77, phone:+33… or #id")
        parser.add_argument("--yes", action="store_true", help="really do it; it cannot be undone")

    def handle(self, **options: Any) -> None:
        contact = identities.look_up(options["who"])
        if contact is None:
            raise CommandError("Nobody has this address. Check it, or look for the person in the desk.")
        if not options["yes"]:
            raise CommandError(f"This erases contact {contact.pk} for good. Say --yes to do it.")
        touched = privacy.erase_contact(contact, actor="command")
        for label, n in sorted(touched.items()):
            self.stdout.write(f"{label}: {n}")
        self.stdout.write("Erased.")
