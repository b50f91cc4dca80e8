"""What happened, to be looked at: events with the rule that spoke, engagement, links with history, spool files."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from campaigns import links
from campaigns.models import Engagement, Event, Link, LinkTarget, SpoolFile
from campaigns.tracking import explain
from contacts.admin_base import BigTableAdmin, ReadOnlyAdmin, SeenInline, found


@admin.register(Event)
class EventAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Every hit and act with its verdict, and why."""

    list_display = ["at", "kind", "verdict", "why", "campaign", "contact", "network", "device"]
    list_filter = ["kind", "verdict", "device"]
    list_select_related = ["campaign", "contact"]
    ordering = ["-id"]  # as they came in; by the time of the act a million of one minute would be sorted
    list_display_links = ["at"]
    change_form_before_template = "admin/campaigns/event/why.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let a report's numbers open their rows."""
        return lookup in {"os__exact", "link__exact", "network__exact", "country__exact"} or super().lookup_allowed(
            lookup, value, request
        )

    @admin.display(description=_("why"))
    def why(self, event: Event) -> str:
        """The rule that spoke, in words."""
        return explain.why(event)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = {"told": explain.explain(found(Event, object_id))} if self.has_view_permission(request) else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})
        return page

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        return [
            "kind", "at", "verdict", "why", "ruleset", "campaign", "contact", "delivery", "link", "network", "device",
            "os", "country", "ip_prefix", "user_agent", "subject_kind", "subject_id", "created_at",
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        return self.get_fields(request, obj)


class Acts(admin.SimpleListFilter):
    """The kinds of acts that there are; Django's own filter would look through all rows for them."""

    title = _("kind")
    parameter_name = "kind__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Event.Kind.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Engagement]) -> QuerySet[Engagement]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Engagement)
class EngagementAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Who did what about which campaign: the people behind a report's numbers."""

    list_display = ["contact", "kind", "campaign", "first_at", "last_at", "n"]
    list_filter = [Acts]
    list_select_related = ["campaign", "contact"]
    ordering = ["-id"]


class LinkTargetInline(SeenInline):
    """Where the link led before."""

    model = LinkTarget
    fields = ["target", "until", "changed_by"]


@admin.register(Link)
class LinkAdmin(BigTableAdmin):
    """Links of mails and prints; a new target is live within seconds, also in mails already sent.

    A shared link has a list of its own upstairs; here, by its address, one sets when it ends and where it then leads.
    """

    list_display = ["target", "kind", "campaign", "number", "updated_at"]
    list_filter = ["kind"]
    list_select_related = ["campaign"]
    readonly_fields = ["kind", "campaign", "number", "block", "contact", "created_at"]
    fields = ["target", "expires_at", "fallback", *readonly_fields]
    inlines = [LinkTargetInline]
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Link | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Link, form: ModelForm[Link], change: bool) -> None:
        target, obj.target = obj.target, form.initial.get("target", obj.target)
        super().save_model(request, obj, form, change)
        links.retarget(obj, target, request.user if request.user.is_authenticated else None)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Link]:
        rows: QuerySet[Link] = super().get_queryset(request)
        is_list = request.resolver_match is not None and not request.resolver_match.kwargs
        return rows.exclude(kind=Link.Kind.SHARE) if is_list else rows

    def get_readonly_fields(self, request: HttpRequest, obj: Link | None = None) -> list[str]:
        """A shared link always leads to the friend's page."""
        is_shared = obj is not None and obj.kind == Link.Kind.SHARE
        return [*self.readonly_fields, "target"] if is_shared else [*self.readonly_fields]


@admin.register(SpoolFile)
class SpoolFileAdmin(BigTableAdmin, ReadOnlyAdmin):
    """How far each spool file was read."""

    list_display = ["name", "node", "offset", "torn_lines", "started_at", "finished_at"]
    list_filter = ["node"]
    ordering = ["-id"]
