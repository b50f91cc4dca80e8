"""A basket keeps a claim for a while: it counts as used until it is paid, given up or over."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from social.models import Claim, Place
from social.offers import counters, held
from social.offers.asking import Who
from social.offers.claims import claim_shown
from social.offers.redemption import check, why_not

WEB_HOLD = timedelta(minutes=30)  # a web shop's basket; at a till 15 are plenty


def reserve(raw: str, *, place: Place | None, who: Who, hold: timedelta = WEB_HOLD) -> Claim:
    """Keep a claim for this asker until its basket is paid: it counts as used meanwhile.

    Writes:  Claim.reserved_until and _by, the counters.
    Raises:  Refused, RESERVED when somebody else holds it.
    """
    now = timezone.now()
    shown = held.read(raw)
    check(shown, place, now, who)
    with transaction.atomic():
        row = shown.claim or claim_shown(shown)
        free = Claim.objects.filter(pk=row.pk, state=Claim.State.OPEN)
        until = now + hold
        if free.filter(reserved_until__isnull=False, reserved_by=who.client).update(reserved_until=until):
            row.refresh_from_db()
            return row
        release_lapsed(row)
        if not free.filter(reserved_until__isnull=True).update(reserved_until=until, reserved_by=who.client):
            raise why_not(row)
        moved = counters.take(row.offer, row.contact_id, now)
        Claim.objects.filter(pk=row.pk).update(reserved_counted=moved)
    row.refresh_from_db()
    return row


def release(row: Claim, *, who: Who) -> bool:
    """Give a basket's coupon free at once; False when this asker does not hold it.

    Writes:  Claim, OfferCounter.
    """
    with transaction.atomic():
        mine = Claim.objects.filter(pk=row.pk, state=Claim.State.OPEN, reserved_by=who.client)
        counted = mine.values_list("reserved_counted", flat=True).first() or []
        if not mine.update(reserved_until=None, reserved_by="", reserved_counted=[]):
            return False
        counters.give_back(row.offer, counted)
    return True


def release_lapsed(only: Claim | None = None) -> int:
    """Give back what reservations that ran out had counted, and return how many there were.

    Writes:  Claim, OfferCounter; each claim in a transaction of its own, so it may run at any time and doubled.
    """
    lapsed = Claim.objects.filter(reserved_until__lte=timezone.now(), state=Claim.State.OPEN).select_related("offer")
    released = 0
    for row in lapsed.filter(pk=only.pk) if only else lapsed.order_by("reserved_until")[:500]:
        with transaction.atomic():
            same = Claim.objects.filter(pk=row.pk, state=Claim.State.OPEN, reserved_until=row.reserved_until)
            if same.update(reserved_until=None, reserved_by="", reserved_counted=[]):
                counters.give_back(row.offer, row.reserved_counted)
                released += 1
    return released
