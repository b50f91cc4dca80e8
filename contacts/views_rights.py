"""A person's own data: `/your-data/` mails a fresh link; behind it: a copy, another address, or to be forgotten.

POST /your-data/            email=ann@example.com&key=…          → the same words, whoever it is
POST /your-data/5a3f…/      key=…&act=export                     → a ZIP
POST /your-data/5a3f…/      key=…&act=address&email=…            → a mail to the new address asks to confirm
POST /your-data/5a3f…/      key=…&act=erase&sure=1               → forgotten; the link is dead
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from contacts import addresses, askers, audit, formkeys, identities, privacy, rights, signup
from contacts.models import Brand, Contact
from contacts.pages import Page, not_found, private


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the address; mail it a link, if we know it. Nobody learns whether we do."""
    shown = Page(request, _brand(None))
    with translation.override(shown.language):
        if request.method != "POST":
            return _ask(shown)
        typed = signup.newcomer(request)
        if not formkeys.check(str(request.POST.get("key", "")), "your-data", "ask"):
            return _ask(shown, _("One more press, please: your words are still there."), typed.email, 400)
        try:
            addresses.normalise(typed.email)
        except addresses.BadAddress as why:
            return _ask(shown, str(why), typed.email, 400)
        if not askers.may_ask(request, "your-data"):
            return _ask(shown, _("Too many requests came from your network within the hour."), typed.email, 429)
        contact = None if typed.is_robot else identities.find("email", typed.email)
        if contact is not None:
            rights.ask(contact)
        return shown.answer("public/your_data_asked.html", {})


def _ask(shown: Page, problem: str = "", email: str = "", status: int = 200) -> HttpResponse:
    key = formkeys.make("your-data", "ask")
    return shown.answer("public/your_data_ask.html", {"problem": problem, "email": email, "form_key": key}, status)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the three things that can be done, or do one."""
    contact = rights.whose(token)
    if contact is None:
        return not_found(request)
    shown = Page(request, _brand(contact), contact_language=contact.language)
    with translation.override(shown.language):
        if request.method != "POST":
            return _choices(shown, token)
        if not formkeys.check(str(request.POST.get("key", "")), token, "your-data"):
            return _choices(shown, token, _("This page was open for more than an hour. Press once more."), 400)
        act = ACTS.get(str(request.POST.get("act", "")))
        return act(shown, token, contact) if act else _choices(shown, token, status=400)


def _choices(shown: Page, token: str, problem: str = "", status: int = 200, **more: Any) -> HttpResponse:
    context = {"form_key": formkeys.make(token, "your-data"), "problem": problem, **more}
    return shown.answer("public/your_data.html", context, status)


def _export(shown: Page, token: str, contact: Contact) -> HttpResponse:
    audit.record("the person herself", "exported contact", contact)
    answer = HttpResponse(privacy.export_contact(contact), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="your-data.zip"'
    return private(answer)


def _address(shown: Page, token: str, contact: Contact) -> HttpResponse:
    email = str(shown.request.POST.get("email", ""))[:254].strip()
    try:
        addresses.normalise(email)
        rights.change_address(contact, email, by="the person herself", language=shown.language)
    except identities.IdentityTaken:  # who else we know is nobody's business: she reads what everybody reads
        pass
    except ValueError as why:
        return _choices(shown, token, str(why), 400, email=email)
    return shown.answer("public/your_data_moved.html", {})


def _erase(shown: Page, token: str, contact: Contact) -> HttpResponse:
    if not shown.request.POST.get("sure"):
        return _choices(shown, token, _("Tick that you are sure, then press once more."), 400, at="sure")
    privacy.erase_contact(contact, actor="the person herself")
    return shown.answer("public/your_data_gone.html", {})


ACTS = {"export": _export, "address": _address, "erase": _erase}


def _brand(contact: Contact | None) -> Brand | None:
    """Return the brand the page dresses as: that of her subscriptions, else the only one there is."""
    if contact is not None:
        held = contact.subscriptions.select_related("topic__brand").order_by("-pk").first()
        if held is not None:
            return held.topic.brand
    brands = list(Brand.objects.filter(archived_at=None).order_by("pk")[:2])
    return brands[0] if len(brands) == 1 else None
