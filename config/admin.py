"""The roof in the desk: the team and its roles, partners (`config.partners.admin`), and the audit log."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.partners import admin as partners  # noqa: F401 - registers keys and webhooks
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


@admin.register(AuditEntry)
class AuditEntryAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Who did what, newest first."""

    list_display = ["at", "actor_label", "verb", "subject_kind", "subject_id"]
    search_fields = ["=actor_label", "=verb"]
    list_select_related = ["actor"]
    ordering = ["-at"]
