"""Beside the report: the mail with its clicks on it, campaigns side by side, and the whole as a spreadsheet."""

from __future__ import annotations

from typing import cast

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from campaigns import reports, writers
from campaigns.admin import steps
from campaigns.content.findings import BadContent
from campaigns.reports import clickmap, comparison, weekly
from campaigns.reports.funnel import funnel_table
from campaigns.reports.rows import people_url
from campaigns.reports.workbook import workbook
from contacts.admin_base import SANDBOX

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def spreadsheet(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Answer the whole report as XLSX, one sheet a table."""
    found = reports.campaign_report(get_object_or_404(writers.visible(request.user), pk=pk))
    answer = HttpResponse(workbook([funnel_table(found), *found.all_tables()]), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="campaign-{pk}.xlsx"'
    return answer


def weekly_page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Let the one who is signed in get the week by mail, or no longer: POST want=1 or want=."""
    user = cast(User, request.user)
    if writers.is_bound(user):
        raise PermissionDenied
    if request.method == "POST":
        try:
            if request.POST.get("want"):
                weekly.begin(user, get_language() or "en")
                messages.success(request, _("You get the week on Monday morning, at %(to)s.") % {"to": user.email})
            else:
                weekly.end(user)
                messages.success(request, _("You no longer get it."))
        except weekly.NoAddress as why:
            messages.error(request, str(why))
    return redirect("admin:campaigns_report_list")


def click_map(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Show the mail in a frame, each link with its people."""
    campaign = get_object_or_404(writers.visible(request.user), pk=pk)
    context = {
        **site.each_context(request),
        "title": _("Clicks on the mail: %(name)s") % {"name": campaign.name},
        "campaign": campaign,
        "languages": steps.overview_languages(campaign),
        "language": request.GET.get("language", ""),
    }
    return render(request, "admin/reports/clickmap.html", context)


FRAMED = {
    **SANDBOX,
    "frame-ancestors": ["'self'"],
    "img-src": ["'self'", "data:", "https:", settings.SITE_URL],
}


@csp_replace(FRAMED)  # type: ignore[arg-type]  # the site is bound by its caller
@xframe_options_sameorigin
def click_map_mail(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Answer the mail of the frame."""
    campaign = get_object_or_404(writers.visible(request.user), pk=pk)
    try:
        page = clickmap.page(
            campaign,
            language=request.GET.get("language", ""),
            address=lambda number: people_url(campaign, "click", link=number),
        )
    except BadContent:
        raise Http404 from None
    return HttpResponse(page)


def compare(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show two to four campaigns side by side: ?c=1&c=2."""
    given = [value for value in request.GET.getlist("c") if value.isascii() and value.isdigit() and len(value) < 12]
    asked = [int(value) for value in given]
    known = writers.visible(request.user).in_bulk(asked[: comparison.MOST])
    chosen = [known[pk] for pk in dict.fromkeys(asked) if pk in known]
    if len(chosen) < 2:
        return redirect("admin:campaigns_report_list")
    found = comparison.compare(chosen)
    if request.GET.get("format") == "xlsx":
        answer = HttpResponse(workbook([found.table]), content_type=XLSX)
        answer["Content-Disposition"] = 'attachment; filename="campaigns.xlsx"'
        return answer
    context = {
        **site.each_context(request),
        "title": _("Campaigns compared"),
        "found": found,
        "query": request.GET.urlencode(),
    }
    return render(request, "admin/reports/compare.html", context)
