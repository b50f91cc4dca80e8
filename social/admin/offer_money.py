"""Two pages beside the offers: what they may still cost against their budgets, and one offer's report."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.admin_base import found
from contacts.money import money
from social.models import Offer
from social.offers import budget
from social.offers.offer_report import OfferReport, report_of

SHOWN = 200  # offers on the budget page


def urls(desk: ModelAdmin[Offer]) -> list[URLPattern]:
    """Return the addresses of both pages, behind the desk's sign-in."""
    view = desk.admin_site.admin_view
    return [
        path("budget/", view(lambda request: budgets(desk, request)), name="social_offer_budget"),
        path("<int:pk>/report/", view(lambda request, pk: report(desk, request, pk)), name="social_offer_report"),
    ]


def budgets(desk: ModelAdmin[Offer], request: HttpRequest) -> HttpResponse:
    """GET shows every offer with codes out: spent, liability, budget; those near their end first."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    offers = Offer.objects.filter(archived_at__isnull=True).exclude(state=Offer.State.DRAFT).order_by("-starts_at")
    rows = [_row(budget.outlook(offer)) for offer in offers[:SHOWN]]
    rows.sort(key=lambda row: -(row["part"] or 0))
    context = {
        **desk.admin_site.each_context(request), "title": _("Budgets and what is promised"), "rows": rows,
        "opts": desk.model._meta,
    }  # fmt: skip
    return TemplateResponse(request, "admin/social/budget.html", context)


def _row(now: budget.Outlook) -> dict[str, Any]:
    offer, language = now.offer, get_language() or "en"

    def amount(minor: int) -> str:
        return money(minor, offer.currency, language)

    return {
        "offer": offer,
        "open": now.open_claims,
        "used": now.used,
        "expected": round(100 * now.expected),
        "is_learned": offer.expected_percent is None,
        "each": amount(now.each_minor) if now.each_minor else "",
        "liability": amount(now.liability_minor),
        "worst": amount(now.worst_minor),
        "spent": amount(now.spent_minor),
        "budget": amount(offer.budget_minor) if offer.budget_minor is not None else "",
        "part": now.part,
        "percent": round(100 * now.part) if now.part is not None else None,
        "level": now.level,
    }


def report(desk: ModelAdmin[Offer], request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows one offer's report; `?format=csv` gives its tables as a file."""
    if not desk.has_view_permission(request):
        raise PermissionDenied
    figures = report_of(found(Offer, pk))
    if request.GET.get("format") == "csv":
        return _download(figures)
    offer, language = figures.offer, get_language() or "en"

    def amount(minor: int) -> str:
        return money(minor, offer.currency, language)

    per_new = figures.cost_per_new_minor
    context = {
        **desk.admin_site.each_context(request),
        "title": _("Report of “%(name)s”") % {"name": offer.name},
        "offer": offer,
        "report": figures,
        "given": amount(figures.given_minor),
        "sales": amount(figures.sales_minor),
        "per_new": amount(per_new) if per_new is not None else "",
        "tables": [
            (title, [(line.label, line.uses, amount(line.cost_minor)) for line in lines])
            for title, lines in figures.tables or []
            if lines
        ],
        "opts": desk.model._meta,
    }
    return TemplateResponse(request, "admin/social/offer_report.html", context)


def _download(figures: OfferReport) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="offer-{figures.offer.pk}.csv"'
    writer = csv.writer(answer)
    writer.writerow(["table", "line", "redemptions", "given_minor", "currency"])
    for title, lines in figures.tables or []:
        writer.writerows(
            [title, _safe(line.label), line.uses, line.cost_minor, figures.offer.currency] for line in lines
        )
    return answer


def _safe(text: str) -> str:
    """Keep a spreadsheet from reading a name as a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
