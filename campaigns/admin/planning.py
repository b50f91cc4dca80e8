"""The calendar's page: a day, a week or a month of campaigns, moved by hand or by a press. Part of CampaignAdmin."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import calendar, writers
from campaigns.admin import zones
from campaigns.delivery import control
from campaigns.models import Campaign

HERE = "admin:campaigns_campaign_calendar"


class CalendarPages:
    """What CampaignAdmin gets from here."""

    def get_urls(self) -> list[URLPattern]:
        view = cast(Any, self).admin_site.admin_view
        return [
            path("calendar/", view(self.calendar), name="campaigns_campaign_calendar"),
            path("calendar/pressure/", view(self.pressure), name="campaigns_campaign_pressure"),
            path("calendar/<int:pk>/move/", view(self.move), name="campaigns_campaign_move"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def calendar(self, request: HttpRequest) -> HttpResponse:
        """Show the days around `?day=2026-05-01`, as a `?view=` day, week or month."""
        self._seen(request)
        view, day = asked(request)
        context = {
            **cast(Any, self).admin_site.each_context(request),
            "title": _("Calendar"),
            "board": calendar.board(day, view, cast(User, request.user)),
            "views": [("day", _("Day")), ("week", _("Week")), ("month", _("Month"))],
            "today": timezone.localdate(),
            "may_move": request.user.has_perm("campaigns.start_campaign"),
        }
        return render(request, "admin/campaigns/campaign/calendar.html", context)

    def pressure(self, request: HttpRequest) -> HttpResponse:
        """Answer the table of pressure alone: it counts person by person, so the page does not wait for it."""
        self._seen(request)
        view, day = asked(request)
        since, until = calendar.window(day, view)
        found = calendar.pressures(calendar.start(since), calendar.start(until), cast(User, request.user))
        return render(request, "admin/campaigns/campaign/pressure.html", {"pressures": found})

    @method_decorator(require_POST)
    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move a plan to another day at the same hour, by `days` (1, -1) or to the day `on`."""
        if not request.user.has_perm("campaigns.start_campaign"):
            raise PermissionDenied
        campaign = get_object_or_404(writers.visible(request.user), pk=pk)
        view, day = asked(request)
        try:
            at = moved(campaign, request.POST.get("days", ""), request.POST.get("on", ""))
            calendar.move(campaign, at, request.user)
            day = timezone.localtime(at).date()
            words = {"name": campaign.name, "at": zones.told(at)}
            messages.success(request, _("“%(name)s” starts %(at)s.") % words)
        except control.Refused as why:
            messages.error(request, str(why))
        return HttpResponseRedirect(f"{reverse(HERE)}?view={view}&day={day:%Y-%m-%d}")

    def _seen(self, request: HttpRequest) -> None:
        if not cast(Any, self).has_view_permission(request):
            raise PermissionDenied


def asked(request: HttpRequest) -> tuple[str, date]:
    """Return the view and the day that the address names; this week when it names none."""
    view = request.GET.get("view", "week")
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = timezone.localdate()
    is_far = not 2000 <= day.year <= 2999
    return view if view in calendar.VIEWS else "week", timezone.localdate() if is_far else day


def moved(campaign: Campaign, days: str, on: str) -> datetime:
    """Return the plan's new time: the same hour of the clocks on another day. Raises: control.Refused."""
    if campaign.scheduled_at is None:
        raise control.Refused(_("This campaign is not scheduled. Schedule it on its page."))
    local = timezone.localtime(campaign.scheduled_at)
    try:
        day = date.fromisoformat(on) if on else local.date() + timedelta(days=int(days))
    except (ValueError, OverflowError):
        raise control.Refused(_("Choose the day to which it moves.")) from None
    return zones.moment(f"{day:%Y-%m-%d}T{local:%H:%M}", "")
