"""The trees of friends in the desk: all campaigns that were shared, one campaign's tree, one branch of it.

/admin/social/sharelink/trees/                     campaigns by what their shares brought
/admin/social/sharelink/trees/7/                   figures, generations, networks, top sharers, the tree
/admin/social/sharelink/trees/7/branch/?of=c12     one branch; htmx puts it in place, without script it is a page
"""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.reports import words as numbers
from campaigns.reports.shapes import Table
from contacts.admin_base import pages
from social.models import ShareLink, ShareTree, TreeNode
from social.timeline import network_name
from social.tree import branches, build, words
from social.tree.branches import Branch

PER_PAGE = 25


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the addresses under /admin/social/sharelink/."""

    page = pages(site, "social.view_sharelink")

    return [
        path("trees/", page(listing), name="social_sharelink_trees"),
        path("trees/<int:pk>/", page(tree), name="social_sharelink_tree"),
        path("trees/<int:pk>/branch/", page(branch), name="social_sharelink_branch"),
    ]


def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show the campaigns that were shared, the newest first, with what their trees said when they were built."""
    shared = Campaign.objects.filter(pk__in=ShareLink.objects.values("campaign")).order_by("-pk")
    pages = Paginator(shared, PER_PAGE).get_page(request.GET.get("p"))
    known = {tree.campaign_id: tree for tree in ShareTree.objects.filter(campaign__in=list(pages.object_list))}
    rows = [(campaign, words.said(known[campaign.pk].figures) if campaign.pk in known else None) for campaign in pages]
    context = {**site.each_context(request), "title": _("Trees of friends"), "rows": rows, "pages": pages}
    return render(request, "admin/social/trees.html", context)


def tree(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Show one campaign's tree, built now where it is small."""
    campaign = get_object_or_404(Campaign, pk=pk)
    found = build.fresh(campaign)
    shown = words.said(found.figures)
    context = {
        **site.each_context(request),
        "title": _("Tree of friends: %(name)s") % {"name": campaign.name},
        "campaign": campaign,
        "tree": found,
        "shown": shown,
        "tables": [cells(table) for table in shown.tables],
        "top": [row(node) for node in branches.top(found)],
        **rows_of(branches.roots(found)),
    }
    return render(request, "admin/social/tree.html", context)


def branch(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Show whom one person brought: rows for htmx, a page of its own without script."""
    campaign = get_object_or_404(Campaign, pk=pk)
    found = get_object_or_404(ShareTree, campaign=campaign)
    start = number(request.GET.get("start"))
    above = branches.find(found, request.GET.get("of", ""))
    opened = branches.below(found, above.pk, start) if above else branches.roots(found, start)
    context = {"campaign": campaign, "above": row(above) if above else None, **rows_of(opened)}
    if above is not None and above.parent is not None:
        context["up"] = above.parent.key
    if request.headers.get("HX-Request"):
        return render(request, "admin/social/branch.html", context)
    context = {**site.each_context(request), "title": _("A branch of the tree"), **context}
    return render(request, "admin/social/branch_page.html", context)


def cells(table: Table) -> dict[str, Any]:
    """Return a table with each cell as (kind, text)."""
    kinds = [column.kind for column in table.columns]
    rows = [[(kind, numbers.cell(value)) for kind, value in zip(kinds, row, strict=True)] for row in table.rows]
    return {"table": table, "rows": rows}


def number(text: str | None) -> int:
    """Return what an address says, 0 for anything that is no reasonable number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def rows_of(opened: Branch) -> dict[str, Any]:
    """Return a branch as the template draws it; bars are measured against the longest beside them."""
    most = max((weight(node) for node in opened.nodes), default=0) or 1
    rows = [{**row(node), "bar": round(100 * weight(node) / most)} for node in opened.nodes]
    return {"rows": rows, "more": opened.next if opened.more else 0}


def weight(node: TreeNode) -> int:
    """Return how long a person's bar is: friends where there are any, else visits, in her whole branch."""
    return node.branch_friends * 10 + node.branch_visits


def row(node: TreeNode) -> dict[str, Any]:
    """Return what is shown of one person."""
    return {
        "node": node,
        "name": str(node.contact) if node.contact else _("a friend, not known"),
        "via": network_name(node.via) if node.via else "",
        "icons": [(f"fanfare/icons/{key}.svg", network_name(key)) for key in node.networks],
        "money": words.money(node.money) if node.money else "",
        "branch_money": words.money(node.branch_money) if node.branch_money else "",
    }
