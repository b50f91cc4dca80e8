"""What the floors below want sent, turned into deliveries: one transactional campaign for each kind of notice.

drain()   # → 3: so many notices became deliveries
"""

from __future__ import annotations

import logging

from django.conf import settings

from campaigns.delivery import ready_made
from campaigns.models import Campaign, Delivery
from contacts import manners
from contacts.models import Notice

logger = logging.getLogger(__name__)
BATCH = 500  # notices a transaction


def drain() -> int:
    """Turn undrained notices into deliveries of the transactional campaign with their trigger and return how many.

    Reads:   Notice rows without drained_at whose kind has a campaign that is sending; the ready-made ones are switched
             on when the first waits, the others wait for one.
    Writes:  Delivery(occasion = notice.key, context = notice.payload), Notice.drained_at; one transaction a batch.
    Safe to repeat and to run twice at once: (campaign, contact, occasion) is unique.
    """
    ready_made.switch_on_missing()
    campaigns = {
        campaign.trigger: campaign
        for campaign in Campaign.objects.filter(
            kind=Campaign.Kind.TRANSACTIONAL, state=Campaign.State.SENDING
        ).select_related("content__brand")
    }
    drained = 0
    while campaigns:
        n = drain_batch(campaigns)
        drained += n
        if n < BATCH:
            break
    if drained:
        logger.info("notices drained=%d", drained)
    return drained


def drain_batch(campaigns: dict[str, Campaign]) -> int:
    """Drain one batch and return its size."""
    with manners.write_batch():
        waiting = Notice.objects.filter(drained_at=None, kind__in=campaigns).select_related("contact").order_by("pk")
        notices = list(waiting.select_for_update(skip_locked=True, of=("self",))[:BATCH])
        Delivery.objects.bulk_create(
            [delivery(notice, campaigns[notice.kind]) for notice in notices], ignore_conflicts=True
        )
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(drained_at=manners.database_now())
    return len(notices)


def delivery(notice: Notice, campaign: Campaign) -> Delivery:
    """Return the row, not yet saved, that answers a notice."""
    brand = campaign.content.brand.default_language if campaign.content else settings.LANGUAGE_CODE
    personal = campaign.tracking == Campaign.Tracking.CONSENT
    return Delivery(
        campaign=campaign,
        contact=notice.contact,
        occasion=notice.key,
        context=notice.payload,
        content_version_id=campaign.content_version_id,
        language=notice.contact.language or brand,
        tracks_opens=personal and notice.contact.open_tracking_at is not None,
        tracks_clicks=personal and notice.contact.click_tracking_at is not None,
    )
