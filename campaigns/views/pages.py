"""What the pages of a mail's token share: whose they are, the language, and one answer for a token that is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from campaigns.models import Campaign, Delivery
from campaigns.tracking import tokens
from campaigns.tracking.front import NOT_FOUND, NOT_FOUND_HEADERS
from campaigns.tracking.tokens import Purpose
from contacts.models import Brand, Contact


@dataclass(frozen=True)
class Visit:
    """Whose page this is. `contact` is None after an erasure: leaving still works, the rest is gone."""

    token: str
    delivery: Delivery
    campaign: Campaign
    contact: Contact | None
    brand: Brand | None
    language: str


def visit(request: HttpRequest, raw: str, purpose: Purpose) -> Visit | None:
    """Return whom the token speaks for, or None for one that is forged, cut, unknown or of another page."""
    token = tokens.read(raw, purpose)
    if token is None:
        return None
    delivery = (
        Delivery.objects.filter(pk=token.delivery_id, campaign=token.campaign_id)
        .select_related("contact", "campaign__topic__brand", "campaign__content__brand", "campaign__sender__brand")
        .first()
    )
    if delivery is None:
        return None
    brand = brand_of(delivery.campaign)
    contact = delivery.contact
    known = dict(settings.LANGUAGES)
    wanted = [request.GET.get("lang", ""), contact.language if contact else "", delivery.language]
    wanted += [brand.default_language if brand else "", settings.LANGUAGE_CODE]
    language = next(code for code in wanted if code in known)
    return Visit(raw.lower(), delivery, delivery.campaign, contact, brand, language)


def brand_of(campaign: Campaign) -> Brand | None:
    """Return the brand under which the campaign is sent."""
    for part in (campaign.topic, campaign.content, campaign.sender):
        if part is not None:
            return part.brand
    return Brand.objects.filter(archived_at=None).order_by("pk").first()


def show(
    request: HttpRequest, template: str, found: Visit, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Render a page of the token: in its language, never cached, never indexed, its address told to nobody."""
    others = [
        (code, str(translation.get_language_info(code)["name_local"]).capitalize())
        for code, _name in settings.LANGUAGES
        if code != found.language
    ]
    with translation.override(found.language):
        values = {**(context or {}), "brand": found.brand, "other_languages": others, "visit": found}
        page = render(request, template, values, status=status)
    page["Content-Language"] = found.language
    return private(page)


def private(page: HttpResponse) -> HttpResponse:
    """Keep the page out of caches, indexes and referrers."""
    page["Cache-Control"] = "no-store"
    page["Referrer-Policy"] = "no-referrer"
    page["X-Robots-Tag"] = "noindex"
    return page


def not_found() -> HttpResponse:
    """Answer the same plain 404 for forged, cut, unknown and foreign tokens."""
    page = HttpResponse(NOT_FOUND, status=404)
    for name, value in NOT_FOUND_HEADERS:
        page[name] = value
    return page
