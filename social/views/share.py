"""The share page: `/s/<token>` shows the networks, a press (POST) opens the composer. A GET never counts as a share.

GET  /s/5a3f…               every network, the text to edit, the preview
GET  /s/5a3f…/bluesky?b=b6  the same, Bluesky first: what a mail's button links to
POST /s/5a3f…               key=…&network=bluesky&text=Look → 303 to Bluesky's composer
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose, Token
from contacts import formkeys
from contacts.pages import Page, not_found
from social import preview, sharing, subject, visits
from social.models import ShareLink
from social.networks import registry
from social.offers.value import text_of
from social.sharing import Composer, Offered, Sharer
from social.subject import Subject

MAX_TEXT = 5000  # characters; the longest composer takes 4,096
# A press is answered by a redirect to a network's composer, and browsers hold form-action against redirects too.
COMPOSERS = {"form-action": [SELF, "https:", "mailto:", "sms:", "viber:", "fb-messenger:"]}


class ComposerRedirect(HttpResponseRedirect):
    """303: the browser opens the composer with GET."""

    status_code = 303


def sharer_of(raw: str) -> tuple[Token, Sharer] | None:
    """Return what a share token says and whom it speaks for, or None for one that is forged, cut or unknown."""
    token = tokens.read(raw, Purpose.SHARE)
    try:
        return (token, sharing.sharer(token)) if token else None
    except sharing.GoneCampaign:
        return None


@csp_update(COMPOSERS)  # type: ignore[arg-type]  # django-csp types views without arguments only
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str, network: str = "") -> HttpResponse:
    """Show the networks; on POST note the press and open the composer."""
    found = sharer_of(token)
    if found is None:
        return not_found(request)
    read, who = found
    block = str(request.POST.get("b") or request.GET.get("b") or "").replace("\x00", "")[:40]
    brand = subject.brand_of(who.campaign)
    shown = Page(
        request,
        brand,
        contact_language=who.contact.language if who.contact else "",
        written=[body.language for body in subject.bodies_of(who.campaign)],
    )
    about = subject.of(who.campaign, shown.language, block)
    if request.method == "POST":
        return _press(request, shown, about, read, block)
    return _networks(shown, about, who, block, chosen=network)


def _networks(
    shown: Page, about: Subject, who: Sharer, block: str, *, chosen: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    offered = sharing.offered(about.brand, shown.language, campaign=who.campaign, contact=who.contact)
    first = next((one for one in offered if one.key == chosen), None)
    raw = tokens.make(Purpose.SHARE, who.campaign.pk, who.delivery.pk if who.delivery else 0)
    typed = shown.request.POST.get("text")
    with override(shown.language):
        prefilled = sharing.words(about, first, who.contact)
    text = (prefilled if typed is None else typed)[:MAX_TEXT]
    context = {
        "subject": about,
        "text": text,
        "was": prefilled,
        "first": first and row(first, text),
        "rows": [row(one, text) for one in offered if one != first],
        "card": preview.ensure(about, subject.hero_of(who.campaign, shown.language)),
        "host": host_of(about),
        "gain": gain_of(about),
        "block": block,
        "action": f"/s/{raw}",
        "form_key": formkeys.make(raw, "share"),
        "problem": problem,
    }
    return shown.answer("public/share.html", context, status)


def row(one: Offered, text: str) -> dict[str, Any]:
    """Return what the page shows of a network: words, icon, and how much text is left as it counts it."""
    return {
        "key": one.key,
        "label": sharing.invitation(one),
        "name": one.label,
        "kind": one.network.kind,
        "icon": f"fanfare/icons/{one.key}.svg",
        "phone_only": one.network.phone_only,
        "takes_text": one.network.takes_text,
        "unit": one.network.length.unit,
        "room": registry.room(one.key, sharing.SAMPLE),
        "left": registry.remaining(one.key, text, sharing.SAMPLE) if one.network.takes_text else None,
    }


def host_of(about: Subject) -> str:
    """Return the brand's host, as it stands under the preview."""
    return urlsplit(about.brand.website).hostname or ""


def gain_of(about: Subject) -> dict[str, str]:
    """Return what sponsor and friend get, in words; empty where there is nothing."""
    program = about.program
    reward = text_of(program.sponsor_offer, about.language) if program and program.sponsor_offer else None
    has_advantage = about.advantage is not None and not about.advantage.is_over
    return {
        "sponsor": reward.title if reward else "",
        "friend": about.advantage.title if about.advantage and has_advantage else "",
        "event": program.qualifying_event if program else "",
    }


def _press(request: HttpRequest, shown: Page, about: Subject, read: Token, block: str) -> HttpResponse:
    who = sharing.sharer(read)
    raw = tokens.make(Purpose.SHARE, read.campaign_id, read.delivery_id)
    if not formkeys.check(str(request.POST.get("key", "")), raw, "share"):
        problem = _("This page was open for more than an hour. Nothing is lost: press the network once more.")
        return _networks(shown, about, who, block, problem=problem, status=400)
    network = str(request.POST.get("network", ""))
    agent = request.headers.get("User-Agent", "")
    with override(shown.language):
        tail = sharing.disclosure(about, who.contact)
        text = _text(request, shown, about, who, network)
    try:
        composer = sharing.press(read, network, block, text=text, title=about.title, tail=tail, agent=agent)
    except registry.UnknownNetwork:
        problem = _("This network is not offered any more. Choose another one.")
        return _networks(shown, about, who, block, problem=problem, status=400)
    visits.mark_sharer(composer.share_link, request.META.get("REMOTE_ADDR", ""), agent)
    return opened(request, shown, about, composer, text)


def _text(request: HttpRequest, shown: Page, about: Subject, who: Sharer, network: str) -> str:
    """What she wrote; while she changed nothing, the network's own words."""
    typed = request.POST.get("text")
    is_hers = typed is not None and typed.split() != request.POST.get("was", "").split()
    if typed is not None and (is_hers or "was" not in request.POST):
        return typed[:MAX_TEXT]
    offered = sharing.offered(about.brand, shown.language, campaign=who.campaign, contact=who.contact)
    return sharing.words(about, next((one for one in offered if one.key == network), None), who.contact)[:MAX_TEXT]


def opened(request: HttpRequest, shown: Page, about: Subject, composer: Composer, text: str) -> HttpResponse:
    """Answer a press: the composer, or our page where the browser has to do it (mail, messages, copy, share sheet)."""
    link = sharing.address(composer.share_link.link)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"url": link, "text": text, "title": about.title}, headers={"Cache-Control": "no-store"})
    if composer.url.startswith("https://"):
        return ComposerRedirect(composer.url)
    entry = registry.get(composer.share_link.network)
    context = {
        "subject": about,
        "link": link,
        "message": f"{text}\n{link}" if text else link,
        "composer_url": composer.url,
        "network": sharing.network_name(entry),
        "key": entry.key,
        "back": request.path,
    }
    return shown.answer("public/share_open.html", context)


def share_link_of(token: str) -> ShareLink | None:
    """Return the share link of a public token, in any case and with hyphens, or None."""
    known = ShareLink.objects.select_related(
        "link", "contact", "offer", "campaign__content__brand", "campaign__topic__brand", "campaign__sender__brand"
    )
    return known.filter(link__token=tokens.normalise_public(token)[:32]).first()
