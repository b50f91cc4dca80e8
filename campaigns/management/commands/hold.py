"""`manage.py hold`: see why nothing is sent, stop all sending, or lift the stop campaign by campaign."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.delivery import control, hold
from campaigns.delivery.progress import counts_by_state
from campaigns.models import SendingHold


class Command(BaseCommand):
    """List holds and what they affect, place one, lift all.

    hold list
    hold place "we look at the list first"
    hold lift --resume 12 --pause 13 --cancel 14
    """

    help = "Stop all sending, or lift the stop (a restored database starts held)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="show the holds and the campaigns that need a decision")
        place = verbs.add_parser("place", help="stop all sending")
        place.add_argument("reason")
        lift = verbs.add_parser("lift", help="let mails go again")
        for choice in hold.CHOICES:
            lift.add_argument(f"--{choice}", type=int, action="append", default=[], metavar="CAMPAIGN")

    def handle(self, *args: Any, verb: str = "list", **options: Any) -> None:
        if verb == "place":
            hold.place(options["reason"], "command hold")
        elif verb == "lift":
            self.lift({number: choice for choice in hold.CHOICES for number in options[choice]})
        self.show()

    def lift(self, choices: dict[int, str]) -> None:
        if hold.active() is None:
            raise CommandError("Nothing is held.")
        try:
            while (held := hold.active()) is not None:
                hold.lift(held, "command hold", choices)
        except control.Refused as why:
            raise CommandError(f"{why} For example: hold lift --resume 12 --cancel 13") from None

    def show(self) -> None:
        held = SendingHold.objects.filter(lifted_at=None)
        for each in held:
            self.stdout.write(f"held since {each.since:%Y-%m-%d %H:%M} UTC: {each.reason}")
        if not held:
            self.stdout.write("Nothing is held.")
            return
        for campaign in hold.affected():
            numbers = ", ".join(f"{n} {state}" for state, n in sorted(counts_by_state(campaign).items()))
            self.stdout.write(f"  campaign {campaign.pk} “{campaign}”, {campaign.state}: {numbers or 'no mails yet'}")
