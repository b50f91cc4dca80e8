"""`manage.py campaign`: the presses of a campaign's page, for scripts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.delivery import control, progress
from campaigns.models import Campaign

BY = "command campaign"


class Command(BaseCommand):
    """Press one of a campaign's buttons.

    campaign 12 show
    campaign 12 start | resume | cancel | retry-failed
    campaign 12 pause --reason "wrong price"
    """

    help = "Show a campaign's numbers, or start, pause, resume or cancel it, or try its failed mails again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", type=int, help="number of the campaign")
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb in ("show", "start", "resume", "cancel", "retry-failed"):
            verbs.add_parser(verb)
        verbs.add_parser("pause").add_argument("--reason", default="")

    def handle(self, *args: Any, verb: str = "show", **options: Any) -> None:
        campaign = Campaign.objects.filter(pk=options["campaign"]).first()
        if campaign is None:
            raise CommandError(f"There is no campaign {options['campaign']}. The admin's list shows their numbers.")
        try:
            self.press(campaign, verb, options)
        except control.Refused as why:
            raise CommandError(str(why)) from None

    def press(self, campaign: Campaign, verb: str, options: dict[str, Any]) -> None:
        match verb:
            case "start":
                control.start(campaign, BY)
            case "pause":
                control.pause(campaign, options["reason"], BY)
            case "resume":
                control.resume(campaign, BY)
            case "cancel":
                control.cancel(campaign, BY)
            case "retry-failed":
                self.stdout.write(f"{control.retry_failed(campaign, BY)} failed mails are tried again")
        self.show(campaign)

    def show(self, campaign: Campaign) -> None:
        campaign.refresh_from_db()
        now = progress.progress(campaign)
        self.stdout.write(
            f"campaign {campaign.pk} “{campaign}”: {campaign.state}, {now.sent} of {now.total} sent, "
            f"{now.waiting} waiting, {now.deferred} to be tried again, {now.failed} failed, {now.ambiguous} in doubt"
        )
