"""Where a phone's camera lands: /q/<token> and /Q/<token>, in either case.

A mail's offer code leads to the offer's page, a voucher's code shows the voucher, a poster's code leads where the
marketer said. The front has written the scan down before this answers.
"""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from campaigns.models import Link
from campaigns.tracking.tokens import normalise_public
from contacts.pages import Page, not_found
from social.models import Claim
from social.offers import held
from social.offers.held import CLAIM_TOKEN
from social.views import strangers
from social.views.vouchers import described, voucher


@require_safe
def landing(request: HttpRequest, token: str, block: str = "") -> HttpResponse:
    """GET leads on or shows the voucher; the same plain page for every token that is none of ours."""
    if re.fullmatch(r"[0-9a-fA-F]{32}", token):
        return _offer(request, token.lower(), block.lower())
    if (slowed := strangers.slowed(request)) is not None:
        return slowed
    wanted = normalise_public(token)
    if len(wanted) == CLAIM_TOKEN:
        return _voucher(request, wanted)
    link = Link.objects.filter(token=wanted, kind=Link.Kind.QR).first()
    if link is None or not link.target or (link.expires_at and link.expires_at <= timezone.now()):
        return not_found(request)
    return HttpResponseRedirect(link.target)


def _offer(request: HttpRequest, token: str, block: str) -> HttpResponse:
    if held.of_mail(token, block) is None:
        return not_found(request)
    return HttpResponseRedirect(f"/f/{token}/{block}" if block else f"/f/{token}")


def _voucher(request: HttpRequest, token: str) -> HttpResponse:
    claims = Claim.objects.select_related("offer__brand", "contact", "code__batch", "proof")
    claim = claims.filter(token=token).first()
    if claim is None:
        return strangers.wrong_code(request, token)
    offer = claim.offer
    page = Page(request, offer.brand, contact_language=claim.contact.language if claim.contact else "")
    with translation.override(page.language):
        context = {**described(offer, page.language), **voucher(claim), "paper": f"/q/{token}"}
    return page.answer("public/offer.html", context)
