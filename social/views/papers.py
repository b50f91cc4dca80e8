"""What one takes along from an offer's page: an entry for the calendar, the voucher to print; and "not you?".

/f/<token>/offer.ics   /f/<token>/voucher.pdf   behind the mail's own link; the voucher of a bearer only
/q/<token>/offer.ics   /q/<token>/voucher.pdf   behind the claim's own link, a personal offer's too
/f/<token>/not-me/     POST: to the friend's page of the same mail
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from campaigns.tracking.tokens import normalise_public
from contacts import formkeys
from contacts.pages import Page, not_found, private
from social import calendar, qr, sharing, voucher_pdf
from social.models import Claim, Offer
from social.offers import claims, held, rules
from social.offers.held import CLAIM_TOKEN
from social.views import vouchers

PURPOSE = "offer"


@require_safe
def entry_of_mail(request: HttpRequest, token: str, block: str = "") -> HttpResponse:
    """GET gives the offer's last day as a calendar entry that leads back to this page."""
    found = held.of_mail(token.lower(), block)
    if found is None:
        return not_found(request)
    _campaign, delivery, offer = found
    contact = delivery.contact if delivery else None
    known = claims.standing(offer, contact) if contact else None
    end = rules.good_until(known) if known else offer.ends_at
    return _entry(request, offer, qr.offer_url(token.lower(), block), end, contact.language if contact else "")


@require_safe
def entry_of_claim(request: HttpRequest, token: str) -> HttpResponse:
    """GET gives the last day of a claim as a calendar entry that leads back to its voucher."""
    claim = _claim(token)
    if claim is None:
        return not_found(request)
    url = qr.claim_url(claim.token)
    return _entry(request, claim.offer, url, rules.good_until(claim), claim.contact.language if claim.contact else "")


@require_safe
def voucher_of_mail(request: HttpRequest, token: str, block: str = "") -> HttpResponse:
    """GET gives a claimed bearer's voucher as PDF. A personal offer's shows behind its own link only."""
    _campaign, delivery, offer = held.of_mail(token.lower(), block) or (None, None, None)
    contact = delivery.contact if delivery else None
    known = claims.standing(offer, contact) if offer and contact else None
    if offer is None or known is None or offer.holding == Offer.Holding.PERSONAL:
        return not_found(request)
    return _voucher(request, known)


@require_safe
def voucher_of_claim(request: HttpRequest, token: str) -> HttpResponse:
    """GET gives the voucher behind a claim's own link as PDF."""
    claim = _claim(token)
    return not_found(request) if claim is None else _voucher(request, claim)


@csrf_exempt  # the token is the credential, the form carries a one-hour key (contacts.formkeys)
@require_POST
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """POST leads who got the mail from a friend to the friend's page, with an advantage of her own."""
    campaign, delivery, _offer = held.of_mail(token.lower()) or (None, None, None)
    is_ours = formkeys.check(request.POST.get("key", ""), token.lower(), PURPOSE)
    if campaign is None or delivery is None or not is_ours:
        return not_found(request)
    link = sharing.share_link_for(delivery.contact, campaign, "copy")
    return HttpResponseRedirect(f"/v/{link.link.token}")


def _claim(token: str) -> Claim | None:
    wanted = normalise_public(token)
    if len(wanted) != CLAIM_TOKEN:
        return None
    rows = Claim.objects.select_related("offer__brand", "contact", "code__batch")
    return rows.filter(token=wanted).first()


def _entry(request: HttpRequest, offer: Offer, url: str, end: datetime, language: str) -> HttpResponse:
    page = Page(request, offer.brand, contact_language=language)
    data = calendar.ics(offer, page.language, url=url, uid=f"offer-{offer.pk}@fanfare", end=end)
    answer = HttpResponse(data, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    answer["Content-Disposition"] = 'attachment; filename="offer.ics"'
    return private(answer)


def _voucher(request: HttpRequest, claim: Claim) -> HttpResponse:
    page = Page(request, claim.offer.brand, contact_language=claim.contact.language if claim.contact else "")
    if vouchers.voucher(claim)["state"] != "voucher":
        return not_found(request)
    answer = HttpResponse(voucher_pdf.pdf(claim, page.language), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="voucher.pdf"'
    return private(answer)
