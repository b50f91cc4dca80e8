"""An order becomes an outcome: whose it is, which touches before it share the credit, what came back of it.

    order = record_order("shop", "A-1001", amount_minor=5_000, currency="EUR", ordered_at=now, code="7K2M9-PQRWX-G")
    order = record_order("shop", "A-1001", …, returned_minor=2_000)    # the same order again: only what is new counts

An order finds its contact by redeemed code, link reference, identity, e-mail, in this order. Credits of one conversion
sum to 1,000,000 under each model: last touch, first touch, and share-assisted where a friend's share was among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from campaigns.models import Campaign, Delivery, Link
from campaigns.tracking import events
from campaigns.tracking.tokens import normalise_public
from campaigns.tracking.tokens import read as read_token
from contacts import identities
from contacts.models import Contact, Identity
from social import credits, referrals
from social.models import Conversion, Order, OrderLine, Place, Redemption, Referral, ShareLink
from social.offers import held
from social.offers.reasons import Refused


class BadOrder(ValueError):
    """The order contradicts itself or an earlier report of it; the message is the sentence for the partner."""


@dataclass(frozen=True)
class Line:
    """One article of an order, as reported; `returned` of `quantity` came back."""

    number: int
    sku: str = ""
    title: str = ""
    category: str = ""
    size: str = ""
    quantity: int = 1
    returned: int = 0
    unit_minor: int = 0


@dataclass(frozen=True)
class Match:
    """Whose an order is and by what it was found; `share_link` when a friend's link was named instead of a person."""

    contact: Contact | None = None
    by: str = Order.MatchedBy.NONE
    redemption: Redemption | None = None
    share_link: ShareLink | None = None
    campaign: Campaign | None = None


def record_order(
    source: str,
    reference: str,
    *,
    amount_minor: int,
    currency: str,
    ordered_at: datetime,
    returned_minor: int | None = None,
    lines: Sequence[Line] = (),
    code: str = "",
    link_reference: str = "",
    card: str = "",
    shop_id: str = "",
    external_id: str = "",
    email: str = "",
    place: Place | None = None,
    channel: str = "",
    is_attributed: bool = True,
    redemption: Redemption | None = None,
) -> Order:
    """Keep an order, or what a later report adds to it (returns, lines, a contact not known before), and return it.

    returned_minor  the total that was paid back so far; None = what the lines say came back, at their price.
    Reads:   Redemption by code, Delivery and Link by reference, Identity, Contact; her events of ATTRIBUTION_DAYS.
    Writes:  Order, OrderLine, Conversion, Credit, events `conversion` and, for a friend's order, `earned_conversion`;
             Contact.last_ordered_at.
             The same report twice changes nothing.
    Raises:  BadOrder when amounts contradict each other or the currency changed.
    """
    if returned_minor is None:
        returned_minor = _returned(source, reference, lines, amount_minor)
    _check_amounts(amount_minor, returned_minor, currency, lines)
    match = _find(
        code, link_reference, {"card": card, "shop": shop_id, "external": external_id}, email, redemption, ordered_at
    )
    with transaction.atomic():
        order, is_new = Order.objects.select_for_update().get_or_create(
            source=source,
            reference=reference,
            defaults={
                "amount_minor": amount_minor,
                "returned_minor": returned_minor,
                "currency": currency,
                "ordered_at": ordered_at,
                "place": place,
                "channel": channel,
                "is_attributed": is_attributed,
                **_whose(match, ordered_at),
            },
        )
        if not is_new:
            _amend(order, match, amount_minor, returned_minor, currency)
        _write_lines(order, lines)
        if order.is_attributed:
            _convert(order, match)
        elif order.contact_id:  # without a conversion nobody else says that she is a customer and no prospect
            earlier = Q(last_ordered_at=None) | Q(last_ordered_at__lt=order.ordered_at)
            Contact.objects.filter(earlier, pk=order.contact_id).update(last_ordered_at=order.ordered_at)
    return order


def of_redemption(redemption: Redemption) -> Order:
    """Record the order that a cashier named when she redeemed; its source is the shop, so numbers never clash.

    Writes:  as `record_order`.
    """
    place = redemption.place
    return record_order(
        f"till:{place.slug}" if place else "till",
        redemption.order_reference,
        amount_minor=redemption.amount_minor or 0,
        currency=redemption.currency,
        ordered_at=redemption.at,
        place=place,
        channel="shop",
        redemption=redemption,
    )


def _returned(source: str, reference: str, lines: Sequence[Line], amount_minor: int) -> int:
    """Return what came back by the lines, at most the order; a report without lines leaves what was known."""
    if lines:
        return min(sum(line.returned * line.unit_minor for line in lines), amount_minor)
    known = Order.objects.filter(source=source, reference=reference).values_list("returned_minor", flat=True).first()
    return min(known or 0, amount_minor)


def _check_amounts(amount_minor: int, returned_minor: int, currency: str, lines: Sequence[Line]) -> None:
    if amount_minor < 0 or returned_minor < 0:
        raise BadOrder("Amounts are not below 0; report what came back as returned_minor.")
    if returned_minor > amount_minor:
        raise BadOrder(f"More came back ({returned_minor}) than was bought ({amount_minor}). Send both as totals.")
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise BadOrder(f"Unknown currency {currency!r}; send an ISO 4217 code, for example EUR.")
    for line in lines:
        if line.returned > line.quantity:
            raise BadOrder(f"Line {line.number}: {line.returned} of {line.quantity} came back.")


# --- whose it is ---------------------------------------------------------------------------------------------------


def _find(
    code: str,
    link_reference: str,
    named: dict[str, str],
    email: str,
    redemption: Redemption | None,
    ordered_at: datetime,
) -> Match:
    """Try redeemed code, reference, identity, e-mail; the first that leads somewhere wins."""
    found = (_by_redemption(redemption) if redemption else None) or (_by_code(code) if code else None)
    found = found or (_by_reference(link_reference, ordered_at) if link_reference else None)
    if found is not None:
        return found
    for kind, value in named.items():
        contact = identities.find(Identity.Kind(kind), value) if value else None
        if contact is not None:
            return Match(contact, Order.MatchedBy.IDENTITY)
    contact = identities.find(Identity.Kind.EMAIL, email) if email else None
    return Match(contact, Order.MatchedBy.EMAIL) if contact else Match()


def _by_redemption(redemption: Redemption) -> Match:
    claim = redemption.claim
    return Match(claim.contact, Order.MatchedBy.CODE, redemption=redemption, campaign=claim.campaign)


def _by_code(code: str) -> Match | None:
    try:
        shown = held.read(code)
    except Refused:
        return None
    if shown.claim is None:
        return None
    uses = shown.claim.redemptions.filter(kind=Redemption.Kind.REDEEM, reversal__isnull=True)
    used = uses.select_related("claim__contact", "claim__campaign").order_by("-at").first()
    if used is not None:
        return _by_redemption(used)
    return Match(shown.holder, Order.MatchedBy.CODE, campaign=shown.claim.campaign)


def _by_reference(reference: str, ordered_at: datetime) -> Match | None:
    token = read_token(reference)
    if token is not None:
        delivery = Delivery.objects.filter(pk=token.delivery_id).select_related("contact", "campaign").first()
        if delivery is not None:
            return _by_delivery(delivery, ordered_at)
        campaign = Campaign.objects.filter(pk=token.campaign_id).first()
        return Match(None, Order.MatchedBy.REFERENCE, campaign=campaign) if campaign else None
    link = Link.objects.filter(token=normalise_public(reference)).select_related("campaign").first()
    if link is None:
        return None
    shared = ShareLink.objects.filter(link=link).select_related("contact", "campaign", "link").first()
    return Match(None, Order.MatchedBy.REFERENCE, share_link=shared, campaign=link.campaign)


def _by_delivery(delivery: Delivery, ordered_at: datetime) -> Match | None:
    """Return whose the mail was while its reference holds; without her consent to clicks, its campaign only."""
    since = delivery.sent_at or delivery.created_at
    if ordered_at - since > timedelta(days=settings.REFERENCE_DAYS):
        return None
    contact = delivery.contact
    is_allowed = contact is not None and contact.click_tracking_at is not None
    return Match(contact if is_allowed else None, Order.MatchedBy.REFERENCE, campaign=delivery.campaign)


def _whose(match: Match, ordered_at: datetime) -> dict[str, object]:
    contact = match.contact
    earlier = Order.objects.filter(contact=contact, ordered_at__lt=ordered_at) if contact else None
    return {
        "contact": contact,
        "matched_by": match.by,
        "redemption": match.redemption,
        "is_new_customer": earlier is not None and not earlier.exists(),
    }


# --- a later report ------------------------------------------------------------------------------------------------


def _amend(order: Order, match: Match, amount_minor: int, returned_minor: int, currency: str) -> None:
    """Take over what a later report knows better: totals always, the contact only where none was known."""
    if order.currency != currency:
        raise BadOrder(f"Order {order.reference} was in {order.currency}; it cannot become {currency}.")
    order.amount_minor, order.returned_minor = amount_minor, returned_minor
    if order.contact_id is None and match.contact is not None:
        for name, value in _whose(match, order.ordered_at).items():
            setattr(order, name, value)
    if order.redemption_id is None:
        order.redemption = match.redemption
    order.save()


def _write_lines(order: Order, lines: Sequence[Line]) -> None:
    for line in lines:
        OrderLine.objects.update_or_create(
            order=order,
            number=line.number,
            defaults={
                "sku": line.sku,
                "title": line.title,
                "category": line.category,
                "size": line.size,
                "quantity": line.quantity,
                "returned_quantity": line.returned,
                "unit_minor": line.unit_minor,
            },
        )


# --- the outcome ---------------------------------------------------------------------------------------------------


def _convert(order: Order, match: Match) -> None:
    """Make the order's conversion with its credits, once, and keep its net amount in step with returns."""
    if order.contact is None and match.share_link is None and match.campaign is None:
        return
    net = order.amount_minor - order.returned_minor
    conversion, is_new = Conversion.objects.get_or_create(
        order=order,
        defaults={
            "contact": order.contact,
            "net_minor": net,
            "currency": order.currency,
            "at": order.ordered_at,
        },
    )
    if not is_new:
        contact_id = conversion.contact_id or order.contact_id
        Conversion.objects.filter(pk=conversion.pk).update(net_minor=net, contact_id=contact_id)
        if not net and order.contact is not None:
            referrals.returned(order.contact)
        return
    window = timedelta(days=settings.ATTRIBUTION_DAYS)
    touches = credits.touches(order, match.campaign, match.share_link, window)
    credits.give(conversion, touches)
    last = touches[-1].campaign_id if touches else None
    events.record(
        "conversion",
        key=f"order:{order.pk}",
        at=order.ordered_at,
        contact=order.contact,
        campaign=Campaign.objects.filter(pk=last).first() if last else None,
        subject=("order", order.pk),
    )
    if order.contact is not None and net:
        referrals.qualify(order.contact, "order")
    _earn(order, match)


def _earn(order: Order, match: Match) -> None:
    """Note for the sharer that her friend bought, by the link the order named or the one the friend came through."""
    shared = match.share_link
    if shared is None and order.contact is not None:
        referral = Referral.objects.filter(friend=order.contact).select_related("share_link__link").first()
        if referral is not None and referral.state != Referral.State.VOIDED:
            shared = referral.share_link
    if shared is None or (order.contact_id is not None and shared.contact_id == order.contact_id):
        return
    events.record(
        "earned_conversion",
        key=f"earned_order:{order.pk}",
        at=order.ordered_at,
        contact=shared.contact,
        campaign=shared.campaign,
        link=shared.link,
        network=shared.network,
        subject=("order", order.pk),
    )
