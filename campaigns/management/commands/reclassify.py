"""Let today's rules judge the hits of the last 30 days again; the reports follow.

python3 manage.py reclassify          # all campaigns
python3 manage.py reclassify 7 9
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from campaigns.models import Campaign
from campaigns.tracking import recount


class Command(BaseCommand):
    help = "Judge stored hits again by today's rules (human, proxy, machine) and move the totals with them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaigns", nargs="*", type=int, help="ids of campaigns; none = all")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Campaign.objects.order_by("pk")
        if options["campaigns"]:
            chosen = chosen.filter(pk__in=options["campaigns"])
        for campaign in chosen:
            if moved := recount.reclassify(campaign):
                self.stdout.write(f"campaign={campaign.pk} moved={moved}")
