"""The ready-made automatic mails of this floor: codes, rewards, offers about to end, friends who joined, purchases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from campaigns import brands
from campaigns.delivery import automatic
from campaigns.delivery.automatic import Cause, Kind
from campaigns.models import Automation
from contacts.models import Brand
from social import rewards
from social.models import Claim, Offer, Order, Referral
from social.offers import mailing

LEFT = timedelta(hours=2)  # an offer that ends sooner is of no use any more
SETTLED = timedelta(days=1)  # who has just taken it knows it
LATE = timedelta(days=3)  # how long after its day a purchase is still thanked for, when the shop reports late


def expiring(row: Automation, now: datetime) -> Iterator[Cause]:
    """Find the claims that end within `row.days` days and are unused."""
    claims = Claim.objects.filter(
        offer__brand=row.brand,
        offer__state=Offer.State.LIVE,
        offer__archived_at=None,
        offer__ends_at__gt=now + LEFT,
        state=Claim.State.OPEN,
        contact__email__isnull=False,
        claimed_at__lte=now - SETTLED,
        expires_at__gt=now + LEFT,
        expires_at__lte=now + timedelta(days=row.days),
    )
    rows = claims.select_related("contact", "offer__brand", "code").prefetch_related("offer__texts").order_by("pk")
    for claim in rows.iterator(2000):
        if claim.contact is not None:
            yield Cause(claim.contact, f"offer_expiring:{claim.pk}", mailing.values(claim))


def purchases(row: Automation, now: datetime) -> Iterator[Cause]:
    """Find the purchases of `row.days` days ago that were not sent back, made since the mail was switched on."""
    until = now - timedelta(days=row.days)
    orders = Order.objects.filter(
        Q(place=None) | Q(place__brand=row.brand),
        ordered_at__lte=until,
        ordered_at__gt=until - LATE,
        returned_minor__lt=F("amount_minor"),
        is_attributed=True,
        contact__email__isnull=False,
        contact__subscriptions__topic=row.topic,
        contact__subscriptions__state="subscribed",
    )
    if row.switched_on_at is not None:
        orders = orders.filter(ordered_at__gte=row.switched_on_at)
    for order in orders.select_related("contact").order_by("pk").iterator(2000):
        if order.contact is not None:
            yield Cause(order.contact, f"after_purchase:{order.pk}", {"order": order.reference})


def friend_joined(referral: Referral) -> None:
    """Tell the sponsor, where that mail is switched on, that a friend of hers joined; never who."""
    program = referral.program
    if referral.sponsor is None or referral.share_link is None:
        return
    brand = program.brand if program else brands.brand_of(referral.share_link.campaign)
    if brand is None:
        return
    joined = Referral.objects.filter(sponsor=referral.sponsor, confirmed_at__isnull=False)
    payload = {"friends": joined.exclude(state__in=[Referral.State.VOIDED, Referral.State.FLAGGED]).count()}
    automatic.cause("friend_joined", referral.sponsor, key=f"friend_joined:{referral.pk}", brand=brand, payload=payload)


def _offer(brand: Brand, language: str) -> dict[str, Any]:
    until = timezone.now() + timedelta(days=3)
    return {
        "title": _now("20 % for our fans"),
        "value": _now("An example: your own offer stands here."),
        "code": "7K2M9-PQRWX",
        "url": brand.website or "https://example.com",
        "until": until.isoformat(),
    }


def _friends(brand: Brand, language: str) -> dict[str, Any]:
    return {"friends": 3}


def _order(brand: Brand, language: str) -> dict[str, Any]:
    return {"order": "A-1042"}


AUTOMATIC = [
    Kind(
        mailing.KIND,
        _("Your code"),
        _("When somebody takes a personal offer: her code comes to the address on file, and nowhere else."),
        is_service=True,
        sample=_offer,
    ),
    Kind(
        "offer_expiring",
        _("Your offer ends soon"),
        _("Some days before an offer that somebody took and has not used ends."),
        days=3,
        days_say=_("days before the end"),
        cap=(1, 7),
        find=lambda row, now: automatic.without_notice(expiring(row, now)),
        sample=_offer,
    ),
    Kind(
        "friend_joined",
        _("A friend has joined"),
        _("When a friend whom she brought confirmed her address. It never says who."),
        cap=(1, 1),
        sample=_friends,
    ),
    Kind(
        rewards.SPONSOR_NOTICE,
        _("Your reward is ready"),
        _("When a referral is approved: what the sponsor earned."),
        is_service=True,
        sample=_offer,
    ),
    Kind(
        rewards.FRIEND_NOTICE,
        _("The friend's advantage"),
        _("When a friend who came through a share confirmed her address."),
        is_service=True,
        sample=_offer,
    ),
    Kind(
        "after_purchase",
        _("After a purchase"),
        _("Some days after a purchase that the shop reported; not when it was sent back."),
        days=3,
        days_say=_("days after the purchase"),
        cap=(1, 30),
        find=lambda row, now: automatic.without_notice(purchases(row, now)),
        sample=_order,
    ),
]
