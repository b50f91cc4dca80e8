"""Where a phone's camera lands: /q/<token> and /Q/<token>, in either case.

A mail's offer code leads to the offer's page, a voucher's code shows the voucher, a poster's code leads where the
marketer said. The front has written the scan down before this answers.
"""

from __future__ import annotations

import re

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from campaigns.models import Link
from campaigns.tracking.tokens import normalise_public
from contacts.pages import Page, not_found, private
from social import orphans, qr
from social.models import Claim, Code, QRCode
from social.offers import codes, held, rules
from social.offers.held import CLAIM_TOKEN
from social.offers.reasons import Refused
from social.views import strangers
from social.views.vouchers import data_uri, described, voucher


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
    if link is None and codes.is_valid(wanted):  # one token of 32 looks like a code, so links go first
        return _printed(request, wanted)
    if link is None:
        orphans.note("q", wanted, request)
        return not_found(request)
    target = link.fallback if link.expires_at and link.expires_at <= timezone.now() else link.target
    return HttpResponseRedirect(target) if target else not_found(request)


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


def _printed(request: HttpRequest, value: str) -> HttpResponse:
    """Show a code printed in bulk, which is nobody's yet: what it is worth, and that a till takes it."""
    code = Code.objects.select_related("offer__brand").filter(value=value, state=Code.State.FREE).first()
    if code is None:
        return strangers.wrong_code(request, value)
    page = Page(request, code.offer.brand)
    with translation.override(page.language):
        shown = {"state": "voucher", "code": codes.display(value), "qr": data_uri(qr.address(value)), "printed": True}
        try:
            rules.check_live(code.offer, timezone.now())
        except Refused as why:
            shown = {"state": "closed", "reason": str(why), "next": ""}
        context = {**described(code.offer, page.language), **shown}
    return page.answer("public/offer.html", context)


@require_safe
def document(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET hands out the document of a placement; never shown inside our own pages."""
    code = QRCode.objects.filter(link__token=normalise_public(token)).exclude(document="").first()
    if code is None:
        return not_found(request)
    name = (code.document.name or "").rpartition("/")[2]
    answer = FileResponse(code.document.open("rb"), as_attachment=True, filename=name)
    answer["X-Content-Type-Options"] = "nosniff"
    return private(answer)
