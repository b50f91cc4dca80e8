"""Leaving, `/u/<t>`: a GET shows a button, a POST acts; RFC 8058 one-click by the mail program.

POST /u/5a3f…   List-Unsubscribe=One-Click          → 200, no redirect, no cookie; the same when repeated
POST /u/5a3f…   key=…&scope=topic|all               → 200 and the page that says what ended
"""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.models import Delivery, Event
from campaigns.tracking import events, tokens
from campaigns.tracking.tokens import Purpose
from campaigns.views.visit import Visit, visit
from contacts import consent, formkeys
from contacts.models import Consent, Subscription
from contacts.pages import not_found

# Optional, asked after the fact: no reason stands between a person and leaving.
REASONS = {
    "too_many": _("Too many mails"),
    "not_for_me": _("Not what I expected"),
    "never_asked": _("I never asked for it"),
    "elsewhere": _("I follow you elsewhere"),
}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what leaving ends, or end it."""
    found = visit(request, token, Purpose.UNSUBSCRIBE)
    if found is None:
        return not_found(request)
    if request.method != "POST":  # RFC 8058: scanners open links, so a GET must not unsubscribe
        return _ask(request, found)
    if request.POST.get("List-Unsubscribe") == "One-Click":
        leave(found, everything=False, method=Consent.Method.ONE_CLICK)
        return _done(request, found, everything=False)
    if "why" in request.POST:
        note_reason(found, request)
        return _done(request, found, everything=request.POST.get("scope") == "all", is_thanked=True)
    if not formkeys.check(str(request.POST.get("key", "")), found.token, "unsubscribe"):
        return _ask(request, found, is_late=True)
    everything = request.POST.get("scope") == "all"
    leave(found, everything=everything, method=Consent.Method.PREFERENCES)
    return _done(request, found, everything=everything)


def reason_of(request: HttpRequest) -> str:
    """Return the reason that was ticked, in words of this site's language; '' for none."""
    return str(REASONS.get(str(request.POST.get("why", "")), ""))


def note_reason(found: Visit, request: HttpRequest) -> None:
    """Keep why she left, when she likes to say. Writes: Subscription.reason of what is ended."""
    if found.contact and formkeys.check(str(request.POST.get("key", "")), found.token, "unsubscribe"):
        ended = found.contact.subscriptions.filter(state=Subscription.State.UNSUBSCRIBED)
        if request.POST.get("scope") != "all":
            ended = ended.filter(topic=found.campaign.topic)
        ended.update(reason=reason_of(request))


def leave(found: Visit, *, everything: bool, method: str, reason: str = "") -> int:
    """End the subscription to the mail's topic, or all, and return how many ended; repeats change nothing.

    Writes:  Subscription, Consent, Suppression (all); Delivery.unsubscribed_at and one unsubscribe event.
    """
    topic = None if everything else found.campaign.topic
    with transaction.atomic():
        ended = consent.unsubscribe(found.contact, topic, method=method, reason=reason) if found.contact else 0
        now = timezone.now()
        first = Delivery.objects.filter(pk=found.delivery.pk, unsubscribed_at=None).update(unsubscribed_at=now)
        if first:
            key = f"unsubscribe:{found.delivery.pk}"
            events.record(Event.Kind.UNSUBSCRIBE, key=key, at=now, delivery=found.delivery)
    return ended


def _ask(request: HttpRequest, found: Visit, *, is_late: bool = False) -> HttpResponse:
    context = {
        "form_key": formkeys.make(found.token, "unsubscribe"),
        "topic": found.campaign.topic,
        "is_late": is_late,
        "preferences_url": preferences_path(found),
    }
    return found.answer("public/unsubscribe.html", context)


def _done(request: HttpRequest, found: Visit, *, everything: bool, is_thanked: bool = False) -> HttpResponse:
    topic = None if everything else found.campaign.topic
    with translation.override(found.language):
        context = {
            "topic": topic,
            "preferences_url": preferences_path(found),
            "form_key": formkeys.make(found.token, "unsubscribe"),
            "reasons": [] if is_thanked else REASONS.items(),
            "is_thanked": is_thanked,
        }
    return found.answer("public/unsubscribe_done.html", context)


def preferences_path(found: Visit) -> str:
    """Return the path of the same delivery's preferences page."""
    token = tokens.make(Purpose.PREFERENCES, found.campaign.pk, found.delivery.pk)
    return f"/p/{token}"
