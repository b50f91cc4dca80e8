"""Networks, share links, referrals and their programmes. Links are a ledger; referrals move by their verbs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin, SeenInline
from contacts.models import Brand
from social import referrals, sharing
from social.admin import tree
from social.blocks.share import PRESS_FOR_REWARD
from social.models import NetworkSetting, Referral, ReferralProgram, RewardGrant, ShareLink
from social.networks import registry
from social.timeline import network_name


class NetworkFilter(admin.SimpleListFilter):
    """Networks of the registry, retired ones too: their old links still count."""

    title = gettext_lazy("network")
    parameter_name = "network"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, name) for key, name in registry.choices()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(network=self.value()) if self.value() else queryset


# --- Networks --------------------------------------------------------------------------------------------------------


class NetworkForm(forms.ModelForm[NetworkSetting]):
    """The words of a button are asked for per language, not as JSON."""

    class Meta:
        model = NetworkSetting
        fields = ["brand", "network", "is_enabled", "position", "campaign", "segment", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "network" in self.fields:
            live = [(key, one.name) for key, one in registry.networks().items() if not one.is_retired]
            self.fields["network"] = forms.ChoiceField(
                choices=live, label=_("Network"), widget=UnfoldAdminSelectWidget()
            )
        if "language" in self.fields:
            every = [("", _("every language")), *settings.LANGUAGES]
            self.fields["language"] = forms.ChoiceField(
                choices=every, required=False, label=_("Language"), widget=UnfoldAdminSelectWidget()
            )
        self._show("label", _("Words in %(language)s"))
        self._show("text", _("Words to share in %(language)s"))

    def _show(self, name: str, label: str) -> None:
        written = getattr(self.instance, name)
        for code, language in settings.LANGUAGES:
            if (field := self.fields.get(f"{name}_{code}")) is not None:
                field.initial = written.get(code, "") if isinstance(written, dict) else ""
                field.label = label % {"language": language}

    def clean(self) -> dict[str, Any] | None:
        """Find words that are too long for the network, and a reward for the press where the network forbids one."""
        cleaned = super().clean()
        network = registry.networks().get(str(self.cleaned_data.get("network") or self.instance.network))
        for code, _name in settings.LANGUAGES:
            said = str(self.cleaned_data.get(f"text_{code}") or "")
            if network is None or not said:
                continue
            left = registry.remaining(network.key, said, sharing.SAMPLE)
            if left is not None and left < 0:
                long = ngettext("%(n)d character too long.", "%(n)d characters too long.", -left) % {"n": -left}
                self.add_error(f"text_{code}", _("%(network)s:") % {"network": network.name} + f" {long}")
            if network.reward.press == "forbidden" and PRESS_FOR_REWARD.search(said):
                why = _("%(network)s forbids a reward for the press. Promise it for friends who sign up or buy.")
                self.add_error(f"text_{code}", why % {"network": network.name})
        return cleaned

    def save(self, commit: bool = True) -> NetworkSetting:
        for name in ("label", "text"):
            typed = {
                code: str(self.cleaned_data.get(f"{name}_{code}") or "").strip() for code, _n in settings.LANGUAGES
            }
            setattr(self.instance, name, {code: words for code, words in typed.items() if words})
        return super().save(commit)


for _code, _name in settings.LANGUAGES:
    NetworkForm.declared_fields[f"text_{_code}"] = NetworkForm.base_fields[f"text_{_code}"] = forms.CharField(
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("empty = the share bar's words"),
    )
    NetworkForm.declared_fields[f"label_{_code}"] = NetworkForm.base_fields[f"label_{_code}"] = forms.CharField(
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("empty = the network's name"),
    )


@admin.register(NetworkSetting)
class NetworkSettingAdmin(FanfareAdmin):
    """Which networks a brand shows, in which order, under which words."""

    form = NetworkForm
    list_display = ["shown_network", "brand", "shown_for", "is_enabled", "position", "shown_reward"]
    list_editable = ["is_enabled", "position"]
    list_filter = ["brand", "is_enabled", "language", ("campaign", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["brand", "campaign", "segment"]
    autocomplete_fields = ["campaign", "segment"]
    readonly_fields = ["shown_facts"]
    ordering = ["brand", "position", "network"]
    actions_list = ["fill"]

    def get_fieldsets(self, request: HttpRequest, obj: NetworkSetting | None = None) -> Any:
        words = [f"label_{code}" for code, _n in settings.LANGUAGES]
        return [
            (None, {"fields": ["brand", "network", "is_enabled", "position"]}),
            (_("Only for"), {"fields": ["campaign", "segment", "language"]}),
            (_("Words on the button"), {"fields": words}),
            (_("Words to share"), {"fields": [f"text_{code}" for code, _n in settings.LANGUAGES]}),
            (_("What the registry knows"), {"fields": ["shown_facts"]}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "fields": NetworkForm.Meta.fields})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["shown_facts", "brand", "network"] if obj else ["shown_facts"]

    @admin.display(description=gettext_lazy("network"), ordering="network")
    def shown_network(self, row: NetworkSetting) -> str:
        icon = static(f"fanfare/icons/{row.network}.svg")
        picture = (
            '<img src="{}" alt="" width="20" height="20" style="display:inline;vertical-align:middle;margin-right:8px">'
        )
        return format_html(picture + "{}", icon, network_name(row.network))

    @admin.display(description=gettext_lazy("only for"))
    def shown_for(self, row: NetworkSetting) -> str:
        said = [row.campaign, row.segment, dict(settings.LANGUAGES).get(row.language, row.language)]
        return " · ".join(str(one) for one in said if one) or _("everybody")

    @admin.display(description=gettext_lazy("reward for the press"))
    def shown_reward(self, row: NetworkSetting) -> str:
        network = registry.networks().get(row.network)
        if network is None:
            return "—"
        return _("forbidden by the network") if network.reward.press == "forbidden" else _("not advised")

    @admin.display(description=gettext_lazy("facts"))
    def shown_facts(self, row: NetworkSetting) -> str:
        network = registry.networks().get(row.network)
        if network is None:
            return _("Choose a network and save: what it takes and forbids is shown here.")
        return format_html_join("", "<p>{}</p>", ((fact,) for fact in facts(network)))

    @action(description=gettext_lazy("Add the usual networks"), icon="playlist_add")  # type: ignore[untyped-decorator]
    def fill(self, request: HttpRequest) -> HttpResponse:
        """GET says what would be added; POST adds the default networks to every brand that lacks them, in order."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            made = sum(map(sharing.settle_networks, Brand.objects.filter(archived_at__isnull=True)))
            messages.success(request, ngettext("%(n)d network added.", "%(n)d networks added.", made) % {"n": made})
            return HttpResponseRedirect(reverse("admin:social_networksetting_changelist"))
        names = [sharing.network_name(one) for one in registry.networks().values() if one.is_default]
        context = {**self.admin_site.each_context(request), "title": _("Add the usual networks"), "names": names}
        return render(request, "admin/social/fill_networks.html", {**context, "opts": self.model._meta})


def facts(network: registry.Network) -> list[str]:
    """Return what the registry knows of a network, in sentences."""
    length = network.length
    told = [_("Its composer takes the link and a text of up to %(max)s characters.") % {"max": length.max}]
    if not network.takes_text:
        told = [_("Its composer takes the link alone: the person writes there.")]
    if network.phone_only:
        told.append(_("It opens on phones only."))
    preview = network.preview
    if preview.reads:
        told.append(
            _("It draws a card from our page: picture %(width)s × %(height)s, kept: %(cache)s.")
            % {"width": preview.width, "height": preview.height, "cache": preview.cache}
        )
    told.append(f"{_('Rewarding the press:')} {network.reward.why} {network.reward.source}".strip())
    told.append(_("Checked on %(day)s.") % {"day": network.checked_on.isoformat()})
    return told


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
        return sharing.address(row.link)

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
        "friend", "sponsor", "shown_state", "shown_reasons", "program", "share_link", "generation",
        "created_at", "confirmed_at", "qualified_at", "decided_at",
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
        return "; ".join(reason_words(reason) for reason in row.reasons) or "—"

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


def reason_words(reason: str) -> str:
    """Return a reason in words: ours by name, a person's as she wrote it."""
    ours = {
        referrals.SAME_MAILBOX: _("the same mailbox as the sponsor's"),
        referrals.SAME_DEVICE: _("signed up on the sponsor's device"),
    }
    return ours.get(reason, reason)


@admin.register(ReferralProgram)
class ReferralProgramAdmin(FanfareAdmin):
    """What sponsor and friend get, for which outcome. The press of a share button is no outcome and earns nothing."""

    list_display = ["name", "brand", "qualifying_event", "hold_days", "shown_brought", "is_active"]
    list_filter = ["brand", "is_active"]
    search_fields = ["name"]
    list_select_related = ["brand"]
    autocomplete_fields = ["brand", "sponsor_offer", "friend_offer"]
    fields = [
        "brand", "name", "is_active", "qualifying_event", "hold_days", "cap_per_sponsor",
        "friend_offer", "sponsor_offer",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferralProgram]:
        approved = Count("referrals", filter=Q(referrals__state=Referral.State.APPROVED))
        rows: QuerySet[ReferralProgram] = super().get_queryset(request).annotate(approved=approved)
        return rows

    @admin.display(description=gettext_lazy("friends who counted"))
    def shown_brought(self, row: Any) -> int:
        return int(row.approved)
