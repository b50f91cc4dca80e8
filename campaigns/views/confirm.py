"""Double opt-in, `/confirm/<t>`: a GET shows what is asked for, the POST confirms it and wakes the upper floors."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.tracking.tokens import Purpose
from campaigns.views.visit import Visit, visit
from contacts import consent, formkeys, signup
from contacts.models import Contact, Topic
from contacts.pages import not_found


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once more, or confirm."""
    found = visit(request, token, Purpose.CONFIRM)
    if found is None or found.contact is None or not found.delivery.context:
        return not_found(request)
    if not consent.is_current(found.contact, found.delivery.context):
        return not_found(request)
    is_key = formkeys.check(str(request.POST.get("key", "")), found.token, "confirm")
    if request.method == "POST" and is_key:
        confirm(found.contact, found, request)
        return _page(request, found, is_done=True)
    return _page(request, found, is_late=request.method == "POST")


def confirm(contact: Contact, found: Visit, request: HttpRequest) -> None:
    """Turn the request into subscriptions and consents, then tell the modules of settings.CONFIRMED_HOOKS.

    Writes:  as contacts.consent.confirm, and what `confirmed(contact)` of the hooks writes; one transaction.
    """
    evidence = {**signup.evidence(request, "/confirm/"), "delivery": found.delivery.pk}
    with transaction.atomic():
        consent.confirm(contact, found.delivery.context or {}, evidence=evidence)
        for name in settings.CONFIRMED_HOOKS:
            import_module(name).confirmed(contact)


def _page(request: HttpRequest, found: Visit, *, is_done: bool = False, is_late: bool = False) -> HttpResponse:
    payload = found.delivery.context or {}
    context = {
        "form_key": formkeys.make(found.token, "confirm"),
        "topics": Topic.objects.filter(slug__in=payload.get("topics") or []),
        "stays": bool(payload.get("stays")),
        "is_done": is_done,
        "is_late": is_late,
    }
    return found.answer("public/confirm.html", context)
