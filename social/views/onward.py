"""Sharing on from the friend's page: `/v/<TOKEN>/on` makes a link of the next generation, without any account.

    GET  /v/7K3M…/on     the networks, the text to edit
    POST /v/7K3M…/on     key=…&network=whatsapp&text=Look → 303 to the composer, with a link of generation + 1

Who shares on is nobody to us until she signs up: her link hangs under the one she came by, and no reward hangs on it.
"""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from contacts import formkeys
from contacts.pages import Page, not_found
from social import preview, sharing, subject, visits
from social.models import ShareLink
from social.networks import registry
from social.subject import Subject
from social.views.share import COMPOSERS, MAX_TEXT, gain_of, host_of, opened, row, share_link_of


@csp_update(COMPOSERS)  # type: ignore[arg-type]  # django-csp types views without arguments only
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the networks to a friend; on POST note her press and open the composer."""
    share_link = share_link_of(token)
    if share_link is None:
        return not_found(request)
    shown = Page(
        request,
        subject.brand_of(share_link.campaign),
        written=[body.language for body in subject.bodies_of(share_link.campaign)],
    )
    about = subject.of(share_link.campaign, shown.language, share_link.block)
    if sharing.is_over(share_link):
        return shown.answer("public/friend_over.html", {"subject": about}, 410)
    with override(shown.language):
        return (
            _press(request, shown, about, share_link) if request.method == "POST" else _show(shown, about, share_link)
        )


def _show(shown: Page, about: Subject, share_link: ShareLink, problem: str = "", status: int = 200) -> HttpResponse:
    offered = sharing.offered(about.brand, shown.language, campaign=share_link.campaign)
    text = str(shown.request.POST.get("text", about.text))[:MAX_TEXT]
    context: dict[str, Any] = {
        "subject": about,
        "text": text,
        "first": None,
        "rows": [row(one, text) for one in offered],
        "card": preview.ensure(about, subject.hero_of(share_link.campaign, shown.language)),
        "host": host_of(about),
        "gain": {**gain_of(about), "sponsor": ""},
        "action": f"/v/{share_link.link.token}/on",
        "form_key": formkeys.make(str(share_link.link.token), "on"),
        "problem": problem,
    }
    return shown.answer("public/share.html", context, status)


def _press(request: HttpRequest, shown: Page, about: Subject, share_link: ShareLink) -> HttpResponse:
    if not formkeys.check(str(request.POST.get("key", "")), str(share_link.link.token), "on"):
        problem = _("This page was open for more than an hour. Nothing is lost: press the network once more.")
        return _show(shown, about, share_link, problem, 400)
    text = str(request.POST.get("text", about.text))[:MAX_TEXT]
    try:
        composer = sharing.press_on(share_link, str(request.POST.get("network", "")), text=text, title=about.title)
    except registry.UnknownNetwork:
        problem = _("This network is not offered any more. Choose another one.")
        return _show(shown, about, share_link, problem, 400)
    visits.mark_sharer(composer.share_link, request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", ""))
    return opened(request, shown, about, composer, text)
