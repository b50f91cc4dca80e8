"""Who may have an offer, when and where. Each rule refuses with its own reason.

proof = check_claim(offer, ann, now)        # raises Refused(NOT_STARTED | EXPIRED | … | FAN_PROOF_MISSING)
check_use(claim, place=lyon, at=now)        # raises Refused(WRONG_PLACE | EXPIRED | PAUSED | …)
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import get_language

from contacts.models import Contact
from contacts.money import money
from contacts.segments import predicate
from social.fans import proofs
from social.models import Claim, FanProof, Offer, Order, Place
from social.offers.reasons import Reason, Refused
from social.offers.terms import Terms


def check_live(offer: Offer, at: datetime) -> None:
    """Refuse outside the offer's dates and while it is not live.

    Raises:  Refused(NOT_STARTED | EXPIRED | PAUSED).
    """
    if offer.state == Offer.State.ENDED or offer.archived_at or at >= offer.ends_at:
        raise Refused(Reason.EXPIRED, at=min(offer.ends_at, offer.archived_at or offer.ends_at))
    if offer.state == Offer.State.DRAFT or at < offer.starts_at:
        raise Refused(Reason.NOT_STARTED, at=offer.starts_at)
    if offer.state == Offer.State.PAUSED:
        raise Refused(Reason.PAUSED)


def check_blackout(offer: Offer, place: Place | None, at: datetime) -> None:
    """Refuse on the offer's days without redemption, by the shop's calendar.

    Raises:  Refused(BLACKOUT) with the day from which it is redeemed again.
    """
    day = timezone.localtime(at, ZoneInfo(place.time_zone) if place else None).date()
    spans = list(offer.blackouts.filter(last_day__gte=day).order_by("first_day", "last_day"))
    again = day
    for span in spans:
        if span.first_day <= again <= span.last_day:
            again = span.last_day + timedelta(days=1)
    if again > day:
        raise Refused(Reason.BLACKOUT, again_on=again.isoformat())


def check_person(offer: Offer, contact: Contact, at: datetime) -> FanProof | None:
    """Refuse who is not meant, and return the fan proof that the offer asked for, if any.

    Raises:  Refused(NOT_ELIGIBLE_SEGMENT | NOT_FIRST_ORDER | FAN_PROOF_MISSING | FAN_PROOF_EXPIRED).
    """
    if offer.segment is not None and not predicate.matches(offer.segment.rules, contact):
        raise Refused(Reason.NOT_ELIGIBLE_SEGMENT)
    check_first_order(offer, contact.pk)
    if offer.min_fan_level is None:
        return None
    proof = proofs.best(contact, offer.network, at)
    if proof is not None and proof.level >= offer.min_fan_level:
        return proof
    had = proofs.had(contact, offer.network, offer.min_fan_level)
    raise Refused(Reason.FAN_PROOF_EXPIRED if had else Reason.FAN_PROOF_MISSING)


def check_first_order(offer: Offer, contact_id: int | None) -> None:
    """Refuse a first-order offer to somebody with an order.

    Raises:  Refused(NOT_FIRST_ORDER).
    """
    if offer.first_order_only and contact_id and Order.objects.filter(contact_id=contact_id).exists():
        raise Refused(Reason.NOT_FIRST_ORDER)


def check_claim(offer: Offer, contact: Contact, at: datetime) -> FanProof | None:
    """Refuse a claim that a rule forbids, else return the fan proof it rests on."""
    check_live(offer, at)
    return check_person(offer, contact, at)


def check_place(offer: Offer, place: Place | None) -> None:
    """Refuse a shop that the offer does not name; an offer that names none is good in all.

    Raises:  Refused(WRONG_PLACE) with the shops' names.
    """
    named = list(offer.places.all())
    if place is not None and named and place not in named:
        raise Refused(Reason.WRONG_PLACE, places=", ".join(sorted(shop.name for shop in named)))


def check_use(claim: Claim, *, place: Place | None, at: datetime, terms: Terms | None = None) -> None:
    """Refuse the use of a claim where, when or by whom the offer forbids it; the amount is checked apart.

    `terms` are what the caller knows of the offer; days and shops that it does not name are not asked for.

    Raises:  Refused(…) with the exact reason.
    """
    check_live(claim.offer, at)
    until = good_until(claim)
    if at >= until:
        raise Refused(Reason.EXPIRED, at=until)
    if terms is None or terms.has_blackouts:
        check_blackout(claim.offer, place, at)
    if terms is None or terms.has_places:
        check_place(claim.offer, place)
    check_first_order(claim.offer, claim.contact_id)
    if claim.proof is not None and claim.proof.revoked_at is not None:
        raise Refused(Reason.FAN_PROOF_EXPIRED)


def check_amount(offer: Offer, amount_minor: int | None) -> None:
    """Refuse an order below the least amount, or one of which nobody told the amount.

    Raises:  Refused(MIN_AMOUNT) with the least amount in words.
    """
    least = offer.min_order_minor
    if least is not None and (amount_minor is None or amount_minor < least):
        raise Refused(Reason.MIN_AMOUNT, least=money(least, offer.currency, get_language() or "en"))


def good_until(claim: Claim) -> datetime:
    """Return until when a claim can be used: the offer's end as it stands now, or sooner after the claim."""
    end = claim.offer.ends_at
    days = claim.offer.use_within_days
    return min(end, claim.claimed_at + timedelta(days=days)) if days else end


def first_good_until(offer: Offer, at: datetime) -> datetime:
    """Return until when a claim made now can be used."""
    return min(offer.ends_at, at + timedelta(days=offer.use_within_days)) if offer.use_within_days else offer.ends_at
