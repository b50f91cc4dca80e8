"""The offer's page behind a mail's own link: what it is, how to qualify, claim (POST), then code, QR, shops, end.

/f/<token>            GET shows the mail's first offer, POST claims it
/f/<token>/<block>    the same for another offer of the mail
/f/<token>/qr.png     the mail's QR image, personal, without an event

The link is the credential: no cookie, no account. It cannot tell its owner from a friend, so beside the first name of
a bearer's voucher the page shows nothing about her.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Campaign, Delivery
from contacts import formkeys
from contacts.models import Contact
from contacts.pages import Page, not_found
from social import qr
from social.fans import declared, messages, networks, pairing, shared, words
from social.models import Claim, Offer
from social.models.fans import FanLevel
from social.offers import claims, held, rules
from social.offers.mailing import mask
from social.offers.reasons import Reason, Refused, remedy
from social.offers.redemption import claim
from social.views import fan_check
from social.views.vouchers import described, voucher

PURPOSE = "offer"
# A check is answered by a redirect to her own server, and browsers hold form-action against redirects too.
HER_SERVER = {"form-action": [SELF, "https:"]}
PROOFS = (Reason.FAN_PROOF_MISSING, Reason.FAN_PROOF_EXPIRED)


@dataclass(frozen=True)
class Visit:
    """One look at an offer through a mail's link; the crowd's link brings no contact."""

    token: str
    block: str
    campaign: Campaign
    delivery: Delivery | None
    offer: Offer
    page: Page

    @property
    def language(self) -> str:
        """The language this page is shown in."""
        return self.page.language

    @property
    def contact(self) -> Contact | None:
        """The mail's addressee, who is not necessarily who looks."""
        return self.delivery.contact if self.delivery else None


@csp_update(HER_SERVER)  # type: ignore[arg-type]  # django-csp types views without arguments only
@csrf_exempt  # the token is the credential, the form carries a one-hour key (contacts.formkeys)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str, block: str = "") -> HttpResponse:
    """GET shows the offer in its state; POST claims it, with a declaration or the word of a post where one is asked."""
    visit = _visit(request, token.lower(), block)
    if visit is None:
        return not_found(request)
    with translation.override(visit.language):
        if request.method == "POST" and visit.contact is not None:
            return _claim(request, visit, visit.contact)
        return _show(request, visit)


@require_safe
def image(request: HttpRequest, token: str, block: str = "") -> HttpResponse:
    """GET gives the QR image of a mail's offer, decoded again before it goes out; it writes nothing."""
    found = held.of_mail(token.lower(), block)
    if found is None or found[1] is None:
        return not_found(request)
    answer = HttpResponse(qr.png(qr.address(token, block)), content_type="image/png")
    answer["Cache-Control"] = "private, max-age=86400"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _visit(request: HttpRequest, token: str, block: str) -> Visit | None:
    found = held.of_mail(token, block)
    if found is None:
        return None
    campaign, delivery, offer = found
    hers = delivery.contact.language if delivery and delivery.contact else ""
    return Visit(token, block, campaign, delivery, offer, Page(request, offer.brand, contact_language=hers))


def _claim(request: HttpRequest, visit: Visit, contact: Contact) -> HttpResponse:
    """Claim, and lead back to the page, which then shows the code: a reload claims nothing."""
    if not formkeys.check(request.POST.get("key", ""), visit.token, PURPOSE):
        return _show(request, visit, error=_("This page was open for more than an hour. Press the button again."))
    if request.POST.get("ask"):
        return _ask(request, visit, contact)
    if request.POST.get("check") or request.POST.get("look"):
        where, error = fan_check.step(request, contact, visit.offer, visit.delivery)
        return HttpResponseRedirect(where) if where else _show(request, visit, error=error, status=422)
    try:
        _prove(request, visit.offer, contact)
        claim(visit.offer, contact, via=Claim.Via.MAIL, campaign=visit.campaign, delivery=visit.delivery)
    except Refused as why:
        error = "" if why.reason in PROOFS else f"{why} {_for_her(why.reason)}".strip()
        return _show(request, visit, error=error, status=422)
    return HttpResponseRedirect(request.get_full_path())


def _prove(request: HttpRequest, offer: Offer, contact: Contact) -> None:
    """Take the word she typed, or her own statement where that is enough; neither is asked where no proof is."""
    if offer.min_fan_level is None:
        return
    if word := request.POST.get("word", "").strip():
        seen = networks.seen(request.headers.get("User-Agent", ""))
        words.use(word, contact, offer.brand, network=offer.network, seen=seen)
    elif request.POST.get("declare") and offer.min_fan_level == FanLevel.DECLARED:
        network = offer.network or request.POST.get("network", "")
        if network in networks.to_follow():
            declared.declare(contact, network, evidence={"page": "offer"})
    elif request.POST.get("shared") and offer.min_fan_level <= FanLevel.SHARED:
        shared.prove(contact, offer.network)


def _ask(request: HttpRequest, visit: Visit, contact: Contact) -> HttpResponse:
    """Give her a code that she sends by message or shows in a shop, and lead back to the page that shows it."""
    network = visit.offer.network or request.POST.get("network", "")
    if network in networks.to_follow():
        messages.ask(contact, network)
    return HttpResponseRedirect(request.get_full_path())


def _show(request: HttpRequest, visit: Visit, *, error: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        **described(visit.offer, visit.language),
        **_state(visit),
        "key": formkeys.make(visit.token, PURPOSE),
        "error": error,
        "typed": request.POST.get("word", ""),
        "account": request.POST.get("account", ""),
        "others": _others(visit),
        "paper": f"/f/{visit.token}/{visit.block}" if visit.block else f"/f/{visit.token}",
        "not_me": f"/f/{visit.token}/not-me/" if visit.contact else "",
    }
    return visit.page.answer("public/offer.html", context, status)


def _state(visit: Visit) -> dict[str, Any]:
    """Return what the page is about now: `state` names the part of the template, the rest is what it shows."""
    if visit.contact is None:
        return {"state": "crowd"}
    known = claims.standing(visit.offer, visit.contact)
    if known is not None:
        return _of_claim(known)
    try:
        rules.check_claim(visit.offer, visit.contact, timezone.now())
        claims.check_left(visit.offer, visit.contact)
    except Refused as why:
        if why.reason in PROOFS:
            ways = _ways(visit.offer, visit.contact)
            return {"state": "proof", "expired": why.reason == Reason.FAN_PROOF_EXPIRED, **ways}
        return {"state": "closed", "reason": str(why), "next": _for_her(why.reason)}
    return {"state": "open"}


def _of_claim(known: Claim) -> dict[str, Any]:
    if known.state != Claim.State.REDEEMED and known.offer.holding == Offer.Holding.PERSONAL:
        return {"state": "mailed", "address": mask(known.contact.email if known.contact else "")}
    return voucher(known)


def _ways(offer: Offer, contact: Contact) -> dict[str, Any]:
    """Return which ways of showing that she is a fan the page offers, and the networks she may name."""
    level = offer.min_fan_level or 0
    codes = [messages.known(contact, key) for key in ([offer.network] if offer.network else networks.to_follow())]
    asked = next((code for code in codes if code is not None), None)
    return {
        "may_declare": level == FanLevel.DECLARED,
        "may_share": level <= FanLevel.SHARED and (not offer.network or shared.is_allowed(offer.network)),
        "may_type_word": level <= FanLevel.NETWORK_LINK,
        "may_ask": level <= FanLevel.CODE and offer.network != networks.SHOP,
        "asked": pairing.display(asked.code) if asked else "",
        "asked_network": networks.name_of(asked.network) if asked else "",
        "network": offer.network,
        "network_name": networks.name_of(offer.network) if offer.network else "",
        "networks": [] if offer.network else list(networks.to_follow().items()),
        **fan_check.shown(contact, offer),
    }


def _others(visit: Visit) -> list[dict[str, str]]:
    """Return the mail's other offers, for one that carries several."""
    version_id = (visit.delivery.content_version_id if visit.delivery else None) or visit.campaign.content_version_id
    by_block = held.offers_in(visit.campaign, version_id)
    rest = {offer_id: block for block, offer_id in reversed(by_block.items()) if offer_id != visit.offer.pk}
    offers = Offer.objects.filter(pk__in=rest).prefetch_related("texts").select_related("brand")
    return [
        {"title": described(offer, visit.language)["title"], "url": f"/f/{visit.token}/{rest[offer.pk]}"}
        for offer in offers
    ]


def _for_her(reason: str) -> str:
    """Return the next step for the person herself; the remedies of the till speak to cashiers."""
    steps = {
        Reason.NOT_STARTED: _("Keep the mail and come back on that day."),
        Reason.PAUSED: _("Keep the mail and try again later."),
        Reason.EXPIRED: _("The next mail may bring a new one."),
        Reason.LIMIT_TOTAL: _("Others were faster. The next mail may bring a new one."),
        Reason.LIMIT_PERIOD: _("Come back tomorrow."),
        Reason.BUDGET_SPENT: _("Others were faster. The next mail may bring a new one."),
        Reason.NOT_ELIGIBLE_SEGMENT: _("The next mail may bring one for you."),
        Reason.NOT_FIRST_ORDER: _("It was meant for a first order. The next mail may bring one for you."),
    }
    return steps.get(Reason(reason)) or remedy(reason)
