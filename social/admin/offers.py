"""Offers, codes, claims and redemptions in the admin. Ledgers are read-only; a redemption is undone by a reversal."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from contacts.admin_base import BigTableAdmin, ReadOnlyAdmin, SeenInline
from contacts.money import money
from social.admin import offer_money
from social.admin.money import MoneyForm
from social.fans import networks
from social.models import Attempt, Claim, Offer, OfferBlackout, OfferLimit, OfferText, Redemption
from social.offers import budget, changes, codes, counters, states
from social.offers.reasons import Refused
from social.offers.redemption import Who
from social.offers.redemption import reverse as reverse_redemption
from social.offers.value import headline, until

_LEVELS = {"error": gettext_lazy("error"), "warning": gettext_lazy("warning"), "note": gettext_lazy("note")}


class NetworkChoice(forms.ModelForm[Any]):
    """A form whose `network` is chosen from the networks one may be a fan on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "network" in self.fields:
            field = self.fields["network"]
            blank = [("", _("any"))] if not field.required else []
            self.fields["network"] = forms.ChoiceField(
                choices=[*blank, *networks.names().items()],
                required=field.required,
                label=field.label,
                help_text=field.help_text,
                widget=UnfoldAdminSelectWidget(),
            )


class TextInline(StackedInline):  # type: ignore[misc]
    model = OfferText
    extra = 0
    autocomplete_fields = ["image"]
    tab = True


class LimitInline(TabularInline):  # type: ignore[misc]
    model = OfferLimit
    extra = 0
    tab = True


class BlackoutInline(TabularInline):  # type: ignore[misc]
    model = OfferBlackout
    extra = 0
    tab = True


class OfferForm(MoneyForm, NetworkChoice):
    """An offer with its amounts in whole units, and what belongs together checked before the database does."""

    required_amounts = ("cost_minor",)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        wanted = {Offer.Kind.PERCENT: "percent", Offer.Kind.AMOUNT: "amount_minor"}.get(given.get("kind", ""))
        if wanted and not given.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, _("Enter what is taken off."))
        if given.get("code_mode") == Offer.CodeMode.GENERIC and not given.get("generic_code"):
            self.add_error("generic_code", _("Enter the one code that all use."))
        return given


@admin.register(Offer)
class OfferAdmin(SimpleHistoryAdmin, BigTableAdmin):  # type: ignore[misc]
    """Offers with their words and limits; live, pause and end are buttons that say what speaks against them."""

    form = OfferForm
    list_display = ["name", "state", "shown_value", "ends", "shown_use", "shown_left"]
    list_filter = ["state", "brand", "holding"]
    search_fields = ["name", "texts__title"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand", "segment", "places"]
    readonly_fields = ["state", "shown_checks", "shown_figures", "shown_changes"]
    actions_submit_line = ["save_and_go_live", "save_and_pause", "save_and_end"]
    inlines = [TextInline, LimitInline, BlackoutInline]
    fieldsets = [
        (None, {"fields": ["shown_checks", "shown_figures", "name", "brand", "state"]}),
        (gettext_lazy("What one gets"), {"fields": ["kind", "percent", "amount_minor", "currency", "min_order_minor"]}),
        (gettext_lazy("When and where"), {"fields": ["starts_at", "ends_at", "use_within_days", "places"]}),
        (
            gettext_lazy("For whom"),
            {"fields": ["segment", "first_order_only", "min_fan_level", "network"]},
        ),
        (gettext_lazy("Codes"), {"fields": ["code_mode", "generic_code", "holding", "reversible_days"]}),
        (gettext_lazy("Money"), {"fields": ["cost_minor", "budget_minor", "expected_percent", "over_budget"]}),
        (gettext_lazy("What was changed"), {"fields": ["shown_changes"], "classes": ["collapse"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.state == Offer.State.DRAFT

    def get_urls(self) -> list[URLPattern]:
        return [*offer_money.urls(self), *super().get_urls()]

    @admin.display(description=gettext_lazy("value"))
    def shown_value(self, offer: Offer) -> str:
        return headline(offer, _language()) or offer.get_kind_display()

    @admin.display(description=gettext_lazy("until"), ordering="ends_at")
    def ends(self, offer: Offer) -> str:
        return until(offer.ends_at, _language())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        rows: QuerySet[Offer] = super().get_queryset(request)
        return rows.annotate(
            n_claims=_count_of(Claim.objects.filter(offer=OuterRef("pk"))),
            n_used=_count_of(Claim.objects.filter(offer=OuterRef("pk"), state=Claim.State.REDEEMED)),
        )

    @admin.display(description=gettext_lazy("redeemed of claimed"))
    def shown_use(self, offer: Offer) -> str:
        return f"{offer.n_used} / {offer.n_claims}"  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("so far"))
    def shown_figures(self, offer: Offer) -> str:
        if not offer.pk:
            return "–"
        now, left = budget.outlook(offer), counters.left(offer)
        words = _("%(open)d claims are open, %(used)d redeemed.") % {"open": now.open_claims, "used": now.used}
        if left is not None:
            words += " " + _("%(left)d are left.") % {"left": left}
        return format_html(
            '{} <a href="{}">{}</a> · <a href="{}">{}</a>', words,
            reverse("admin:social_offer_report", args=[offer.pk]), _("Report"),
            reverse("admin:social_offer_budget"), _("Budgets"),
        )  # fmt: skip

    @admin.display(description=gettext_lazy("changes"))
    def shown_changes(self, offer: Offer) -> str:
        rows = (
            (localize(timezone.localtime(one.at)), one.by, "; ".join(one.what))
            for one in (changes.changes(offer) if offer.pk else [])
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li><small>{} {}</small> {}</li>", rows))

    @admin.display(description=gettext_lazy("left"))
    def shown_left(self, offer: Offer) -> str:
        left = counters.left(offer)
        return "–" if left is None else str(left)

    @admin.display(description=gettext_lazy("check"))
    def shown_checks(self, offer: Offer) -> str:
        if not offer.pk:
            return _("Save once, then this says what is missing.")
        found = states.problems(offer)
        if not found:
            return _("Nothing speaks against it.")
        rows = ((_LEVELS[one.level], one.message, one.remedy) for one in found)
        return format_html("<ul>{}</ul>", format_html_join("", "<li><strong>{}</strong>: {} {}</li>", rows))

    @action(description=gettext_lazy("Save and set live"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_go_live(self, request: HttpRequest, obj: Offer) -> None:
        _after_saving(request, states.go_live, _("The offer is live."))

    @action(description=gettext_lazy("Save and pause"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_pause(self, request: HttpRequest, obj: Offer) -> None:
        words = _("The offer is paused. Codes stay theirs and work again when it is live.")
        _after_saving(request, states.pause, words)

    @action(description=gettext_lazy("Save and end now"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_end(self, request: HttpRequest, obj: Offer) -> None:
        words = _("The offer has ended. Nothing can be claimed or redeemed any more.")
        _after_saving(request, states.end, words)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save words and limits, then move the state: the check must see what was just written."""
        super().save_related(request, form, formsets, change)
        move, words = getattr(request, "offer_move", (None, ""))
        if move is None:
            return
        try:
            move(form.instance, request.user)
        except states.NotReady as why:
            messages.error(request, str(why))
        else:
            messages.success(request, words)


def _count_of(rows: QuerySet[Claim]) -> Any:
    """Return a subquery that counts, so that a page of offers asks once."""
    counted = rows.order_by().values("offer").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _after_saving(request: HttpRequest, move: Callable[[Offer, states.Person], None], words: str) -> None:
    request.offer_move = (move, words)  # type: ignore[attr-defined]


class UseInline(SeenInline):
    model = Redemption
    fields = ["kind", "at", "place", "amount_minor", "currency", "order_reference", "reason"]


@admin.register(Claim)
class ClaimAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Who took which offer. The token is a key, so it is not shown."""

    list_display = ["offer", "contact", "state", "via", "claimed_at"]
    list_filter = ["state", "via", ("offer", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["contact__email"]
    search_help_text = gettext_lazy("the whole e-mail address, or a whole code")
    list_select_related = ["offer", "contact"]
    fields = [
        "offer", "contact", "seq", "state", "via", "campaign", "proof", "claimed_at", "expires_at", "reserved_until",
    ]  # fmt: skip
    inlines = [UseInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Claim], search_term: str
    ) -> tuple[QuerySet[Claim], bool]:
        term = search_term.strip()
        if "@" in term:
            return queryset.filter(contact__email=term.lower()), False
        if not term:
            return queryset, False
        return queryset.filter(code__value__in={codes.normalise(term), codes.squeeze(term)}), False


@admin.register(Redemption)
class RedemptionAdmin(BigTableAdmin, ReadOnlyAdmin):
    """What was used where and when. "Undo" asks for a reason and writes a reversal."""

    list_display = ["at", "kind", "offer", "contact", "place", "amount"]
    list_filter = ["kind", "channel", "place"]
    search_fields = ["=order_reference"]
    search_help_text = gettext_lazy("the whole order number")
    list_select_related = ["claim__offer", "claim__contact", "place"]
    fields = [
        "claim", "kind", "reverses", "place", "device", "user", "channel", "amount_minor", "discount_minor",
        "currency", "order_reference", "reason", "at",
    ]  # fmt: skip
    ordering = ["-at"]
    actions_detail = ["undo_link"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Redemption]:
        """A shop's manager sees her shops, without one nothing; marketers and analysts see all."""
        rows: QuerySet[Redemption] = super().get_queryset(request)
        if request.user.has_perm("social.view_sharelink"):
            return rows
        return rows.filter(place__managers=request.user.pk)

    @admin.display(description=gettext_lazy("offer"))
    def offer(self, row: Redemption) -> str:
        return row.claim.offer.name

    @admin.display(description=gettext_lazy("contact"))
    def contact(self, row: Redemption) -> str:
        return str(row.claim.contact or "–")

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, row: Redemption) -> str:
        return money(row.amount_minor, row.currency, _language()) if row.amount_minor is not None else "–"

    @action(description=gettext_lazy("Undo…"), url_path="undo-form")  # type: ignore[untyped-decorator]
    def undo_link(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_redemption_undo", args=[object_id]))

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/undo/", self.admin_site.admin_view(self.undo), name="social_redemption_undo")
        return [own, *super().get_urls()]

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks for the reason; POST writes the reversal."""
        if not request.user.has_perm("social.change_redemption") or not request.user.is_authenticated:
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request).select_related("claim__offer"), pk=pk)
        reason, error = request.POST.get("reason", "").strip(), ""
        if request.method == "POST" and reason:
            try:
                reverse_redemption(row, reason=reason, who=Who.by_user(request.user), key=request.POST.get("key", ""))
            except Refused as why:
                error = str(why)
            else:
                messages.success(request, _("The redemption is undone. The code can be used again."))
                return HttpResponseRedirect(reverse("admin:social_redemption_change", args=[pk]))
        elif request.method == "POST":
            error = _("Say why: the reason is kept with the reversal.")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Undo a redemption"),
            "row": row,
            "error": error,
            "reason": reason,
            "key": secrets.token_urlsafe(16),
            "opts": self.model._meta,
        }
        return render(request, "admin/social/undo.html", context, status=422 if error else 200)


@admin.register(Attempt)
class AttemptAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Refused tries; the code only as a fingerprint."""

    list_display = ["at", "reason", "place", "who", "code_fingerprint"]
    list_filter = ["reason", "place"]
    list_select_related = ["place"]
    ordering = ["-at"]


def _language() -> str:
    return get_language() or "en"
