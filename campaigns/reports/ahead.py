"""Reports counted ahead: what takes long is counted by the beat, so that no page of a large campaign waits for it.

count()      # → how many campaigns were counted anew; nothing when every kept count still holds for a while
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from campaigns.models import Campaign, Delivery
from campaigns.reports import build, counts, tally

logger = logging.getLogger(__name__)
LARGE = 20_000  # mails; the report of a smaller campaign is counted while it is asked for
FOR = timedelta(days=60)  # after its start; by then little happens to a campaign, and a day's count holds


def count() -> int:
    """Count what is due of the reports of large campaigns, and return of how many.

    Reads:   Campaign, Delivery, Engagement, HourlyTotal.
    Writes:  Tally.
    """
    done = 0
    for campaign in _large():
        with tally.ahead():
            if not tally.is_kept(campaign, "mails", counts.mark(campaign)):
                build.report(campaign)
                done += 1
    if done:
        logger.info("reports counted ahead=%d", done)
    return done


def _large() -> Iterator[Campaign]:
    recent = Campaign.objects.filter(started_at__gt=timezone.now() - FOR).order_by("-started_at")
    for campaign in recent.select_related("topic__brand", "sender"):
        if Delivery.objects.filter(campaign=campaign).order_by()[: LARGE + 1].count() > LARGE:
            yield campaign
