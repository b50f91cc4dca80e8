"""What one contact did with offers and what she bought, for her page. Named in settings.TIMELINE_SOURCES."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.money import money
from contacts.profile import Panel, TimelineEntry
from social.fans import networks, proofs
from social.models import Claim, FanProof, Order, Redemption


def entries(contact_id: int, *, before: datetime, limit: int) -> list[TimelineEntry]:
    """Return her claims, redemptions, orders and fan proofs before a time, newest first, at most `limit` of each."""
    return [
        *_claims(contact_id, before, limit),
        *_redemptions(contact_id, before, limit),
        *_orders(contact_id, before, limit),
        *_proofs(contact_id, before, limit),
    ]


def panels(contact_id: int) -> list[Panel]:
    """Return her vouchers and her orders as small tables."""
    uses = Prefetch("redemptions", Redemption.objects.filter(kind=Redemption.Kind.REDEEM).select_related("place"))
    claims = Claim.objects.filter(contact_id=contact_id).select_related("offer").prefetch_related(uses)
    orders = Order.objects.filter(contact_id=contact_id).order_by("-ordered_at")[:10]
    language = get_language() or "en"
    return [
        Panel(
            title=_("Offers"),
            columns=[_("Offer"), _("State"), _("Claimed"), _("Used at")],
            rows=[
                [
                    claim.offer.name,
                    claim.get_state_display(),
                    claim.claimed_at,
                    ", ".join(str(use.place) for use in claim.redemptions.all() if use.place),
                ]
                for claim in claims.order_by("-claimed_at")[:10]
            ],
            empty=_("No offer claimed yet."),
        ),
        Panel(
            title=_("Orders"),
            columns=[_("Order"), _("Time"), _("Net amount"), _("Found by")],
            rows=[
                [
                    f"{order.source} {order.reference}",
                    order.ordered_at,
                    money(order.amount_minor - order.returned_minor, order.currency, language),
                    order.get_matched_by_display(),
                ]
                for order in orders
            ],
            empty=_("No order yet."),
        ),
    ]


def _claims(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Claim.objects.filter(contact_id=contact_id, claimed_at__lt=before).select_related("offer")
    return [
        TimelineEntry(
            at=row.claimed_at,
            kind="claim",
            title=_("Claimed “%(offer)s”") % {"offer": row.offer.name},
            detail=row.get_via_display(),
            url=reverse("admin:social_claim_change", args=[row.pk]),
        )
        for row in rows.order_by("-claimed_at")[:limit]
    ]


def _redemptions(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Redemption.objects.filter(claim__contact_id=contact_id, at__lt=before)
    words = {
        Redemption.Kind.REDEEM: _("Redeemed “%(offer)s”"),
        Redemption.Kind.REVERSE: _("Redemption of “%(offer)s” undone"),
    }
    return [
        TimelineEntry(
            at=row.at,
            kind=row.kind,
            title=words[Redemption.Kind(row.kind)] % {"offer": row.claim.offer.name},
            detail=" · ".join(str(part) for part in (row.place, row.order_reference, row.reason) if part),
            url=reverse("admin:social_redemption_change", args=[row.pk]),
        )
        for row in rows.select_related("claim__offer", "place").order_by("-at")[:limit]
    ]


def _orders(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Order.objects.filter(contact_id=contact_id, ordered_at__lt=before).order_by("-ordered_at")
    return [
        TimelineEntry(
            at=row.ordered_at,
            kind="order",
            title=_("Ordered for %(amount)s")
            % {"amount": money(row.amount_minor - row.returned_minor, row.currency, get_language() or "en")},
            detail=_("%(source)s, number %(reference)s") % {"source": row.source, "reference": row.reference},
            url=reverse("admin:social_order_change", args=[row.pk]),
        )
        for row in rows[:limit]
    ]


def _proofs(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = FanProof.objects.filter(contact_id=contact_id, verified_at__lt=before).order_by("-verified_at")
    return [
        TimelineEntry(
            at=row.verified_at,
            kind="fan_proof",
            title=_("Fan on %(network)s") % {"network": networks.name_of(row.network)},
            detail=proofs.words_for(row.level),
            url=reverse("admin:social_fanproof_change", args=[row.pk]),
        )
        for row in rows[:limit]
    ]
