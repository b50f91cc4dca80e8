"""What came of automatic mails: sent, opened, clicked, left, by campaign; three queries for a whole page.

of([7, 9])[7].opened      # people of whom a human open is known; who did not agree to measurement is in none of them
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns.delivery.ledger import UNFINISHED, State
from campaigns.models import Delivery, Engagement

NAMES = ("sent", "waiting", "failed", "unsubscribed")


@dataclass(frozen=True, slots=True)
class Counts:
    """Mails sent and waiting, and how many people opened, clicked, unsubscribed."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0


def of(campaign_ids: Sequence[int]) -> dict[int, Counts]:
    """Return the counts by campaign; one without mails has none but noughts."""
    mails = Delivery.objects.filter(campaign__in=campaign_ids).order_by().values("campaign")
    counted = mails.annotate(
        sent=Count("pk", filter=Q(state=State.SENT)),
        waiting=Count("pk", filter=Q(state__in=UNFINISHED)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        unsubscribed=Count("pk", filter=Q(unsubscribed_at__isnull=False)),
    )
    rows = counted.values_list("campaign", *NAMES)
    ledger = {campaign: dict(zip(NAMES, numbers, strict=True)) for campaign, *numbers in rows}
    acts = Engagement.objects.filter(campaign__in=campaign_ids, kind__in=["open", "click"]).order_by()
    people = {(campaign, kind): n for campaign, kind, n in acts.values_list("campaign", "kind").annotate(n=Count("pk"))}
    return {
        each: Counts(
            **ledger.get(each, {}), opened=people.get((each, "open"), 0), clicked=people.get((each, "click"), 0)
        )
        for each in campaign_ids
    }
