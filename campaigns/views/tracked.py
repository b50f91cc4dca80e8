"""Opens and clicks that the front handed on: targets with merge tags, links this node did not know, expired links."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from campaigns.brands import brand_of
from campaigns.content import targets as tagged
from campaigns.models import Campaign, Delivery, Link
from campaigns.tracking import references, targets, tokens
from campaigns.tracking.front import GIF, SPOOLED, Application, Front, came_from
from campaigns.tracking.tokens import Purpose
from contacts.pages import Page, not_found, private


@cache
def _front() -> Front:
    """This process's own way to the spool, where no front stands before Django (the test client, a foreign server)."""

    def nobody(environ: object, start_response: object) -> list[bytes]:
        return []

    django: Application = nobody
    return Front(django)


@csrf_exempt
@require_safe
def open_pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the pixel, whatever the token."""
    if SPOOLED not in request.META and tokens.read(token, Purpose.OPEN):
        _front().store("o", token.lower(), 0, request.META)
    return private(HttpResponse(GIF, content_type="image/gif"))


@csrf_exempt
@require_safe
def click(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """Redirect to the link's target, filled in for this delivery when it holds merge tags."""
    read = tokens.read(token, Purpose.CLICK)
    if read is None:
        return not_found(request)
    if SPOOLED not in request.META:
        _front().store("c", token.lower(), number, request.META)
    link = Link.objects.select_related("campaign").filter(campaign=read.campaign_id, number=number).first()
    if link is None or link.campaign is None:
        return not_found(request)
    delivery = Delivery.objects.select_related("contact").filter(pk=read.delivery_id, campaign=link.campaign_id).first()
    if link.expires_at and link.expires_at < timezone.now():
        return _redirect(iri_to_uri(link.fallback)) if link.fallback else _ended(request, link.campaign, delivery)
    if targets.is_plain(link.target):
        targets.put([link])
        address = link.target
    else:
        address = tagged.resolve(link.target, link.campaign, delivery)
    if not address:
        return not_found(request)
    shared, network = ("", "") if read.delivery_id else came_from(request.META)
    stored = targets.placed(link, address, references.hosts())
    return _redirect(references.fill(stored, token.lower() if read.delivery_id else shared, network))


def _redirect(target: str) -> HttpResponse:
    return private(HttpResponseRedirect(target))


def _ended(request: HttpRequest, campaign: Campaign, delivery: Delivery | None) -> HttpResponse:
    """Say that what the link led to is over, and where to go on."""
    brand = brand_of(campaign)
    page = Page(request, brand, contact_language=delivery.language if delivery else "")
    with translation.override(page.language):
        words = {
            "heading": translation.gettext("This has ended"),
            "message": translation.gettext("What this link led to is over. The website shows what is on now."),
            "action_url": brand.website if brand else "",
            "action_label": translation.gettext("Go to the website"),
        }
    return page.answer("public/message.html", words, 410)
