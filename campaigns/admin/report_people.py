"""The people behind a number of a report: a list, a download, and a press that keeps them as a segment."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from campaigns import composing, writers
from campaigns.models import Campaign, Event
from campaigns.reports import people, words
from campaigns.reports.measures import MEASURES
from contacts import audit
from contacts.admin_base import CheapPaginator

PER_PAGE = 50
Rows = Any


class Line:
    """What csv.writer writes to: hands each line back, so that a download streams."""

    def write(self, text: str) -> str:
        return text


def found(request: HttpRequest, pk: int, kind: str) -> tuple[Campaign, int | None, Rows]:
    """Return the campaign, the link asked for and the people.

    Raises:  Http404 for an act or a link that is none.
    """
    campaign = get_object_or_404(writers.visible(request.user), pk=pk)
    asked = request.GET.get("link", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 7):
        raise Http404
    link = int(asked) if asked else None
    try:
        return campaign, link, people.behind(campaign, kind, link=link)
    except people.UnknownAct as why:
        raise Http404(str(why)) from None


@permission_required("contacts.view_contact", raise_exception=True)
def listing(request: HttpRequest, site: AdminSite, pk: int, kind: str) -> HttpResponse:
    """Show who did it, the latest first."""
    campaign, link, rows = found(request, pk, kind)
    pages = CheapPaginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **site.each_context(request),
        "title": people.name(campaign, kind, link=link).rsplit(" (", 1)[0],
        "campaign": campaign,
        "kind": kind,
        "link": link,
        "pages": pages,
        "meaning": MEASURES[kind][1] if kind in MEASURES else Event.Kind(kind).label,
        "heading": ngettext("%(n)s person", "%(n)s people", pages.paginator.count)
        % {"n": words.number(pages.paginator.count)},
        "may_save": request.user.has_perm("contacts.add_segment"),
        "may_write": request.user.has_perms(["contacts.add_segment", "campaigns.add_campaign"]),
    }
    return render(request, "admin/reports/people.html", context)


@permission_required("contacts.view_contact", raise_exception=True)
def download(request: HttpRequest, site: AdminSite, pk: int, kind: str) -> StreamingHttpResponse:
    """Stream the people as CSV; who took it with them stands in the audit log."""
    campaign, link, rows = found(request, pk, kind)
    audit.record(request.user, "exported people of report", campaign, kind=kind, link=link)
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="campaign-{pk}-{kind}-people.csv"'
    return answer


def _lines(rows: Rows) -> Iterator[str]:
    writer = csv.writer(Line())
    yield "\ufeff"
    yield writer.writerow(["email", "first_name", "last_name", "language", "first_at", "last_at", "times"])
    for row in rows.iterator(chunk_size=2000):
        person = row.contact
        cells = [person.email, person.first_name, person.last_name, person.language, row.first_at, row.last_at, row.n]
        yield writer.writerow([words.raw(cell) for cell in cells])


@require_POST
@permission_required(["contacts.view_contact", "contacts.add_segment"], raise_exception=True)
def save(request: HttpRequest, site: AdminSite, pk: int, kind: str) -> HttpResponse:
    """Keep the people as a segment and go to it."""
    campaign, link, _rows = found(request, pk, kind)
    segment = people.save(campaign, kind, link=link)
    audit.record(request.user, "created segment", segment)
    messages.success(request, _("Kept as a segment: it holds these people, and who will do the same."))
    return redirect("admin:contacts_segment_change", segment.pk)


@require_POST
@permission_required(["contacts.view_contact", "contacts.add_segment", "campaigns.add_campaign"], raise_exception=True)
def write(request: HttpRequest, site: AdminSite, pk: int, kind: str) -> HttpResponse:
    """Make a draft to these people alone and go to it."""
    campaign, link, _rows = found(request, pk, kind)
    segment = people.save(campaign, kind, link=link)
    written = composing.write_to(campaign, [segment], request.user)  # type: ignore[arg-type]
    messages.success(
        request,
        _("This draft goes to “%(segment)s” alone. Its mail is a copy: change its words first.") % {"segment": segment},
    )
    return redirect("admin:campaigns_campaign_change", written.pk)
