"""Presses of a campaign's page that make a new draft: the same, or to some of its readers. Part of CampaignAdmin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import composing, writers
from campaigns.models import Campaign, Link
from campaigns.reports import people

LINKS_OFFERED = 100


class MakesDrafts:
    """What CampaignAdmin gets from here."""

    has_add_permission: Any

    @method_decorator(require_POST)
    def duplicate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make the same campaign again, as a draft, and go to it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        copied = composing.duplicate(get_object_or_404(writers.visible(request.user), pk=pk), request.user)  # type: ignore[arg-type]
        messages.success(request, _("This is the copy. Nothing is sent before you press Start."))
        return to_page(copied)

    @method_decorator(require_POST)
    def write_to(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a draft to those who got a version (`who=version-1`) or followed a link (`who=link-3`) and go to it."""
        if not (self.has_add_permission(request) and request.user.has_perm("contacts.add_segment")):
            raise PermissionDenied
        campaign = get_object_or_404(writers.visible(request.user), pk=pk)
        what, _dash, number = request.POST.get("who", "").partition("-")
        try:
            if what not in {"version", "link"} or not (number.isascii() and number.isdigit() and len(number) < 7):
                raise people.UnknownAct(_("Choose whom to write to."))
            segment = people.those(campaign, **{what: int(number)})
        except people.UnknownAct as why:
            messages.error(request, str(why))
            return to_page(campaign)
        written = composing.write_to(campaign, [segment], request.user)  # type: ignore[arg-type]
        messages.success(
            request,
            _("This draft goes to “%(segment)s” alone. Its mail is a copy: change its words first.")
            % {"segment": segment},
        )
        return to_page(written)


def to_page(campaign: Campaign) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))


def readers(campaign: Campaign) -> list[tuple[str, str]]:
    """Return whom one press can write to: (value of the form's choice, its words). Counts nobody, so it is cheap."""
    if campaign.started_at is None or campaign.content is None:
        return []
    sent = campaign.content.versions.filter(published_at__isnull=False).order_by("number")
    found = [
        (f"version-{number}", _("who was sent version %(number)s") % {"number": number})
        for number in sent.values_list("number", flat=True)
    ]
    followed = campaign.links.filter(kind=Link.Kind.CLICK, number__isnull=False).order_by("number")
    for number, target in followed.values_list("number", "target")[:LINKS_OFFERED]:
        words = _("who followed link %(number)s, %(target)s") % {"number": number, "target": target[:60]}
        found.append((f"link-{number}", words))
    return found
