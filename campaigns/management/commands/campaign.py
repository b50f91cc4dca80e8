"""`manage.py campaign`: the presses of a campaign's page, for scripts."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import URLValidator
from django.utils import timezone

from campaigns import composing, links
from campaigns.delivery import control, leftovers, progress
from campaigns.models import Campaign
from campaigns.reports import people
from contacts import audit
from contacts.models import Segment

BY = "command campaign"
PLAIN = ("show", "start", "unschedule", "resume", "cancel", "retry-failed", "add-people", "duplicate")


def moment(text: str) -> datetime:
    """Return an aware time; without an offset it is the site's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no time; write 2026-05-01T09:00:00+02:00") from None
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def web_address(text: str) -> str:
    try:
        URLValidator(schemes=["http", "https"])(text)
    except ValidationError:
        raise ArgumentTypeError(f"{text} is no web address") from None
    return text


class Command(BaseCommand):
    """Press one of a campaign's buttons.

    campaign 12 show
    campaign 12 start | unschedule | resume | cancel | retry-failed | add-people
    campaign 12 schedule 2026-05-01T09:00:00+02:00
    campaign 12 remove-people 3             who stands in segment 3 and has no mail yet
    campaign 12 pace 5000                   mails an hour; 0 = as fast as the relays allow
    campaign 12 settle sent | again         the mails in doubt
    campaign 12 retarget 3 https://…        link 3 leads elsewhere, also in mails already sent
    campaign 12 pause --reason "wrong price"
    campaign 12 duplicate
    campaign 12 write-to --version 1        a draft to who was sent version 1; --link 3: to who followed link 3
    """

    help = "Press a campaign's buttons: start, schedule, pause, pace, settle, retarget, write-to and so on; or show it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", type=int, help="number of the campaign")
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb in PLAIN:
            verbs.add_parser(verb)
        verbs.add_parser("schedule").add_argument("at", type=moment, help="for example 2026-05-01T09:00:00+02:00")
        verbs.add_parser("remove-people").add_argument("segment", type=int, help="number of the segment")
        verbs.add_parser("pace").add_argument("per_hour", type=int, help="mails an hour; 0 = no limit of its own")
        verbs.add_parser("settle").add_argument("how", choices=["sent", "again"])
        retarget = verbs.add_parser("retarget")
        retarget.add_argument("number", type=int, help="the link's number in the campaign")
        retarget.add_argument("target", type=web_address)
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
            case "schedule":
                control.schedule(campaign, options["at"], BY)
            case "unschedule":
                control.unschedule(campaign, BY)
            case "add-people":
                self.stdout.write(f"{control.add_people(campaign, BY)} people added")
            case "remove-people":
                segment = Segment.objects.filter(pk=options["segment"]).first()
                if segment is None:
                    raise CommandError(f"There is no segment {options['segment']}.")
                self.stdout.write(f"{control.remove_people(campaign, segment, BY)} people taken out")
            case "pace":
                control.set_pace(campaign, max(options["per_hour"], 0) or None, BY)
            case "settle":
                settled = leftovers.resend_ambiguous(campaign, BY, resend=options["how"] == "again")
                self.stdout.write(f"{settled} mails in doubt settled")
            case "retarget":
                link = campaign.links.filter(kind="click", number=options["number"]).first()
                if link is None:
                    raise CommandError(f"The campaign has no link {options['number']}.")
                links.retarget(link, options["target"], None)
                audit.record(BY, "retargeted link", link, target=options["target"][:200])
            case "retry-failed":
                self.stdout.write(f"{leftovers.retry_failed(campaign, BY)} failed mails are tried again")
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
