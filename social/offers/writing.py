"""An offer written from outside: made or changed with its words, limits and days, whole or not at all."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts import audit
from contacts.models import Segment
from social.models import Offer, OfferBlackout, OfferLimit, OfferText
from social.offers.states import Person


class BadOffer(ValueError):
    """The offer cannot be so; the message says what contradicts what."""


def write(offer: Offer | None, given: dict[str, Any], by: Person) -> Offer:
    """Make a draft, or change what is given of an offer; texts, limits and days without redemption as a whole.

    Writes:  Offer, OfferText, OfferLimit, OfferBlackout with history; AuditEntry.
    Raises:  BadOffer.
    """
    parts = {name: given.pop(name) for name in ("texts", "limits", "blackouts", "places") if name in given}
    known = offer or Offer()
    for name, value in given.items():
        setattr(known, name, value)
    _check(known)
    with transaction.atomic():
        known.save()
        if "places" in parts:
            known.places.set(parts["places"])
        for row in parts.get("texts", []):
            OfferText.objects.update_or_create(offer=known, language=row["language"], defaults=row)
        if "texts" in parts:
            kept = [row["language"] for row in parts["texts"]]
            known.texts.exclude(language__in=kept).delete()
        for row in parts.get("limits", []):
            OfferLimit.objects.update_or_create(offer=known, scope=row["scope"], defaults=row)
        if "limits" in parts:
            known.limits.exclude(scope__in=[row["scope"] for row in parts["limits"]]).delete()
        if "blackouts" in parts:
            known.blackouts.all().delete()
            for row in parts["blackouts"]:
                OfferBlackout.objects.create(offer=known, **row)
        audit.record(by, "changed offer" if offer else "created offer", known)
    return known


def _check(offer: Offer) -> None:
    if offer.kind == Offer.Kind.PERCENT and not offer.percent:
        raise BadOffer(_("An offer of kind percent needs a percent."))
    if offer.kind == Offer.Kind.AMOUNT and not offer.amount_minor:
        raise BadOffer(_("An offer of kind amount needs an amount."))
    segment: Segment | None = offer.segment
    if segment is not None and segment.archived_at is not None:
        raise BadOffer(_("The segment is archived."))
    try:
        offer.full_clean(exclude=["brand"])
    except ValidationError as why:
        raise BadOffer(" ".join(why.messages)) from why
