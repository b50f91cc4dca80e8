"""The roof in the desk: the team and its roles, partners (`config.partners.admin`), and the audit log."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.partners import admin as partners  # noqa: F401 - registers keys and webhooks
from config.team import deeds, second
from config.team.roles import RolesField, told
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
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "is_superuser", "last_login"]
    filter_horizontal = ["groups", "user_permissions"]
    actions = ["drop_second_factor"]
    change_list_template = "admin/team/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["form_class"] = RolesField
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(sorted(told(group.name) for group in user.groups.all()))

    @admin.action(description=_("Switch off two-step sign-in: the telephone is lost"), permissions=["change"])
    def drop_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by = cast(User, request.user)
        if not by.is_superuser:  # or whoever may change users takes over the account of one above her
            queryset = queryset.filter(is_superuser=False)
        people = list(queryset.filter(second_factor__isnull=False))
        for user in people:
            second.drop(user, by=by)
        told = ngettext("Switched off for %(n)d person.", "Switched off for %(n)d people.", len(people))
        self.message_user(request, told % {"n": len(people)})


@admin.register(Group)
class RoleAdmin(GroupAdmin, FanfareAdmin):
    """Roles; six come with the installation, and are called in the reader's language."""

    list_display = ["told"]

    @admin.display(description=_("name"), ordering="name")
    def told(self, group: Group) -> str:
        return told(group.name)


@admin.register(AuditEntry)
class AuditEntryAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Who did what, newest first."""

    search_fields = ["=actor_label", "=verb"]
    list_select_related = ["actor"]
    ordering = ["-at"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Ask the things of the page for their names at once."""
        page = super().get_changelist_instance(request)
        named = deeds.things(page.result_list, cast(User, request.user))
        for entry in page.result_list:
            entry.thing = named.get((entry.subject_kind, entry.subject_id))
        return page

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["at", "actor_label", "what", "about"]

    @admin.display(description=_("what"), ordering="verb")
    def what(self, entry: AuditEntry) -> str:
        return deeds.words(entry.verb)

    @admin.display(description=_("to what"))
    def about(self, entry: AuditEntry) -> str:
        thing = getattr(entry, "thing", None)
        if thing is None:
            return f"{entry.subject_kind} {entry.subject_id}" if entry.subject_id else ""
        name, address = thing
        return format_html('<a href="{}">{}</a>', address, name) if address else name
