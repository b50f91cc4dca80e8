"""Strangers who try codes on public pages: slowed one by one, by an address hash that lasts a day."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts import askers
from contacts.pages import Page, not_found
from social.offers import attempts
from social.offers.fraud import cases
from social.offers.reasons import Reason, Refused

MOST, MOST_ALARMED = 10, 3  # wrong codes in ten minutes; fewer while many strangers try at once


def slowed(request: HttpRequest) -> HttpResponse | None:
    """Return the page that asks to wait, or None while this address may go on."""
    try:
        attempts.brake(_who(request), most=MOST_ALARMED if cases.is_alarmed() else MOST)
    except Refused:
        page = Page(request, None)
        with translation.override(page.language):
            message = _("Too many wrong codes came from your connection.")
            words = {"heading": _("Please wait ten minutes"), "message": message}
        answer = page.answer("public/message.html", words, status=429)
        answer["Retry-After"] = "600"
        return answer
    return None


def wrong_code(request: HttpRequest, raw: str) -> HttpResponse:
    """Note that a code was wrong and say what every unknown address says."""
    attempts.note(Reason.CODE_UNKNOWN, raw, who=_who(request))
    return not_found(request)


def _who(request: HttpRequest) -> str:
    return f"ip:{askers.asker(request.META.get('REMOTE_ADDR', ''), timezone.now())}"
