"""What offers and orders lend to segments: claimed, redeemed, is a fan, bought (what, where, for how much), RFM.

{"field": "ordered", "op": "did", "value": {"category": "Knitwear", "place": 3, "period": "last_winter"}}

Named in settings.SEGMENT_FIELDS. An order that came back whole is none, nor is a line that did.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from contacts.segments.acts import act, counted, in_time, measure, newest, oldest
from contacts.segments.fields import Field, Leaf, Param
from contacts.segments.known import Fixed, Rows, Words, distinct
from social.models import Claim, FanProof, Offer, Order, OrderLine, Place, Redemption
from social.models.fans import FanLevel
from social.segment_fields import NETWORK

OFFERS, ORDERS, FANS = _("Offers"), _("Orders"), _("Fans")
OFFER = Rows(lambda: Offer.objects.all())
PLACES = Rows(lambda: Place.objects.all())
RECENT = 5_000  # order lines among which values without an index of their own are looked for


def _redemptions() -> QuerySet[Redemption]:
    return Redemption.objects.filter(kind=Redemption.Kind.REDEEM, reversal__isnull=True)


def bought() -> QuerySet[Order]:
    """Return the orders of which something was kept."""
    return Order.objects.exclude(returned_minor__gt=0, returned_minor=F("amount_minor"))


def in_base_currency() -> QuerySet[Order]:
    """Return those whose amounts may be added up."""
    return bought().filter(currency=settings.BASE_CURRENCY)


def _has_line(wanted: dict[str, Any]) -> Q:
    """One line is all that is asked (this category in that size), and was not sent back."""
    lines = OrderLine.objects.filter(order_id=OuterRef("pk"), quantity__gt=F("returned_quantity"), **wanted)
    return Q(Exists(lines))


def _categories(words: str, limit: int) -> list[str]:
    return distinct(OrderLine.objects.all(), "category", words, limit)


def _recent(column: str) -> Words:
    """Suggest what stands in the newest order lines."""

    def suggest(words: str, limit: int) -> list[str]:
        newest = OrderLine.objects.order_by("-pk").values_list(column, flat=True)[:RECENT]
        found = sorted({value for value in newest if value and words.casefold() in value.casefold()})
        return found[:limit]

    return Words(suggest)


def _is_fan(leaf: Leaf, now: datetime) -> Q:
    """A proof that holds now, of the network and at least the level; the time is since when."""
    value = leaf.value or {}
    holding = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    proofs = FanProof.objects.filter(holding, in_time(value, "verified_at", now), contact_id=OuterRef("pk"))
    wanted = {
        lookup: value[name] for name, lookup in (("network", "network"), ("level", "level__gte")) if name in value
    }
    found = proofs.filter(**wanted)
    return Q(Exists(counted(found, "contact_id", value, [])))


NET = F("amount_minor") - F("returned_minor")
BOUGHT_WHAT = [
    Param("category", _("category"), "category", str, Words(_categories), inside=True),
    Param("size", _("size"), "size", str, _recent("size"), inside=True),
    Param("article", _("article"), "sku", str, _recent("sku"), inside=True),
    Param("place", _("shop"), "place_id", known=PLACES),
    Param("channel", _("channel"), "channel", str),
]
FAN_PARAMS = [NETWORK, Param("level", _("proof of at least"), known=Fixed(lambda: FanLevel.choices))]

FIELDS: list[Field] = [
    act(
        "claimed",
        _("claimed an offer"),
        OFFERS,
        lambda: Claim.objects.all(),
        at="claimed_at",
        params=[Param("offer", _("offer"), "offer_id", known=OFFER)],
    ),
    act(
        "redeemed",
        _("redeemed an offer"),
        OFFERS,
        _redemptions,
        contact="claim__contact_id",
        params=[
            Param("offer", _("offer"), "claim__offer_id", known=OFFER),
            Param("place", _("shop"), "place_id", known=PLACES),
        ],
    ),
    Field("fan", _("is a fan"), FANS, "act", _is_fan, params={one.name: one for one in FAN_PARAMS}),
    act("ordered", _("bought"), ORDERS, bought, at="ordered_at", params=BOUGHT_WHAT, inner=_has_line),
    act(
        "spent",
        _("spent"),
        ORDERS,
        in_base_currency,
        at="ordered_at",
        params=[Param("amount", _("in all at least"), aggregate=Sum(NET), is_money=True), *BOUGHT_WHAT[3:]],
    ),
    measure("net_spend_minor", _("net spend"), ORDERS, in_base_currency, Sum(NET), type_="money", at="ordered_at"),
    measure("orders", _("number of orders"), ORDERS, bought, Count("pk"), at="ordered_at"),
    newest("last_ordered", _("last order"), ORDERS, bought, at="ordered_at"),
    oldest("first_ordered", _("first order"), ORDERS, bought, at="ordered_at"),
]
