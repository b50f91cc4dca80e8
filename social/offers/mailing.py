"""The mail of a personal offer: the code goes to the address on file, and shows only behind that mail's link."""

from __future__ import annotations

from typing import Any

from contacts.models import Notice
from social import qr
from social.models import Claim
from social.offers import codes, rules
from social.offers.value import headline, title_of

KIND = "offer_code"


def mail_code(claim: Claim) -> Notice | None:
    """Ask for the mail that brings the code, and return the request; None without a person to write to.

    Writes:  Notice, once per claim.
    """
    contact = claim.contact
    if contact is None or not contact.email:
        return None
    wanted = {"contact": contact, "brand": claim.offer.brand, "kind": KIND, "payload": values(claim)}
    return Notice.objects.get_or_create(key=f"{KIND}:{claim.pk}", defaults=wanted)[0]


def values(claim: Claim) -> dict[str, Any]:
    """Return what a mail about this claim says, in the contact's language: `event.title`, `.code`, `.url` and so on."""
    language = (claim.contact.language if claim.contact else "") or claim.offer.brand.default_language
    return {
        "title": title_of(claim.offer, language),
        "value": headline(claim.offer, language),
        "code": codes.display(claim.code.value) if claim.code else claim.offer.generic_code,
        "url": qr.claim_url(claim.token),
        "until": rules.good_until(claim).isoformat(),
        "brand_id": claim.offer.brand_id,
    }


def mask(address: str | None) -> str:
    """Return an address as a page may show it: c•••@…"""
    return f"{address[0]}•••@…" if address else ""
