"""The roof in the desk: the team and its roles, partners' keys, webhooks, and the audit log."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from config.partners import keys
from config.partners.models import ApiKey, WebhookEndpoint
from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin
from contacts.models import AuditEntry

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class TeamAdmin(UserAdmin[User], FanfareAdmin):
    """Who may sign in to the desk; what she may do there are her roles."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "is_active", "is_superuser", "last_login"]
    filter_horizontal = ["groups", "user_permissions"]


@admin.register(Group)
class RoleAdmin(GroupAdmin, FanfareAdmin):
    """Roles; six come with the installation."""


class ApiKeyForm(forms.ModelForm[ApiKey]):
    """A key is named, given scopes and an end; its secret is made, never typed."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("scopes"),
        choices=[(scope, scope) for scope in keys.SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Only what this partner needs; everything else is refused."),
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "expires_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(FanfareAdmin):
    """Partners' keys: made here or by `manage.py create_api_key`, shown once."""

    form = ApiKeyForm
    list_display = ["name", "prefix", "owner", "created_at", "last_used_at", "expires_at", "revoked_at"]
    search_fields = ["name", "prefix"]
    list_select_related = ["owner"]
    actions = ["revoke"]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Issue a new key and show its text once; a change touches name, scopes and end only."""
        if change:
            super().save_model(request, obj, form, change)
            return
        owner = cast(User, request.user)  # the admin lets nobody else in
        made, text = keys.issue(obj.name, owner, obj.scopes, expires_at=obj.expires_at)
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()
        shown = _("The key, shown this once. Copy it now: %(text)s") % {"text": text}
        self.message_user(request, shown, messages.WARNING)

    @action(description=gettext_lazy("Revoke"), permissions=["change"])  # type: ignore[untyped-decorator]
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End the chosen keys now."""
        chosen = list(queryset)
        for key in chosen:
            keys.revoke(key, cast(User, request.user))
        told = ngettext("%(n)d key revoked.", "%(n)d keys revoked.", len(chosen)) % {"n": len(chosen)}
        self.message_user(request, told)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False  # a key is revoked; who used it must stay known


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Where partners want to be told of events."""

    list_display = ["url", "key", "is_active", "disabled_reason"]
    list_select_related = ["key"]
    fields = ["url", "key", "is_active", "disabled_reason"]


@admin.register(AuditEntry)
class AuditEntryAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display = ["at", "actor_label", "verb", "subject_kind", "subject_id"]
    search_fields = ["=actor_label", "=verb"]
    list_select_related = ["actor"]
    ordering = ["-at"]
