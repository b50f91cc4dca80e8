"""What a page shows of an offer and of a claim: words, code, QR, shops, end. Plain values for the templates."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from contacts.money import money
from social import barcodes, qr
from social.fans import proofs
from social.models import Claim, Offer, Redemption
from social.offers import codes, rules
from social.offers.value import beside, text_of, title_of, until


def described(offer: Offer, language: str) -> dict[str, Any]:
    """Return an offer's public words in one language: title, value, text, terms, shops, dates, least order."""
    words = text_of(offer, language)
    least, title = offer.min_order_minor, title_of(offer, language)
    return {
        "offer": offer,
        "title": title,
        "value": beside(offer, title, language),
        "body": words.body if words else "",
        "terms": words.terms if words else "",
        "image": words.image if words else None,
        "places": list(offer.places.filter(archived_at__isnull=True)),
        "until": until(offer.ends_at, language),
        "least": money(least, offer.currency, language) if least else "",
        "fan_asked": offer.min_fan_level is not None,
    }


def voucher(claim: Claim) -> dict[str, Any]:
    """Return what shows a claim: its code and QR while it is open, when and where it was used afterwards."""
    if claim.state == Claim.State.REDEEMED:
        return {"state": "used", **_use_of(claim)}
    if claim.state == Claim.State.VOID or timezone.now() >= rules.good_until(claim) or _is_ended(claim.offer):
        return {"state": "over"}
    return {
        "state": "voucher",
        "first_name": claim.contact.first_name if claim.contact and _is_bearer(claim) else "",
        "code": codes.display(claim.code.value) if claim.code else claim.offer.generic_code,
        "qr": data_uri(qr.address(claim.token)),
        "bars": bars_uri(claim),
        "good_until": until(rules.good_until(claim), get_language() or settings.LANGUAGE_CODE),
        "paused": claim.offer.state == Offer.State.PAUSED,
        "fan": proofs.words_for(claim.proof.level) if claim.proof else "",
    }


def data_uri(text: str, png: bytes = b"") -> str:
    """Return a QR code to stand in the page itself: no second request, and it stays when the network goes."""
    return "data:image/png;base64," + base64.b64encode(png or qr.png(text)).decode()


def bars_uri(claim: Claim) -> str:
    """Return the bars of a shop's own code, to stand in the page; '' for codes of ours."""
    bars = barcodes.of_claim(claim.code)
    return "data:image/svg+xml;base64," + base64.b64encode(barcodes.svg(bars).encode()).decode() if bars else ""


def _use_of(claim: Claim) -> dict[str, Any]:
    used = claim.redemptions.filter(kind=Redemption.Kind.REDEEM, reversal__isnull=True).select_related("place").first()
    return {"used_at": used.at if used else None, "used_place": used.place if used else None}


def _is_bearer(claim: Claim) -> bool:
    return claim.offer.holding == Offer.Holding.BEARER


def _is_ended(offer: Offer) -> bool:
    return offer.state == Offer.State.ENDED or offer.archived_at is not None
