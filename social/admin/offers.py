"""Offers, codes, claims and redemptions in the admin. Ledgers are read-only; a redemption is undone by a reversal."""

from __future__ import annotations

import csv
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin, SeenInline
from contacts.money import money
from social.fans import networks
from social.models import Attempt, Claim, Code, CodeBatch, Offer, OfferLimit, OfferText, Redemption
from social.offers import codes, counters, pools, states
from social.offers.reasons import Refused
from social.offers.redemption import Who
from social.offers.redemption import reverse as reverse_redemption
from social.offers.value import headline, until

_LEVELS = {"error": gettext_lazy("error"), "warning": gettext_lazy("warning"), "note": gettext_lazy("note")}
MOST_AT_ONCE = 20_000  # codes made in one request; a second or two


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


@admin.register(Offer)
class OfferAdmin(SimpleHistoryAdmin, BigTableAdmin):  # type: ignore[misc]
    """Offers with their words and limits; live, pause and end are buttons that say what speaks against them."""

    form = NetworkChoice
    list_display = ["name", "state", "shown_value", "ends", "shown_left"]
    list_filter = ["state", "brand", "holding"]
    search_fields = ["name", "texts__title"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand", "segment", "places"]
    readonly_fields = ["state", "shown_checks", "spent_minor"]
    actions_submit_line = ["save_and_go_live", "save_and_pause", "save_and_end"]
    inlines = [TextInline, LimitInline]
    fieldsets = [
        (None, {"fields": ["shown_checks", "name", "brand", "state"]}),
        (gettext_lazy("What one gets"), {"fields": ["kind", "percent", "amount_minor", "currency", "min_order_minor"]}),
        (gettext_lazy("When and where"), {"fields": ["starts_at", "ends_at", "use_within_days", "places"]}),
        (
            gettext_lazy("For whom"),
            {"fields": ["segment", "first_order_only", "min_fan_level", "network"]},
        ),
        (gettext_lazy("Codes"), {"fields": ["code_mode", "generic_code", "holding", "reversible_days"]}),
        (gettext_lazy("Money"), {"fields": ["cost_minor", "budget_minor", "spent_minor"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.state == Offer.State.DRAFT

    @admin.display(description=gettext_lazy("value"))
    def shown_value(self, offer: Offer) -> str:
        return headline(offer, _language()) or offer.get_kind_display()

    @admin.display(description=gettext_lazy("until"), ordering="ends_at")
    def ends(self, offer: Offer) -> str:
        return until(offer.ends_at, _language())

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


def _after_saving(request: HttpRequest, move: Callable[[Offer, states.Person], None], words: str) -> None:
    request.offer_move = (move, words)  # type: ignore[attr-defined]


class BatchForm(forms.ModelForm[CodeBatch]):
    """How many codes to make, or a partner's own codes, one a line."""

    make = forms.IntegerField(
        label=gettext_lazy("make so many codes"),
        required=False,
        min_value=1,
        max_value=MOST_AT_ONCE,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    own = forms.CharField(
        label=gettext_lazy("or these codes of a partner"),
        required=False,
        help_text=gettext_lazy("one a line; letters and digits, up to 40"),
        widget=UnfoldAdminTextareaWidget(),
    )

    class Meta:
        model = CodeBatch
        fields = ["offer", "name"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if bool(given.get("make")) == bool((given.get("own") or "").strip()) and not self.errors:
            raise forms.ValidationError(_("Enter either a number of codes to make, or codes of a partner."))
        return given


@admin.register(CodeBatch)
class CodeBatchAdmin(FanfareAdmin):
    """Codes made together; the list of a batch is downloaded for the printer."""

    form = BatchForm
    list_display = ["__str__", "offer", "n", "is_imported", "created_at"]
    list_filter = ["is_imported"]
    search_fields = ["name", "offer__name"]
    list_select_related = ["offer"]
    autocomplete_fields = ["offer"]
    actions = ["download"]

    def has_change_permission(self, request: HttpRequest, obj: CodeBatch | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: CodeBatch | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CodeBatch, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if given.get("make"):
            made = pools.make_batch(obj.offer, given["make"], name=obj.name)
        else:
            made, left_out = pools.import_batch(obj.offer, given["own"].splitlines(), name=obj.name)
            if left_out:
                words = ngettext(
                    "%(n)d line was left out: empty, doubled or too long.",
                    "%(n)d lines were left out: empty, doubled or too long.",
                    left_out,
                )
                messages.warning(request, words % {"n": left_out})
        obj.pk, obj.n = made.pk, made.n

    @admin.action(description=gettext_lazy("Download the codes (CSV)"), permissions=["change"])
    def download(self, request: HttpRequest, batches: QuerySet[CodeBatch]) -> StreamingHttpResponse:
        rows = Code.objects.filter(batch__in=batches).order_by("pk").values_list("value", "state").iterator(2_000)
        answer = StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="codes.csv"'
        return answer


def _csv(rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    class Echo:
        def write(self, line: str) -> str:
            return line

    writer = csv.writer(Echo())
    yield writer.writerow(["code", "printed", "state"])
    for value, state in rows:
        yield writer.writerow([value, codes.display(value), state])


@admin.register(Code)
class CodeAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Codes, of which the list shows the end only; a whole code finds its row."""

    list_display = ["__str__", "offer", "batch", "state", "created_at"]
    list_filter = ["state"]
    search_fields = ["=value"]
    search_help_text = gettext_lazy("the whole code")
    list_select_related = ["offer", "batch__offer"]
    fields = ["offer", "batch", "state", "created_at"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Code], search_term: str
    ) -> tuple[QuerySet[Code], bool]:
        if not search_term.strip():
            return queryset, False
        spellings = {codes.normalise(search_term), codes.squeeze(search_term)}
        return queryset.filter(value__in=spellings), False


class UseInline(SeenInline):
    model = Redemption
    fields = ["kind", "at", "place", "staff", "amount_minor", "currency", "order_reference", "reason"]


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

    list_display = ["at", "kind", "offer", "contact", "place", "staff", "amount"]
    list_filter = ["kind", "channel", "place"]
    search_fields = ["=order_reference"]
    search_help_text = gettext_lazy("the whole order number")
    list_select_related = ["claim__offer", "claim__contact", "place", "staff__place"]
    fields = [
        "claim", "kind", "reverses", "place", "staff", "device", "user", "channel", "amount_minor", "discount_minor",
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
