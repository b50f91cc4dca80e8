"""Fraud in the admin: rules with switch and threshold, and the page on which a case is decided and undone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.admin_base import BigTableAdmin, FanfareAdmin, found
from social.models import FraudCase, FraudRule
from social.offers.fraud import cases

MOVES = {"act": cases.act, "dismiss": cases.dismiss, "undo": cases.undo}


@admin.register(FraudRule)
class FraudRuleAdmin(FanfareAdmin):
    """Each rule's switch and threshold; what it counts stands beside it."""

    list_display = ["label", "counts", "is_on", "threshold"]
    list_display_links = None
    list_editable = ["is_on", "threshold"]

    def row_name(self, row: FraudRule) -> str:
        return str(cases.RULES[row.kind].label)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[FraudRule]:
        cases.settings()
        rows: QuerySet[FraudRule] = super().get_queryset(request)
        return rows.filter(kind__in=cases.RULES)

    @admin.display(description=gettext_lazy("rule"))
    def label(self, row: FraudRule) -> str:
        return str(cases.RULES[row.kind].label)

    @admin.display(description=gettext_lazy("opens a case from so many"))
    def counts(self, row: FraudRule) -> str:
        return str(cases.RULES[row.kind].counts)


@admin.register(FraudCase)
class FraudCaseAdmin(BigTableAdmin):
    """What waits for a look, first; a cashier's name stands inside her case only."""

    list_display = ["label", "n", "state", "offer", "place", "opened_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["offer", "place"]
    ordering = ["-opened_at"]
    empty_words = gettext_lazy(
        "Nothing looks odd. A case opens here by itself when one of the fraud rules sees something."
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("rule"))
    def label(self, case: FraudCase) -> str:
        return str(cases.RULES[case.kind].label) if case.kind in cases.RULES else case.kind

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [path("<int:pk>/decide/", view(self.decide), name="social_fraudcase_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET shows the evidence and what may be done; deciding is a POST of its own."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = FraudCase.objects.select_related("offer", "place", "staff", "contact", "claim", "referral", "decided_by")
        case = rows.get(pk=found(FraudCase, object_id).pk)
        rule = cases.RULES.get(case.kind)
        context = {
            **self.admin_site.each_context(request),
            "title": self.label(case),
            "opts": self.model._meta,
            "case": case,
            "rule": rule,
            "lines": list(_lines(case)),
            "is_open": case.state != FraudCase.State.ACTED,
            "may": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/social/fraud_case.html", context)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST acts, dismisses or undoes, with a note."""
        user = request.user
        if not self.has_change_permission(request) or not isinstance(user, User):
            raise PermissionDenied
        move = MOVES.get(request.POST.get("press", ""))
        if request.method == "POST" and move is not None:
            try:
                move(found(FraudCase, pk), by=user, note=request.POST.get("note", ""))
            except cases.WrongState as why:
                messages.error(request, str(why))
            else:
                messages.success(request, _("The case is decided. You can change your mind here at any time."))
        return HttpResponseRedirect(reverse("admin:social_fraudcase_change", args=[pk]))


def _lines(case: FraudCase) -> list[tuple[str, str]]:
    """Return the evidence as words and values."""
    words = {
        "askers": _("different askers"), "most": _("who tried most"), "claims": _("open claims concerned"),
        "places": _("shops"), "reasons": _("signs"), "referrals": _("referrals concerned"), "hour": _("hour"),
        "undone": _("undone"), "redeemed": _("redeemed"), "without": _("without an order number"), "times": _("at"),
        "devices": _("tills"),
    }  # fmt: skip
    evidence = case.evidence if isinstance(case.evidence, dict) else {_("evidence"): case.evidence}
    return [(words.get(name, name), _shown(name, value)) for name, value in evidence.items() if value != []]


def _shown(name: str, value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    if name in ("claims", "referrals"):
        return str(len(value))
    if name == "most" and all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return ", ".join(f"{who} ({n})" for who, n in value[:5])
    return ", ".join(map(str, value))
