"""The button above the campaigns that composes the one which asks for consent to measure. Part of CampaignAdmin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from campaigns import composing, consent_campaign, writers
from campaigns.delivery.control import Refused
from contacts.models import Topic


class AsksConsent:
    """What CampaignAdmin gets from here."""

    actions_list = ["to_ask_consent"]
    admin_site: Any
    opts: Any
    has_add_permission: Any

    @action(description=gettext_lazy("Ask for consent"), url_path="to-ask-consent", permissions=["ask_consent"])  # type: ignore[untyped-decorator]
    def to_ask_consent(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:campaigns_campaign_ask_consent"))

    def has_ask_consent_permission(self, request: HttpRequest) -> bool:
        may: bool = self.has_add_permission(request)
        return may and not writers.is_bound(request.user)

    def choose_topic(self, request: HttpRequest) -> HttpResponse:
        """Show the topics and when each brand last asked; a POST composes the draft."""
        if not self.has_ask_consent_permission(request):
            raise PermissionDenied
        topics = Topic.objects.filter(archived_at=None).select_related("brand")
        if request.method == "POST":
            topic = get_object_or_404(topics, slug=request.POST.get("topic", ""))
            try:
                campaign = consent_campaign.compose(topic, by=request.user)  # type: ignore[arg-type]
                return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
            except (Refused, composing.Incomplete) as why:
                messages.error(request, str(why))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Ask for consent"),
            "topics": [(topic, consent_campaign.asked_at(topic)) for topic in topics],
        }
        return TemplateResponse(request, "admin/campaigns/campaign/ask_consent.html", context)
