"""What stands at the top of every page of the desk: pin it, and what it is for.

GET, POST /admin/pins/   {do: pin | unpin, path, pin_name, next}
"""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from config.team import pins
from config.team.models import PinnedPage

ASIDE = "_pins"  # on a request: asked once a page, by the menu and by the pin


def pins_of(request: HttpRequest) -> list[PinnedPage]:
    """Return what the person of this request pinned."""
    known: list[PinnedPage] | None = getattr(request, ASIDE, None)
    if known is None:
        known = pins.pinned(request.user) if request.user.is_authenticated else []
        setattr(request, ASIDE, known)
    return known


def pins_page(request: HttpRequest) -> HttpResponse:
    """GET, POST /admin/pins/: all pinned pages, to rename and take away; the pin of every page posts here too."""
    user = cast(User, request.user)
    if request.method == "POST":
        where, name = request.POST.get("path", ""), request.POST.get("pin_name", "")
        if request.POST.get("do") == "unpin":
            pins.unpin(user, where)
        else:
            try:
                pins.pin(user, where, name)
                messages.success(request, _("Pinned: it stands at the top of the menu."))
            except pins.CannotPin as why:
                messages.error(request, str(why))
        after = request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(after, allowed_hosts=None)
        return redirect(after if is_ours else reverse("desk_pins"))
    context = {**admin.site.each_context(request), "title": _("Pinned pages"), "pins": pins.pinned(user)}
    return render(request, "admin/team/pins.html", context)


desk = [path("pins/", admin.site.admin_view(pins_page), name="desk_pins")]
