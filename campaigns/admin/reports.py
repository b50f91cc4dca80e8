"""The pages of results: all campaigns side by side, one campaign's report, and each of its tables as CSV."""

from __future__ import annotations

import csv
import json
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import reports, writers
from campaigns.admin import report_more, report_people
from campaigns.models import Campaign
from campaigns.reports import picture, segments, summary, weekly, words
from campaigns.reports.funnel import funnel_table
from campaigns.reports.shapes import Point, Table
from contacts.admin_base import pages
from contacts.models import Segment

PER_PAGE = 25


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the report's addresses under /admin/campaigns/campaign/."""

    page = pages(site, "campaigns.view_campaign")

    return [
        path("reports/", page(listing), name="campaigns_report_list"),
        path("reports/weekly/", page(report_more.weekly_page), name="campaigns_report_weekly"),
        path("reports/compare/", page(report_more.compare), name="campaigns_report_compare"),
        path("<int:pk>/report/people/<slug:kind>/", page(report_people.listing), name="campaigns_report_people"),
        path("<int:pk>/report/people/<slug:kind>.csv", page(report_people.download), name="campaigns_report_csv"),
        path("<int:pk>/report/people/<slug:kind>/segment/", page(report_people.save), name="campaigns_report_segment"),
        path("<int:pk>/report/people/<slug:kind>/write/", page(report_people.write), name="campaigns_report_write"),
        path("<int:pk>/report/clicks/", page(report_more.click_map), name="campaigns_report_clicks"),
        path("<int:pk>/report/clicks/mail/", page(report_more.click_map_mail), name="campaigns_report_clicks_mail"),
        path("<int:pk>/report.xlsx", page(report_more.spreadsheet), name="campaigns_campaign_report_xlsx"),
        path("<int:pk>/report/", page(report), name="campaigns_campaign_report"),
        path("<int:pk>/report/<slug:key>.csv", page(download), name="campaigns_campaign_report_csv"),
    ]


def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show the newest campaigns with what they brought, one row each."""
    started = writers.visible(request.user).filter(started_at__isnull=False).order_by("-started_at")
    pages = Paginator(started, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **site.each_context(request),
        "title": _("Reports"),
        "rows": summary.of_many(list(pages.object_list)),
        "pages": pages,
        "sees_all": not writers.is_bound(request.user),
        "reads_weekly": weekly.reads(cast(User, request.user)),
    }
    return render(request, "admin/reports/list.html", context)


def report(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Show one campaign's report: a sentence, a picture, a chart, then the tables."""
    campaign = get_object_or_404(writers.visible(request.user), pk=pk)
    found = reports.campaign_report(campaign)
    bars = picture.bars(found.funnel)
    context = {
        **site.each_context(request),
        "title": _("Report: %(name)s") % {"name": campaign.name},
        "campaign": campaign,
        "report": found,
        "bars": bars,
        "bars_height": picture.height(bars),
        "narrow_height": picture.narrow_height(bars),
        "steps": [(step, words.number(step.n), words.rate(step.rate) if step.rate else "") for step in found.funnel],
        "money": [(step, words.money(step.money)) for step in found.funnel if step.money],
        "groups": [(group, words.number(group.people), words.rate(group.ordered)) for group in found.groups],
        "chart": chart(found.series),
        "tables": [shown(table) for table in found.all_tables()],
        **compared(request, campaign),
    }
    return render(request, "admin/reports/report.html", context)


def compared(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return the segments chosen beside the campaign's own, and their table: ?segment=1&segment=2."""
    if not request.user.has_perm("contacts.view_segment"):
        return {}
    given = [
        value for value in request.GET.getlist("segment") if value.isascii() and value.isdigit() and len(value) < 12
    ]
    chosen = list(Segment.objects.filter(pk__in=given, archived_at=None).order_by("pk")[: segments.MOST])
    offered = Segment.objects.filter(archived_at=None).order_by("name", "pk")[:200]
    picked = {segment.pk for segment in chosen}
    return {
        "segments": [(segment, segment.pk in picked) for segment in offered],
        "segments_shown": shown(segments.table(campaign, chosen)) if chosen else None,
    }


def shown(table: Table) -> dict[str, Any]:
    """Return a table with each cell as (kind, text, where its rows are)."""
    kinds = [column.kind for column in table.columns]
    rows = [
        [(kind, words.cell(value), getattr(value, "url", "")) for kind, value in zip(kinds, row, strict=True)]
        for row in table.rows
    ]
    return {"table": table, "rows": rows}


def download(request: HttpRequest, site: AdminSite, pk: int, key: str) -> HttpResponse:
    """Answer one table as CSV: UTF-8 with a byte order mark, so that Excel reads its accents."""
    found = reports.campaign_report(get_object_or_404(writers.visible(request.user), pk=pk))
    table = funnel_table(found) if key == "funnel" else found.table(key)
    if table is None:
        raise Http404
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="campaign-{pk}-{key}.csv"'
    writer = csv.writer(answer)
    writer.writerow([words.raw(str(column.label)) for column in table.columns])
    writer.writerows([words.raw(value) for value in row] for row in table.rows)
    return answer


def chart(points: list[Point] | Any) -> dict[str, str] | None:
    """Return Chart.js' data and options as JSON for the theme's canvas, or None when there is no line to draw."""
    if len(points) < 2:
        return None
    is_daily = points[1].hour.day != points[0].hour.day and points[1].hour.hour == points[0].hour.hour
    form = "j M" if is_daily else "j M H:i"
    data = {
        "labels": [date_format(timezone.localtime(point.hour), form) for point in points],
        "datasets": [
            _line(_("opens"), [point.opened for point in points], "#a29bb0"),
            _line(_("clicks"), [point.clicked for point in points], "#7c4bb0"),
        ],
    }
    options = {
        "animation": False,
        "maintainAspectRatio": False,
        "responsive": True,
        "interaction": {"mode": "index", "intersect": False},
        "scales": {
            "x": {"grid": {"display": False}, "ticks": {"maxTicksLimit": 8, "maxRotation": 0}},
            "y": {"beginAtZero": True, "ticks": {"precision": 0}},
        },
        "plugins": {"legend": {"display": True, "position": "top", "align": "start"}},
    }
    return {"data": json.dumps(data), "options": json.dumps(options)}


def _line(label: str, values: list[int], colour: str) -> dict[str, Any]:
    return {
        "label": label,
        "data": values,
        "borderColor": colour,
        "backgroundColor": colour,
        "borderWidth": 2,
        "pointRadius": 0,
        "tension": 0,
    }
