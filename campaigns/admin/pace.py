"""When and how fast mails go: the house's rules and each relay's ceilings, changed while mails go out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from campaigns.admin.steps import number
from campaigns.delivery import pacing
from campaigns.models import PaceRule, RelayPace
from contacts import audit
from contacts.admin_base import BigTableAdmin


class Audited(BigTableAdmin):
    """A page whose changes stand in the audit log."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(request.user, "changed pace", obj, **{name: str(getattr(obj, name)) for name in form.changed_data})


@admin.register(PaceRule)
class PaceRuleAdmin(Audited):
    """Quiet hours and the cap of mails a person: one row."""

    list_display = ["__str__", "quiet", "cap"]
    empty_words = gettext_lazy(
        "No quiet hours and no cap: campaigns go out at any hour. One rule for the whole house changes that."
    )
    fieldsets = [
        (gettext_lazy("Quiet hours"), {"fields": [("quiet_from", "quiet_until")]}),
        (gettext_lazy("Not too much for one person"), {"fields": [("cap_mails", "cap_days")]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not PaceRule.objects.exists()

    @admin.display(description=gettext_lazy("quiet hours"))
    def quiet(self, rule: PaceRule) -> str:
        if rule.quiet_from is None:
            return _("none")
        return _("%(since)s h to %(until)s h") % {"since": rule.quiet_from, "until": rule.quiet_until}

    @admin.display(description=gettext_lazy("at most"))
    def cap(self, rule: PaceRule) -> str:
        if not rule.cap_mails:
            return _("no cap")
        return _("%(n)s in %(days)s days") % {"n": rule.cap_mails, "days": rule.cap_days}


@admin.register(RelayPace)
class RelayPaceAdmin(Audited):
    """Ceilings and warm-up of each relay."""

    list_display = ["relay", "per_second", "per_hour", "today", "used_today"]
    empty_words = gettext_lazy(
        "No ceiling: each relay takes what it can. A new address warms up better with a few mails on its first days."
    )
    fieldsets = [
        (None, {"fields": ["relay"]}),
        (gettext_lazy("At most, in mails"), {"fields": [("per_second", "per_hour", "per_day")]}),
        (gettext_lazy("Warm-up of a new address"), {"fields": [("warmup_on", "warmup_first", "warmup_growth")]}),
    ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "relay":
            names = [(each["name"], each["name"]) for each in settings.FANFARE_RELAYS]
            return forms.ChoiceField(choices=names, label=db_field.verbose_name, widget=UnfoldAdminSelectWidget())
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("at most today"))
    def today(self, pace: RelayPace) -> str:
        most = pacing.day_ceiling(pace, timezone.localdate())
        return _("no limit") if most is None else number(most)

    @admin.display(description=gettext_lazy("in the last 24 hours"))
    def used_today(self, pace: RelayPace) -> str:
        return number(pacing.used(pace.relay, pacing.minute() - pacing.DAY))
