"""python3 manage.py merge_contacts DOUBLE STAYS [--yes]."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts import identities, merging
from contacts.models import Contact


class Command(BaseCommand):
    help = "Make two contacts one: shows what would move; with --yes moves it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("double", help="who is emptied: e-mail, card:2000123, shop:77, phone:+33… or #id")
        parser.add_argument("stays", help="who stays, named the same way")
        parser.add_argument("--yes", action="store_true", help="really do it; a merge is not undone")

    def handle(self, **options: Any) -> None:
        double, stays = self._found(options["double"]), self._found(options["stays"])
        try:
            done = merging.merge(double, stays, by="command") if options["yes"] else merging.preview(double, stays)
        except merging.CannotMerge as why:
            raise CommandError(str(why)) from why
        for table, n in sorted(done.moves.items()):
            self.stdout.write(f"{n} × {table}")
        for table, n in sorted(done.kept_back.items()):
            self.stdout.write(f"{n} × {table} stay behind: they would stand twice")
        self.stdout.write("Merged." if options["yes"] else "Nothing was changed. Say --yes to merge.")

    def _found(self, who: str) -> Contact:
        contact = identities.look_up(who)
        if contact is None:
            raise CommandError(f"Nobody is known by {who}. Check it, or look for the person in the desk.")
        return contact
