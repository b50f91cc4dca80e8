"""Writing outlives a sign-in: what was sent to the desk after it ended is kept, and handed back after the next one.

A form that was open too long is answered by the sign-in page, and its text would be gone. Here it waits in a session
of her browser, for an hour, until she has signed in; then she looks and presses once more. Nothing is done unseen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

KEY = "kept_writing"
KEPT_FOR = 3600  # seconds
MOST = 1_000_000  # characters; a longer form is not kept, and that is said
ANEW = "csrfmiddlewaretoken"  # the page that hands the words back brings its own
PARTS = ("HX-Request", "X-Fanfare-Part")  # a script asks for a part of a page: it has the words itself


class KeepWriting:
    """Middleware: between the sessions and the views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if request.method != "POST" or not request.path.startswith(reverse("admin:index")):
            return answer
        if request.user.is_authenticated:
            if request.session.get(KEY, {}).get("path") == request.get_full_path():
                del request.session[KEY]
            return answer
        if not answer.get("Location", "").startswith(reverse("admin:login")) or request.path == reverse("admin:login"):
            return answer
        if any(name in request.headers for name in PARTS):
            words = _("You are signed out. Sign in in another tab, then go on here: your words stay on this page.")
            return HttpResponse(words, status=401, content_type="text/plain")
        if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            return answer
        keep(request)
        return HttpResponseRedirect(f"{reverse('admin:login')}?next={reverse('kept')}")


def is_secret(name: str) -> bool:
    """Say whether a field must not lie in a session: what proves who somebody is."""
    return name == ANEW or "password" in name


def keep(request: HttpRequest) -> None:
    """Put what was sent into the session of nobody yet; the sign-in takes it along."""
    fields = [(name, value) for name, values in request.POST.lists() if not is_secret(name) for value in values]
    is_long = sum(len(name) + len(value) for name, value in fields) > MOST
    request.session[KEY] = {
        "path": request.get_full_path(),
        "fields": [] if is_long else fields,
        "is_long": is_long,
        "has_files": bool(request.FILES),
        "at": time.time(),
    }


def for_site(site: AdminSite) -> Callable[[HttpRequest], HttpResponse]:
    """Return the page in the frame of the desk."""
    return lambda request: page(request, site.each_context(request))


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show what was kept, with a button that sends it to where it was going; a GET sends nothing."""
    found = request.session.get(KEY)
    if not found or time.time() - found["at"] > KEPT_FOR:
        return HttpResponseRedirect(reverse("admin:index"))
    shown = [(name, value) for name, value in found["fields"] if value.strip() and name[0] != "_" and name != "base"]
    return render(
        request, "admin/kept.html", {**context, "title": _("Your words are kept"), "kept": found, "shown": shown}
    )
