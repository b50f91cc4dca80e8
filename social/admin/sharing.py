"""Share links, referrals and their programmes. Links are a ledger; referrals move by their verbs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin, SeenInline
from social import referrals, sharing, suspects
from social.admin import tree
from social.models import Milestone, OrphanHit, Referral, ReferralProgram, RewardGrant, ShareLink
from social.networks import registry
from social.timeline import network_name

MOST_DAYS = 90  # of waiting; what referral systems take


class NetworkFilter(admin.SimpleListFilter):
    """Networks of the registry, retired ones too: their old links still count."""

    title = gettext_lazy("network")
    parameter_name = "network"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, name) for key, name in registry.choices()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(network=self.value()) if self.value() else queryset


# --- Share links -----------------------------------------------------------------------------------------------------


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnlyAdmin, BigTableAdmin):
    """Whose link, on which network, and which step of the ladder it reached."""

    list_display = [
        "shown_person",
        "shown_network",
        "campaign",
        "shown_step",
        "shown_visits",
        "generation",
        "intended_at",
    ]
    list_filter = [NetworkFilter, ("campaign", admin.RelatedOnlyFieldListFilter), "generation"]
    search_fields = ["contact__email", "contact__last_name", "contact__first_name", "link__token"]
    list_select_related = ["contact", "campaign", "link"]
    date_hierarchy = None
    ordering = ["-id"]
    fields = [
        "shown_person", "shown_network", "campaign", "block", "offer", "shown_address", "shown_parent", "generation",
        "intended_at", "composed_at", "visited_at", "shown_observed", "shown_visits",
    ]  # fmt: skip

    actions_list = ["to_trees"]

    def get_urls(self) -> list[Any]:
        return [*tree.urls(self.admin_site), *super().get_urls()]

    @action(description=gettext_lazy("Trees of friends"), icon="account_tree", url_path="to-trees")  # type: ignore[untyped-decorator]
    def to_trees(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:social_sharelink_trees"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShareLink]:
        earned = Count("visits", filter=Q(visits__is_sharer=False))
        rows: QuerySet[ShareLink] = super().get_queryset(request).annotate(earned=earned)
        return rows

    @admin.display(description=gettext_lazy("person"), ordering="contact")
    def shown_person(self, row: ShareLink) -> str:
        return str(row.contact) if row.contact else _("nobody in particular")

    @admin.display(description=gettext_lazy("network"), ordering="network")
    def shown_network(self, row: ShareLink) -> str:
        return network_name(row.network)

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("step"),
        label={"pressed": "info", "composed": "warning", "visited": "success"},
    )
    def shown_step(self, row: ShareLink) -> tuple[str, str]:
        if row.visited_at:
            return "visited", _("a friend came")
        if row.composed_at:
            return "composed", _("composed")
        return ("pressed", _("pressed")) if row.intended_at else ("made", _("made"))

    @admin.display(description=gettext_lazy("friends' visits"), ordering="earned")
    def shown_visits(self, row: Any) -> int:
        return int(row.earned)

    @admin.display(description=gettext_lazy("address"))
    def shown_address(self, row: ShareLink) -> str:
        ends = reverse("admin:campaigns_link_change", args=[row.link_id])
        return format_html('{} · <a href="{}">{}</a>', sharing.address(row.link), ends, _("when it ends"))

    @admin.display(description=gettext_lazy("came through"))
    def shown_parent(self, row: ShareLink) -> str:
        if row.parent is None:
            return _("the mail itself")
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:social_sharelink_change", args=[row.parent_id]), row.parent
        )

    @admin.display(description=gettext_lazy("seen elsewhere"))
    def shown_observed(self, row: ShareLink) -> str:
        return network_name(row.observed_network) if row.observed_network else "—"


# --- Referrals -------------------------------------------------------------------------------------------------------


class ReasonForm(ActionForm):  # type: ignore[misc]
    """The reason that goes with a decision about the chosen rows."""

    reason = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Reason"),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": gettext_lazy("Reason")}),
    )


class RewardInline(SeenInline):
    model = RewardGrant
    fields = ["side", "claim", "granted_at"]


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin, BigTableAdmin):
    """Who brought whom; the review queue is the filter "to be looked at"."""

    list_display = ["friend", "sponsor", "shown_state", "shown_reasons", "program", "generation", "created_at"]
    list_filter = ["state", "program", "generation"]
    search_fields = ["friend__email", "friend__last_name", "sponsor__email", "sponsor__last_name"]
    list_select_related = ["friend", "sponsor", "program"]
    ordering = ["-id"]
    action_form = ReasonForm
    actions = ["approve_chosen", "void_chosen"]
    fields = [
        "friend", "sponsor", "state", "shown_reasons", "program", "share_link", "generation",
        "created_at", "confirmed_at", "qualified_at", "decided_at", "shown_evidence",
    ]  # fmt: skip
    inlines = [RewardInline]

    @display(  # type: ignore[untyped-decorator]
        description=gettext_lazy("state"),
        ordering="state",
        label={"pending": "info", "held": "warning", "approved": "success", "flagged": "danger", "voided": "danger"},
    )
    def shown_state(self, row: Referral) -> tuple[str, str]:
        return row.state, str(row.get_state_display())

    @admin.display(description=gettext_lazy("reasons"))
    def shown_reasons(self, row: Referral) -> str:
        return "; ".join(suspects.words(reason) for reason in row.reasons) or "—"

    @admin.display(description=gettext_lazy("what is known"))
    def shown_evidence(self, row: Referral) -> str:
        return format_html_join("", "<p>{}</p>", ((fact,) for fact in suspects.evidence(row))) or "—"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whoever may change referrals may decide about them, though no field is typed by hand."""
        return request.user.has_perm("social.change_referral")

    @admin.action(description=gettext_lazy("Approve: it counts, the sponsor is rewarded"), permissions=["decide"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[Referral]) -> None:
        self._decide(request, queryset, approve=True)

    @admin.action(description=gettext_lazy("Void: it does not count (say why)"), permissions=["decide"])
    def void_chosen(self, request: HttpRequest, queryset: QuerySet[Referral]) -> None:
        self._decide(request, queryset, approve=False)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Referral], *, approve: bool) -> None:
        reason, done = str(request.POST.get("reason", "")), 0
        for referral in queryset.order_by("pk"):
            try:
                if approve:
                    referrals.approve(referral, by=request.user, reason=reason)
                else:
                    referrals.void(referral, reason, by=request.user)
                done += 1
            except referrals.WrongState as why:
                messages.warning(request, f"{referral.friend or referral.pk}: {why}")
        if done:
            messages.success(
                request, ngettext("%(n)d referral decided.", "%(n)d referrals decided.", done) % {"n": done}
            )


class ProgramForm(forms.ModelForm[ReferralProgram]):
    """A programme pays for outcomes alone: there is no event "shared" to choose."""

    class Meta:
        model = ReferralProgram
        fields = [
            "brand", "name", "is_active", "qualifying_event", "hold_days", "cap_per_sponsor", "friend_offer",
            "sponsor_offer",
        ]  # fmt: skip

    def clean_hold_days(self) -> int:
        days = int(self.cleaned_data["hold_days"])
        if days > MOST_DAYS:
            raise forms.ValidationError(_("At most %(n)d days: a reward that never comes is none.") % {"n": MOST_DAYS})
        return days

    def clean(self) -> dict[str, Any] | None:
        """Find rewards of another brand, or that are over."""
        cleaned = super().clean()
        for name in ("sponsor_offer", "friend_offer"):
            offer, brand = self.cleaned_data.get(name), self.cleaned_data.get("brand")
            if offer is not None and brand is not None and offer.brand_id != brand.pk:
                self.add_error(name, _("This offer is of another brand. Choose one of %(brand)s.") % {"brand": brand})
            elif offer is not None and self.cleaned_data.get("is_active") and offer.state == offer.State.ENDED:
                self.add_error(name, _("This offer has ended: nobody would get anything. Choose a live one."))
        return cleaned


class MilestoneInline(TabularInline):  # type: ignore[misc]
    """1, 3, 10 friends: what a sponsor gets in addition, once."""

    model = Milestone
    extra = 0
    fields = ["friends", "offer"]
    autocomplete_fields = ["offer"]


@admin.register(ReferralProgram)
class ReferralProgramAdmin(FanfareAdmin):
    """What sponsor and friend get, for which outcome. The press of a share button is no outcome and earns nothing."""

    list_display = ["name", "brand", "qualifying_event", "hold_days", "shown_brought", "is_active"]
    list_filter = ["brand", "is_active"]
    search_fields = ["name"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand", "sponsor_offer", "friend_offer"]
    form = ProgramForm
    fields = ProgramForm.Meta.fields
    inlines = [MilestoneInline]

    def save_model(self, request: HttpRequest, obj: ReferralProgram, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.hold_days and obj.sponsor_offer_id:
            messages.warning(request, _("Without days to wait a made-up friend is paid at once. Seven days are usual."))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferralProgram]:
        approved = Count("referrals", filter=Q(referrals__state=Referral.State.APPROVED))
        rows: QuerySet[ReferralProgram] = super().get_queryset(request).annotate(approved=approved)
        return rows

    @admin.display(description=gettext_lazy("friends who counted"))
    def shown_brought(self, row: Any) -> int:
        return int(row.approved)


@admin.register(OrphanHit)
class OrphanHitAdmin(ReadOnlyAdmin, BigTableAdmin):
    """Addresses that look like ours and are nobody's: a misprint, a link of an older system."""

    list_display = ["shown_address", "kind", "n", "people", "last_at", "day"]
    list_filter = ["kind"]
    search_fields = ["token"]
    ordering = ["-day", "-n"]

    @admin.display(description=gettext_lazy("address"), ordering="token")
    def shown_address(self, row: OrphanHit) -> str:
        return f"/{row.kind}/{row.token}" if row.token else _("further addresses of the day")
