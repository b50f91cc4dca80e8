"""The link of a post, /fan/<token>: who opens it presses, and gets a short code to type on her own offer page.

The post's reader is a stranger to this page, often in an app's own browser without her mail; the code is the bridge. It
works once and for half an hour, so what is passed around is a link that tells from where it was opened.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.tracking.tokens import normalise_public
from contacts import formkeys
from contacts.pages import Page, not_found
from social.fans import networks, pairing, words
from social.models import FanWord
from social.offers.reasons import Refused, remedy

PURPOSE = "fan"


@csrf_exempt  # the token is the credential, the form carries a one-hour key (contacts.formkeys)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET explains; POST gives the code. A word that was replaced, used up or is over explains itself."""
    word = words.by_token(normalise_public(token))
    if word is None:
        return not_found(request)
    shown = Page(request, word.brand, prefers_browser=True)
    with translation.override(shown.language):
        context, status = _post(request, word) if request.method == "POST" else (_get(request, word), 200)
    return shown.answer("public/fan.html", {"network": networks.name_of(word.network), **context}, status)


def _get(request: HttpRequest, word: FanWord) -> dict[str, Any]:
    seen = networks.seen(request.headers.get("User-Agent", ""), request.headers.get("Referer", ""))
    try:
        words.check_open(word)
    except Refused as why:
        return {"state": "closed", "reason": str(why), "next": remedy(why.reason)}
    return {"state": "open", "seen": seen, "key": formkeys.make(f"{word.token}:{seen}", PURPOSE)}


def _post(request: HttpRequest, word: FanWord) -> tuple[dict[str, Any], int]:
    seen = request.POST.get("seen", "")[:24]
    if not formkeys.check(request.POST.get("key", ""), f"{word.token}:{seen}", PURPOSE):
        return _get(request, word), 422
    try:
        code = words.open_link(word, seen=seen)
    except Refused:
        return _get(request, word), 422
    return {
        "state": "code",
        "code": pairing.display(code.code),
        "minutes": int(words.LINK_LIFE.total_seconds() / 60),
    }, 200
