"""The presses of an approval on a campaign's page: ask, approve, send back, say. Part of CampaignAdmin."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import approval, writers
from campaigns.admin.again import to_page
from campaigns.delivery import control
from campaigns.models import Campaign

VERBS = {
    "ask": (approval.ask, "campaigns.change_campaign"),
    "approve": (approval.approve, approval.APPROVES),
    "decline": (approval.decline, approval.APPROVES),
    "comment": (approval.comment, "campaigns.view_campaign"),
}


class ApprovalPages:
    """What CampaignAdmin gets from here."""

    def get_urls(self) -> list[URLPattern]:
        view = cast(Any, self).admin_site.admin_view
        name = "campaigns_campaign_approval"
        return [
            path("<int:pk>/approval/<slug:verb>/", view(self.approval), name=name),
            *super().get_urls(),  # type: ignore[misc]
        ]

    @method_decorator(require_POST)
    def approval(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Do what was pressed and go back to the page."""
        act, permission = VERBS.get(verb, (None, "campaigns.view_campaign"))
        if not request.user.has_perm(permission):
            raise PermissionDenied
        if act is None:
            raise Http404
        campaign = get_object_or_404(writers.visible(request.user), pk=pk)
        try:
            act(campaign, cast(User, request.user), request.POST.get("words", ""))
            messages.success(request, said(verb))
        except control.Refused as why:
            messages.error(request, str(why))
        return to_page(campaign)


def said(verb: str) -> str:
    return {
        "ask": _("Asked. Whoever may approve sees it on Home."),
        "approve": _("Approved as it stands. A change of people or mail takes the approval back."),
        "decline": _("Sent back."),
        "comment": _("Written down."),
    }[verb]


def context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return what the page shows of the approval: where it stands, and who may do what."""
    found = approval.standing(campaign)
    needed = campaign.kind == Campaign.Kind.CAMPAIGN and approval.is_needed(campaign, cast(User, request.user))
    covered = needed and writers.covers(campaign)
    return {
        "approval": found,
        "needs_approval": needed and not covered and found.state != "approved",
        "is_covered": covered,
        "shows_approval": campaign.kind == Campaign.Kind.CAMPAIGN and (needed or bool(found.steps)),
        "may_approve": request.user.has_perm(approval.APPROVES),
        "may_ask": request.user.has_perm("campaigns.change_campaign"),
    }
