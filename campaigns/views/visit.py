"""Whose page a mail's token opens; what pages look like is `contacts.pages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from campaigns.brands import brand_of
from campaigns.models import Campaign, Delivery
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose
from contacts.models import Brand, Contact
from contacts.pages import Page


@dataclass(frozen=True)
class Visit:
    """Whose page this is. `contact` is None after an erasure: leaving still works, the rest is gone."""

    token: str
    delivery: Delivery
    campaign: Campaign
    contact: Contact | None
    page: Page

    @property
    def brand(self) -> Brand | None:
        """The brand under which the mail was sent."""
        return self.page.brand

    @property
    def language(self) -> str:
        """The language this page is shown in."""
        return self.page.language

    def answer(self, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
        """Return the page in her language."""
        return self.page.answer(template, {"visit": self, **(context or {})}, status)


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
    contact = delivery.contact
    hers = (contact.language if contact else "") or delivery.language
    page = Page(request, brand_of(delivery.campaign), contact_language=hers)
    return Visit(raw.lower(), delivery, delivery.campaign, contact, page)
