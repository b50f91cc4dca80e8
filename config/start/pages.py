"""The page Start here, and the parts that it asks for later.

GET  /admin/start/            the steps, how mail leaves, invented data
GET  /admin/start/leaving/    what DNS and relays say now, for the page to put in
"""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from config.start import leaving, steps


def start(request: HttpRequest) -> HttpResponse:
    """Show where one begins, also long after the beginning."""
    user = cast(User, request.user)
    shown = steps.of(user)
    if not shown:
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": _("Start here"), "steps": shown}
    return render(request, "admin/start/page.html", context)


def ways(request: HttpRequest) -> HttpResponse:
    """Answer the table of what must be right for mail to arrive; it waits for DNS and relays, so the page does not."""
    if not request.user.has_perm("campaigns.view_sender"):
        raise PermissionDenied
    return render(request, "admin/start/leaving.html", {"ways": leaving.ways()})


desk = [
    path("start/", admin.site.admin_view(start), name="desk_start"),
    path("start/leaving/", admin.site.admin_view(ways), name="desk_start_leaving"),
]
