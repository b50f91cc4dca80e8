"""Where a person of the team is signed in, and signing her out elsewhere.

signins.active(request)      # → [SignIn("Firefox on Linux", is_here), …]
signins.end_others(request)  # → 2
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from config.team import tries
from config.team.models import SecondFactor, SignIn
from contacts import audit

OWED = "second_owed"  # in the session until the second proof is given: True, or the page that was asked for
HERE = "sign_in"  # in the session: number of its SignIn, its key, and when it was last written down
TOUCH = 600  # seconds between two notes of when a browser was last seen
NAMES = ("Edg/", "OPR/", "Firefox/", "Chrome/", "Safari/")  # in this order: Edge says Chrome, Chrome says Safari
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


class Form(AuthenticationForm):  # type: ignore[misc]
    """The desk's sign-in, which slows down who guesses."""

    def clean(self) -> Any:
        name, address = str(self.cleaned_data.get("username", "")), self.request.META.get("REMOTE_ADDR", "")
        try:
            tries.begin(name, address)
        except tries.TooMany as wait:
            self.add_error(None, str(wait))
            return self.cleaned_data
        cleaned = super().clean()
        tries.forget(name, address)
        return cleaned


def login(request: HttpRequest) -> HttpResponse:
    """GET, POST /admin/login/: the theme's page; after it the browser is written down and the second proof is owed."""
    was = request.user.pk
    answer: HttpResponse = admin.site.login(request)
    came = request.method == "POST" and answer.status_code == 302 and isinstance(request.user, User)
    if came and (request.user.pk != was or HERE not in request.session):
        user = cast(User, request.user)
        _write_down(request, user)
        if SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists():
            request.session[OWED] = True
    return answer


def _write_down(request: HttpRequest, user: User) -> None:
    if not request.session.session_key:
        request.session.save()
    SignIn.objects.filter(user=user).exclude(session_key__in=_living()).delete()
    row = SignIn.objects.create(
        user=user,
        session_key=request.session.session_key or "",
        browser=browser(request.headers.get("User-Agent", "")),
        seen_at=timezone.now(),
    )
    request.session[HERE] = [row.pk, row.session_key, int(time.time())]
    audit.record(user, "signed in", None, browser=row.browser)


def browser(agent: str) -> str:
    """Return a browser in words, as “Firefox, Linux”."""
    name = next((n.strip("/") for n in NAMES if n in agent), "")
    name = {"Edg": "Edge", "OPR": "Opera"}.get(name, name)
    return ", ".join(part for part in (name, next((s for s in SYSTEMS if s in agent), "")) if part)[:200]


class Watch:
    """Middleware: neither desk nor API before the second proof; now and then a note that the browser was seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/admin/", "/api/", "/till/", "/kept/")):
            if request.session.get(OWED) and request.path != reverse("admin:logout"):
                return _ask_second(request)
            if HERE in request.session:
                _touch(request)
        return self.get_response(request)


def _ask_second(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"title": _("Finish signing in first."), "status": 403}, status=403)
    if request.method == "GET":
        request.session[OWED] = request.get_full_path()  # begins with one of the prefixes above: never another host
    return redirect("team_second")


def _touch(request: HttpRequest) -> None:
    pk, key, seen = request.session[HERE]
    now = int(time.time())
    if now - seen > TOUCH or key != request.session.session_key:  # a new password gives the session a new key
        SignIn.objects.filter(pk=pk).update(session_key=request.session.session_key or "", seen_at=timezone.now())
        request.session[HERE] = [pk, request.session.session_key, now]


def active(user: User) -> list[SignIn]:
    """Return where the person is signed in now, last seen first."""
    return list(SignIn.objects.filter(user=user, session_key__in=_living()).order_by("-seen_at"))


def _living() -> Any:
    return Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")


def end_others(user: User, keep: str | None) -> int:
    """Sign the person out everywhere but in the session `keep`, and return in how many browsers."""
    others = SignIn.objects.filter(user=user).exclude(session_key=keep or "")
    keys = list(others.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    n, _rows = others.delete()
    if n:
        audit.record(user, "signed out elsewhere", None, browsers=n)
    return n
