"""What the floors below want sent, turned into deliveries: one transactional campaign a kind of notice and brand.

drain()   # → 3: so many notices became deliveries
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q

from campaigns.brands import brand_of
from campaigns.delivery import automatic
from campaigns.models import Automation, Campaign, Delivery
from contacts import manners
from contacts.models import Notice

logger = logging.getLogger(__name__)
BATCH = 500  # notices a transaction
UNSENT = (Delivery.State.SUPPRESSED, Delivery.State.CANCELLED, Delivery.State.FAILED)  # fill nobody's cap


def drain() -> int:
    """Turn undrained notices into deliveries of the transactional campaign with their trigger and return how many.

    Reads:   Notice rows without drained_at whose kind has a campaign of their brand that is sending, from the delay of
             its automatic mail on; the others wait for a person to switch one on. Before, the kinds that nobody causes
             are looked for (`automatic.look`).
    Writes:  Delivery(occasion = notice.key, context = notice.payload), Notice.drained_at; one transaction a batch.
    Safe to repeat and to run twice at once: (campaign, contact, occasion) is unique.
    """
    automatic.look()
    sending = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, state=Campaign.State.SENDING)
    drained = 0
    for campaign in sending.select_related("content__brand", "topic__brand", "sender__brand").order_by("pk"):
        drained += _drain(campaign)
    if drained:
        logger.info("notices drained=%d", drained)
    return drained


def _drain(campaign: Campaign) -> int:
    row = Automation.objects.filter(campaign=campaign).first()
    drained = 0
    while True:
        n = drain_batch(campaign, row)
        drained += n
        if n < BATCH:
            return drained


def drain_batch(campaign: Campaign, row: Automation | None = None) -> int:
    """Drain one batch of a campaign's notices and return its size."""
    now = manners.database_now()
    waiting = Notice.objects.filter(drained_at=None, kind=campaign.trigger)
    if (brand := brand_of(campaign)) is not None:
        waiting = waiting.filter(Q(brand=brand) | Q(brand=None))
    if row is not None and row.delay_minutes:
        waiting = waiting.filter(created_at__lte=now - timedelta(minutes=row.delay_minutes))
    with manners.write_batch():
        if row is not None and row.cap_mails:  # two at once would each find room
            list(Automation.objects.select_for_update(of=("self",)).filter(pk=row.pk))
        locked = waiting.select_related("contact").order_by("pk").select_for_update(skip_locked=True, of=("self",))
        notices = list(locked[:BATCH])
        if notices:
            made = [delivery(notice, campaign) for notice in notices]
            if row is not None and row.cap_mails:
                _cap(made, row)
            Delivery.objects.bulk_create(made, ignore_conflicts=True)
            Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(drained_at=now)
    return len(notices)


def _cap(made: Sequence[Delivery], row: Automation) -> None:
    """Settle the rows beyond what one person gets of this mail as not sent."""
    since = manners.database_now() - timedelta(days=row.cap_days)
    had = Delivery.objects.filter(
        campaign=row.campaign_id, contact__in=[each.contact_id for each in made], created_at__gte=since
    ).exclude(state__in=UNSENT)
    counted: Counter[int | None] = Counter(dict(had.order_by().values_list("contact").annotate(n=Count("pk"))))
    for each in made:
        if counted[each.contact_id] >= (row.cap_mails or 0):
            each.state, each.reply = Delivery.State.SUPPRESSED, "had enough of this mail lately"
        else:
            counted[each.contact_id] += 1


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
