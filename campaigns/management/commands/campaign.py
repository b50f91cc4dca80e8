"""`manage.py campaign`: the presses of a campaign's page, for scripts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns import composing
from campaigns.delivery import control, progress
from campaigns.models import Campaign
from campaigns.reports import people

BY = "command campaign"


class Command(BaseCommand):
    """Press one of a campaign's buttons.

    campaign 12 show
    campaign 12 start | resume | cancel | retry-failed
    campaign 12 pause --reason "wrong price"
    campaign 12 duplicate
    campaign 12 write-to --version 1        a draft to who was sent version 1; --link 3: to who followed link 3
    """

    help = "Press a campaign's buttons: start, pause, resume, cancel, retry-failed, duplicate, write-to; or show it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", type=int, help="number of the campaign")
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb in ("show", "start", "resume", "cancel", "retry-failed", "duplicate"):
            verbs.add_parser(verb)
        verbs.add_parser("pause").add_argument("--reason", default="")
        who = verbs.add_parser("write-to").add_mutually_exclusive_group(required=True)
        who.add_argument("--version", dest="number", type=int)  # Django's own --version stands before the verb
        who.add_argument("--link", type=int)

    def handle(self, *args: Any, verb: str = "show", **options: Any) -> None:
        campaign = Campaign.objects.filter(pk=options["campaign"]).first()
        if campaign is None:
            raise CommandError(f"There is no campaign {options['campaign']}. The admin's list shows their numbers.")
        try:
            self.press(campaign, verb, options)
        except (control.Refused, people.UnknownAct) as why:
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
            case "duplicate":
                campaign = composing.duplicate(campaign, BY)
            case "write-to":
                readers = people.those(campaign, version=options["number"], link=options["link"])
                campaign = composing.write_to(campaign, [readers], BY)
        self.show(campaign)

    def show(self, campaign: Campaign) -> None:
        campaign.refresh_from_db()
        now = progress.progress(campaign)
        self.stdout.write(
            f"campaign {campaign.pk} “{campaign}”: {campaign.state}, {now.sent} of {now.total} sent, "
            f"{now.waiting} waiting, {now.deferred} to be tried again, {now.failed} failed, {now.ambiguous} in doubt"
        )
