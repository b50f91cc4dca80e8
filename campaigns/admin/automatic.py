"""The switches of the ready-made automatic mails: one page a brand, one card a mail, with its counts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from campaigns.admin.campaign import url_or_none
from campaigns.delivery import automatic
from campaigns.models import Automation, Campaign
from campaigns.reports import automatic as reports
from contacts.admin_base import FanfareAdmin
from contacts.models import Brand, Topic


def switch_on(request: HttpRequest, row: Automation) -> str:
    automatic.switch_on(row, request.user)
    return _("“%(mail)s” is switched on.") % {"mail": automatic.kinds()[row.kind].label}


def switch_off(request: HttpRequest, row: Automation) -> str:
    automatic.switch_off(row, request.user)
    return _("“%(mail)s” is switched off.") % {"mail": automatic.kinds()[row.kind].label}


def write(request: HttpRequest, row: Automation) -> str:
    automatic.prepare(row, request.user)
    return _("These are its words. Nothing is sent before you switch it on.")


def run_on_me(request: HttpRequest, row: Automation) -> str:
    automatic.run_on_me(row, request.user, request.POST.get("language", ""))
    return _("Sent to %(address)s, with sample values. It counts nowhere.") % {
        "address": getattr(request.user, "email", "")
    }


def choose(request: HttpRequest, row: Automation) -> str:
    return ""  # the row is there now: its page shows what can be set


VERBS = {"settings": choose, "on": switch_on, "off": switch_off, "write": write, "run-on-me": run_on_me}
SENDS = {"on", "off"}


@admin.register(Automation)
class AutomationAdmin(FanfareAdmin):
    """The page of switches, and the few settings of each mail."""

    change_list_template = "admin/campaigns/automation/switches.html"
    list_display = ["brand", "kind"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Automation | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        do = self.admin_site.admin_view(self.do)
        return [
            path("<slug:brand>/<slug:kind>/do/<slug:verb>/", do, name="campaigns_automation_do"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        brands = [(brand, cards(brand)) for brand in Brand.objects.filter(archived_at=None).order_by("name")]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Automatic mails"),
            "opts": self.opts,
            "brands": brands,
            "may_switch": request.user.has_perm("campaigns.start_campaign"),
            "may_change": self.has_change_permission(request),
            "me": getattr(request.user, "email", ""),
        }
        return render(request, self.change_list_template, context)

    @method_decorator(require_POST)
    def do(self, request: HttpRequest, brand: str, kind: str, verb: str) -> HttpResponse:
        """Press one of a card's buttons."""
        permitted = request.user.has_perm("campaigns.start_campaign") if verb in SENDS else True
        if not (permitted and self.has_change_permission(request)):
            raise PermissionDenied
        if verb not in VERBS or kind not in automatic.kinds():
            raise Http404
        back = f"{reverse('admin:campaigns_automation_changelist')}#{brand}-{kind}"
        try:
            row = automatic.of(get_object_or_404(Brand, slug=brand), kind)
            if said := VERBS[verb](request, row):
                messages.success(request, said)
        except automatic.NotPossible as why:
            messages.error(request, str(why))
            return HttpResponseRedirect(back)
        if verb == "settings":
            back = reverse("admin:campaigns_automation_change", args=[row.pk])
        if verb == "write" and row.campaign is not None:
            back = reverse("admin:campaigns_emailcontent_change", args=[row.campaign.content_id])
        return HttpResponseRedirect(back)

    def get_fields(self, request: HttpRequest, obj: Automation | None = None) -> list[Any]:
        counted = ["days"] if obj is not None and automatic.kinds()[obj.kind].days_say else ["delay_minutes"]
        return ["topic", *counted, ("cap_mails", "cap_days")]

    def get_form(self, request: HttpRequest, obj: Automation | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if obj is not None:
            topic = form.base_fields.get("topic")
            if isinstance(topic, forms.ModelChoiceField):
                topic.queryset = Topic.objects.filter(brand=obj.brand)
            days = automatic.kinds()[obj.kind].days_say
            if days and "days" in form.base_fields:
                form.base_fields["days"].label = str(days)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Automation | None = None) -> list[str]:
        return ["topic"] if obj is not None and obj.is_on else []

    def save_model(self, request: HttpRequest, obj: Automation, form: Any, change: bool) -> None:
        automatic.change(obj, request.user, {name: form.cleaned_data[name] for name in form.changed_data})

    def response_change(self, request: HttpRequest, obj: Automation) -> HttpResponse:
        messages.success(request, _("Kept. It holds from the next mail on."))
        return HttpResponseRedirect(f"{reverse('admin:campaigns_automation_changelist')}#{obj.brand.slug}-{obj.kind}")


def cards(brand: Brand) -> list[dict[str, Any]]:
    """Return what the page says of each mail of a brand."""
    rows = automatic.all_of(brand)
    counts = reports.of([row.campaign_id for row in rows if row.campaign_id])
    return [card(row, counts.get(row.campaign_id or 0, reports.Counts())) for row in rows]


def card(row: Automation, counts: reports.Counts) -> dict[str, Any]:
    kind, campaign = automatic.kinds()[row.kind], row.campaign
    return {
        "row": row,
        "kind": kind,
        "anchor": f"{row.brand.slug}-{row.kind}",
        "counts": counts,
        "has_new_words": row.is_on and has_new_words(campaign),
        "is_paused": campaign is not None and campaign.state == "paused",
        "settings": settings_in_words(row, kind),
        "settings_url": reverse("admin:campaigns_automation_change", args=[row.pk]) if row.pk else "",
        "campaign_url": url_or_none("admin:campaigns_campaign_change", row.campaign_id) if row.campaign_id else "",
        "mail_url": url_or_none("admin:campaigns_emailcontent_change", campaign.content_id) if campaign else "",
        "languages": row.brand.languages or [row.brand.default_language],
    }


def has_new_words(campaign: Campaign | None) -> bool:
    """Say whether words were written since the version that goes out."""
    if campaign is None or campaign.content is None or campaign.content_version is None:
        return False
    newest = campaign.content.versions.order_by("-number").first()
    return newest is not None and newest.number > campaign.content_version.number


def settings_in_words(row: Automation, kind: automatic.Kind) -> list[str]:
    """Return when it goes and to whom, as short lines."""
    found = [
        _("a service: to whoever caused it")
        if kind.is_service
        else _("to subscribers of “%(topic)s”") % {"topic": row.topic}
    ]
    if kind.days_say:
        found.append(f"{row.days} {kind.days_say}" if row.days else _("on the day"))
    elif row.delay_minutes:
        found.append(after(row.delay_minutes))
    else:
        found.append(_("at once"))
    if row.cap_mails:
        words = ngettext("at most %(n)s in %(days)s days", "at most %(n)s in %(days)s days", row.cap_mails)
        found.append(words % {"n": row.cap_mails, "days": row.cap_days})
    else:
        found.append(_("one for each cause"))
    return found


def after(minutes: int) -> str:
    """Return a delay in the largest unit that says it exactly."""
    if minutes % 1440 == 0:
        return ngettext("after %(n)s day", "after %(n)s days", minutes // 1440) % {"n": minutes // 1440}
    if minutes % 60 == 0:
        return ngettext("after %(n)s hour", "after %(n)s hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("after %(n)s minute", "after %(n)s minutes", minutes) % {"n": minutes}
