"""What people can be chosen by: claimed and redeemed offers, fan proofs, orders. Named in settings.SEGMENT_FIELDS."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.segments.expressions import holds
from contacts.segments.fields import Field, Leaf, act, column
from contacts.segments.typed import COMPARE
from social.models import Claim, FanProof, Order, Redemption

GROUP = _("Offers and orders")


def _redemptions() -> QuerySet[Any]:
    return Redemption.objects.filter(kind=Redemption.Kind.REDEEM, reversal__isnull=True)


def _proofs() -> QuerySet[Any]:
    now = timezone.now()
    holding = (Q(expires_at__isnull=True) | Q(expires_at__gt=now)) & Q(revoked_at__isnull=True)
    return FanProof.objects.filter(holding)


def _net_spend(leaf: Leaf, now: datetime) -> Q:
    """Compare what she spent in the base currency after returns, in minor units; nothing bought is 0."""
    mine = Order.objects.filter(contact_id=OuterRef("pk"), currency=settings.BASE_CURRENCY).order_by()
    total = mine.values("contact_id").annotate(net=Sum(F("amount_minor") - F("returned_minor"))).values("net")
    spent = Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())
    if leaf.op == "is_set":
        return Q()
    if leaf.op == "between":
        low, high = leaf.value
        return holds(spent, GreaterThanOrEqual, low) & holds(spent, LessThanOrEqual, high)
    return holds(spent, COMPARE[leaf.op], leaf.value)


FIELDS: list[Field] = [
    act(
        "claimed",
        _("claimed an offer"),
        GROUP,
        lambda: Claim.objects.all(),
        at="claimed_at",
        params={"offer": "offer_id"},
    ),
    act(
        "redeemed",
        _("redeemed an offer"),
        GROUP,
        _redemptions,
        contact="claim__contact_id",
        params={"offer": "claim__offer_id", "place": "place_id"},
    ),
    act(
        "fan",
        _("is a fan"),
        GROUP,
        _proofs,
        at="verified_at",
        params={"network": "network", "level": "level__gte"},
        types={"network": str},
    ),
    act(
        "ordered",
        _("ordered"),
        GROUP,
        lambda: Order.objects.all(),
        at="ordered_at",
        params={"category": "lines__category"},
        types={"category": str},
    ),
    Field("net_spend_minor", _("net spend, in cents"), GROUP, "number", _net_spend),
    column("last_ordered_at", _("last order"), "date", group=GROUP),
    column("last_redeemed_at", _("last redemption"), "date", group=GROUP),
]
