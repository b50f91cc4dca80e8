"""Networks in the desk: which a brand shows, for whom, in which order, under which words, and what each forbids."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contacts.admin_base import FanfareAdmin
from contacts.models import Brand
from social import sharing
from social.blocks.share import PRESS_FOR_REWARD
from social.models import NetworkSetting
from social.networks import registry
from social.timeline import network_name


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
    empty_words = gettext_lazy(
        "Which networks mails and pages offer, in which order and under which words. Begin with the usual ones, above."
    )

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
