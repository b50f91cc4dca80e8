"""Prove that every total equals its rows, or count them anew.

python3 manage.py rebuild_rollups --check        # ends with 1 and the differences when a total is wrong
python3 manage.py rebuild_rollups 7              # recount campaign 7
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.models import Campaign
from campaigns.tracking import recount, retention


class Command(BaseCommand):
    help = "Count the raw events again: compare with the reports' totals (--check) or replace them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaigns", nargs="*", type=int, help="ids of campaigns; none = all")
        parser.add_argument("--check", action="store_true", help="only compare")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Campaign.objects.order_by("pk")
        if options["campaigns"]:
            chosen = chosen.filter(pk__in=options["campaigns"])
        wrong: list[str] = []
        for campaign in chosen:
            if retention.is_begun(campaign):
                self.stdout.write(f"campaign={campaign.pk} is older than its events are kept: left as it is")
                continue
            found = recount.differences(campaign)
            wrong += [f"campaign={campaign.pk} {line}" for line in found]
            if found and not options["check"]:
                recount.rebuild(campaign)
        for line in wrong:
            self.stdout.write(line)
        if wrong and options["check"]:
            raise CommandError(f"{len(wrong)} totals differ from their rows; run rebuild_rollups without --check.")
        self.stdout.write(f"{chosen.count()} campaigns, {len(wrong)} totals {'put right' if wrong else 'differ'}")
