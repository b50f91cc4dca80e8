"""Checks with a network: the part of the offer's page that asks, and where her own server sends her back to.

/fan-check/<network>/?code=…&state=…   GET shows a button; POST asks the server and leads back to the offer's page
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.models import Delivery
from contacts import formkeys
from contacts.models import Contact
from contacts.pages import Page, not_found
from social.fans import bluesky, checking, mastodon, networks
from social.models import FanCheck, Offer
from social.models.fans import FanLevel
from social.offers.reasons import Refused, remedy

PURPOSE = "fan-check"


def step(request: HttpRequest, contact: Contact, offer: Offer, delivery: Delivery | None) -> tuple[str, str]:
    """Do what she pressed on the offer's page; return (where she goes next, '' = the same page; what went wrong).

    `check=<network>` with `account` begins; `look=<network>` asks again.
    """
    here = request.get_full_path()
    try:
        if (network := request.POST.get("look", "")) in checking.NETWORKS:
            check = checking.standing(contact, offer.brand, [network])
            if check is not None:
                checking.look(check)
            return here, ""
        network = request.POST.get("check", "")
        if network not in checking.askable(offer.brand, offer.network):
            return here, ""
        typed = request.POST.get("account", "")[:300]
        _check, where = checking.begin(
            network, contact, offer.brand, typed, page=here[:120], offer=offer, delivery=delivery
        )
        return where or here, ""
    except checking.Wrong as why:
        return "", str(why)
    except checking.Down as why:
        words = {"network": networks.name_of(network), "why": _said(str(why))}
        return "", _("%(network)s cannot be asked right now (%(why)s). Try again in some minutes.") % words
    except Refused as why:
        return "", f"{why} {remedy(why.reason)}"


def shown(contact: Contact, offer: Offer) -> dict[str, Any]:
    """Return what the offer's page says of checks: which networks can be asked, and how the last one stands."""
    if (offer.min_fan_level or 0) > FanLevel.VERIFIED:
        return {}
    askable = checking.askable(offer.brand, offer.network)
    check = checking.standing(contact, offer.brand, askable) if askable else None
    found: dict[str, Any] = {"askable": [(key, networks.name_of(key)) for key in askable], "check": check}
    if check is not None:
        found["check_network"] = networks.name_of(check.network)
        found["check_problem"] = _said(check.problem)
        if check.network == bluesky.NETWORK:
            found["sign"] = bluesky.sign_of(check)
    return found


def _said(problem: str) -> str:
    return _("too many questions at the moment") if problem == checking.RATE else problem


@csrf_exempt  # the state is the credential, the form carries a one-hour key (contacts.formkeys)
@require_http_methods(["GET", "HEAD", "POST"])
def back(request: HttpRequest, network: str) -> HttpResponse:
    """GET shows a button, for a page that is only looked at must not act; POST asks and leads back to the offer."""
    state = (request.POST if request.method == "POST" else request.GET).get("state", "")[:64]
    waiting = FanCheck.objects.filter(nonce=state, network=network).select_related("brand", "contact", "offer")
    check = waiting.first() if state.isalnum() and network == mastodon.NETWORK else None
    if check is None or not check.page:
        return not_found(request)
    page = Page(request, check.brand, contact_language=check.contact.language)
    with translation.override(page.language):
        context: dict[str, Any] = {"page": check.page, "server": check.server, "state": state}
        if request.method != "POST":
            declined = bool(request.GET.get("error")) or not request.GET.get("code")
            code = request.GET.get("code", "")[:500]
            return page.answer(
                "public/fan_check.html",
                {**context, "declined": declined, "code": code, "key": formkeys.make(state, PURPOSE)},
            )
        error = _ask(request, check)
    if error:
        return page.answer("public/fan_check.html", {**context, "declined": True, "error": error}, 422)
    return HttpResponseRedirect(check.page)


def _ask(request: HttpRequest, check: FanCheck) -> str:
    if not formkeys.check(request.POST.get("key", ""), check.nonce, PURPOSE):
        return _("This page was open for more than an hour. Press the button again.")
    if check.state == FanCheck.State.STARTED and (code := request.POST.get("code", "")):
        mastodon.take_code(check, code)
    try:
        checking.look(check)
    except checking.Wrong as why:
        return str(why)
    return ""
