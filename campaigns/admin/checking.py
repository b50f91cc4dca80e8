"""The check before sending, as a page: go, or why not, by subject; and a test mail to oneself or to testers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from campaigns import writers
from campaigns.admin import steps
from campaigns.content import checks, reach, reachable, spam
from campaigns.content.findings import Finding
from campaigns.delivery import trial
from campaigns.models import Campaign
from contacts.models import Contact

NAME = "campaigns_campaign"
SECTIONS: tuple[tuple[str, str | Promise, str], ...] = (  # key, words, what its codes begin with
    ("people", gettext_lazy("People"), r"audience|basis|topic"),
    ("sender", gettext_lazy("Who writes"), r"sender|dns"),
    ("words", gettext_lazy("Subject and words"), r"subject|preheader|content|text|language|merge|block|markup|mjml"),
    ("links", gettext_lazy("Links and the way out"), r"link|unsubscribe|address"),
    ("pictures", gettext_lazy("Weight, pictures, colours"), r"size|image|colour"),
    ("offers", gettext_lazy("Sharing and offers"), r"share|offer|qr"),
    ("law", gettext_lazy("Commercial law"), r"law|price"),
)
WORST = {"error": 0, "warning": 1, "note": 2}


@dataclass
class Section:
    """One subject of the check with what was found; `state` is error, warning or good."""

    key: str
    title: str | Promise
    findings: list[Finding] = field(default_factory=list)

    @property
    def state(self) -> str:
        levels = {finding.level for finding in self.findings}
        return "error" if "error" in levels else "warning" if "warning" in levels else "good"

    @property
    def word(self) -> str:
        return {"error": _("mend"), "warning": _("look"), "good": _("good")}[self.state]


def sections(findings: list[Finding]) -> list[Section]:
    """Return all subjects with their findings, those without any too: they were looked at."""
    made = {key: Section(key, title) for key, title, _codes in SECTIONS}
    for finding in findings:
        key = next((key for key, _title, codes in SECTIONS if re.match(rf"(?:{codes})\b", finding.code)), "words")
        made[key].findings.append(finding)
    return list(made.values())


class CheckPages:
    """The pages of the check, for the admin of campaigns."""

    def get_urls(self) -> list[URLPattern]:
        view = cast(Any, self).admin_site.admin_view
        return [
            path("<int:pk>/check/", view(self.check_page), name=f"{NAME}_check"),
            path("<int:pk>/check/domain/", view(self.domain_page), name=f"{NAME}_domain"),
            path("<int:pk>/check/links/", view(self.links_page), name=f"{NAME}_links"),
            path("<int:pk>/check/test/", view(self.test_page), name=f"{NAME}_test"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def check_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say go or why not."""
        campaign = self._campaign(request, pk)
        overview = steps.overview(campaign)
        found = overview.findings or checks.check(campaign)
        errors = sum(finding.level == "error" for finding in found)
        context = {
            **cast(Any, self).admin_site.each_context(request),
            **{"title": campaign.name, "campaign": campaign, "overview": overview, "sections": sections(found)},
            **{"errors": errors, "warnings": sum(finding.level == "warning" for finding in found)},
            "edit_url": edit_url(campaign, overview.languages),
            "languages": overview.languages,
            "sees_people": cast(Any, request.user).has_perm("contacts.view_contact"),
            "my_address": request.user.email if request.user.is_authenticated else "",
            "people_url": reverse("admin:campaigns_emailcontent_people"),
        }
        return render(request, "admin/campaigns/campaign/check.html", context)

    def domain_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the DNS, and SpamAssassin where it is installed: what takes seconds, loaded after the page."""
        campaign = self._campaign(request, pk)
        found = sorted(reach.of_domain(campaign.sender), key=lambda one: WORST[one.level]) if campaign.sender else []
        is_bad = any(one.level == "error" for one in found)
        context = {"findings": found, "score": _score(campaign), "campaign": campaign, "is_bad": is_bad}
        return render(request, "admin/campaigns/campaign/domain.html", context)

    def links_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the links whether they lead anywhere; loaded after the page."""
        campaign = self._campaign(request, pk)
        version = checks.newest(campaign)
        found = sorted(reachable.unreachable(campaign, version), key=lambda one: WORST[one.level]) if version else []
        links = Section("links", "", found)
        return render(request, "admin/campaigns/campaign/links.html", {"links": links, "campaign": campaign})

    def test_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test mail."""
        return _send_test(request, self._campaign(request, pk))

    def _campaign(self, request: HttpRequest, pk: int) -> Campaign:
        campaign = get_object_or_404(
            writers.visible(request.user, Campaign.objects.select_related("sender", "content__brand", "topic")), pk=pk
        )
        if not cast(Any, self).has_view_permission(request, campaign):
            raise PermissionDenied
        return campaign


@require_POST
def _send_test(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    user = cast(Any, request.user)
    if not user.has_perm("campaigns.change_campaign"):
        raise PermissionDenied
    contact = _contact(request.POST.get("contact", "")) if user.has_perm("contacts.view_contact") else None
    addresses = re.split(r"[\s,;]+", request.POST.get("addresses", ""))
    try:
        n = trial.send(campaign, addresses, language=request.POST.get("language", ""), contact=contact, by=user)
        words = ngettext("The test is on its way to %(n)d address.", "The test is on its way to %(n)d addresses.", n)
        messages.success(request, words % {"n": n})
    except trial.NotSent as why:
        messages.error(request, str(why))
    return HttpResponseRedirect(reverse(f"admin:{NAME}_check", args=[campaign.pk]))


def _contact(words: str) -> Contact | None:
    """Return the contact of an address, or of the words that a list of people shows."""
    address = re.search(r"[^\s<>(]+@[^\s<>)]+", words)
    return Contact.objects.filter(email__iexact=address.group(), merged_into=None).first() if address else None


def edit_url(campaign: Campaign, languages: list[str]) -> str:
    """Return where the campaign's mail is written, in the first of its languages."""
    if campaign.content_id is None:
        return reverse(f"admin:{NAME}_change", args=[campaign.pk])
    return reverse("admin:campaigns_emailcontent_edit", args=[campaign.content_id, languages[0]])


def _score(campaign: Campaign) -> spam.Score | None:
    try:
        return spam.score(trial.message(campaign, "somebody@example.com"))
    except trial.NotSent:
        return None
