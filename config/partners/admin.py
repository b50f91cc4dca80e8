"""Partners in the desk: their keys, their webhooks and the log of what these were sent."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from config.partners import keys
from config.partners.models import ApiKey, WebhookAttempt, WebhookEndpoint
from config.partners.scope_words import told
from config.partners.webhooks import delivering, endpoints, kinds
from contacts.admin_base import BigTableAdmin, FanfareAdmin, ReadOnlyAdmin


class ApiKeyForm(forms.ModelForm[ApiKey]):
    """A key is named, given scopes and an end; its secret is made, never typed."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=[
            (scope, format_lazy("{words} ({scope})", words=told(scope), scope=scope))
            for scope in keys.SCOPES
            if told(scope)
        ],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Only what this partner needs; everything else is refused."),
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "expires_at", "per_minute", "topics", "places"]


@admin.register(ApiKey)
class ApiKeyAdmin(FanfareAdmin):
    """Partners' keys: made here or by `manage.py create_api_key`, shown once."""

    form = ApiKeyForm
    list_display = ["name", "prefix", "owner", "created_at", "last_used_at", "expires_at", "revoked_at"]
    search_fields = ["name", "prefix"]
    empty_words = gettext_lazy("A key lets a partner's program read and write by API, only what its scopes name.")
    list_select_related = ["owner"]
    autocomplete_fields = ["topics", "places"]
    actions = ["renew", "revoke"]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Issue a new key and show its text once; a change touches what the form shows only."""
        if change:
            super().save_model(request, obj, form, change)
            return
        owner = cast(User, request.user)  # the admin lets nobody else in
        made, text = keys.issue(obj.name, owner, obj.scopes, expires_at=obj.expires_at, per_minute=obj.per_minute)
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()
        shown = _("The key, shown this once. Copy it now: %(text)s") % {"text": text}
        self.message_user(request, shown, messages.WARNING)

    @action(  # type: ignore[untyped-decorator]
        description=gettext_lazy("Renew; the old one opens for 24 hours more"), permissions=["change"]
    )
    def renew(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Give each chosen key a new secret and show it once."""
        for key in queryset.filter(revoked_at=None):
            text = keys.rotate(key, cast(User, request.user))
            shown = _("The new key of %(name)s, shown this once. Copy it now: %(text)s")
            self.message_user(request, shown % {"name": key.name, "text": text}, messages.WARNING)

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


class WebhookForm(forms.ModelForm[WebhookEndpoint]):
    """Whose it is, where to, and what it hears; the same rules as by API."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(name, name) for name in kinds.NAMES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text=gettext_lazy("None chosen: all that the key's scopes allow."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["key", "url", "events", "is_active"]

    def clean(self) -> dict[str, Any]:
        """Refuse what `endpoints` would."""
        given = super().clean() or {}
        key = given.get("key") or getattr(self.instance, "key", None)
        try:
            field = "url"
            endpoints.check_url(given.get("url", ""))
            if key:
                field = "events"
                endpoints.check_events(key, given.get("events", []))
        except endpoints.BadEndpoint as why:
            self.add_error(field, str(why))
        return given


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(FanfareAdmin):
    """Where partners want to be told of events, how that goes, and the presses that help when it does not."""

    form = WebhookForm
    list_display = ["url", "key", "is_active", "standing", "created_at"]
    list_select_related = ["key"]
    readonly_fields = ["standing", "disabled_reason"]
    actions = ["send_test", "replay_failed", "renew_secret"]
    actions_detail = ["show_log"]
    actions_submit_line = ["save_and_test"]
    empty_words = gettext_lazy(
        "An address of a partner that is told of each event within seconds, signed with a secret."
    )

    def get_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> Any:
        return ["key", "url", "events", "is_active", *(self.readonly_fields if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> Any:
        return [*self.readonly_fields, "key"] if obj else self.readonly_fields

    @admin.display(description=gettext_lazy("how it goes"))
    def standing(self, endpoint: WebhookEndpoint) -> str:
        """Say in one line what was delivered, what is owed and since when it fails."""
        counts = delivering.pending(endpoint)
        told = _("%(delivered)d delivered, %(owed)d owed, %(given_up)d given up") % counts
        if endpoint.failing_since is None:
            return told
        return told + " · " + _("failing since %(when)s") % {"when": f"{endpoint.failing_since:%Y-%m-%d %H:%M} UTC"}

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """Keep it by the same verbs as the API; a new one's secret is shown once."""
        given = form.cleaned_data
        if change:
            fields = {name: given[name] for name in form.changed_data if name in {"url", "events", "is_active"}}
            endpoints.change(obj, by=request.user, **fields)
        else:
            made = endpoints.make(given["key"], given["url"], given["events"], by=request.user)
            obj.pk, obj._state.adding = made.pk, False
            self._show_secret(request, made)
        obj.refresh_from_db()
        super().save_model(request, obj, form, True)  # the buttons beside “Save” hang on it

    def _show_secret(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        shown = _("The secret that signs for %(url)s, shown this once. Copy it now: %(text)s")
        shown %= {"url": endpoint.url, "text": endpoint.secret}
        self.message_user(request, shown, messages.WARNING)

    @action(description=gettext_lazy("Save and send a test event"), permissions=["change"])  # type: ignore[untyped-decorator]
    def save_and_test(self, request: HttpRequest, obj: WebhookEndpoint) -> None:
        """Ask now and say how the receiver answered."""
        self._test(request, obj)

    @action(description=gettext_lazy("Send a test event"), permissions=["change"])  # type: ignore[untyped-decorator]
    def send_test(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Ask each chosen one now."""
        for endpoint in queryset:
            self._test(request, endpoint)

    def _test(self, request: HttpRequest, endpoint: WebhookEndpoint) -> None:
        sent = endpoints.test(endpoint)
        if sent.delivered_at:
            told = _("%(url)s answered %(status)s. All is well.") % {"url": endpoint.url, "status": sent.status}
            self.message_user(request, told)
            return
        why = sent.error or _("it answered %(status)s") % {"status": sent.status}
        told = _("The test did not arrive at %(url)s: %(why)s.") % {"url": endpoint.url, "why": why}
        self.message_user(request, told, messages.ERROR)

    @action(  # type: ignore[untyped-decorator]
        description=gettext_lazy("Send again what was given up"), permissions=["change"]
    )
    def replay_failed(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Owe again what was given up."""
        n = sum(endpoints.replay(endpoint, by=request.user) for endpoint in queryset)
        told = ngettext("%(n)d message will be sent again.", "%(n)d messages will be sent again.", n) % {"n": n}
        self.message_user(request, told)

    @action(  # type: ignore[untyped-decorator]
        description=gettext_lazy("Renew the secret; the old one signs too for 24 hours"), permissions=["change"]
    )
    def renew_secret(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Give each chosen one a new secret and show it once."""
        for endpoint in queryset.select_related("key"):
            self._show_secret(request, endpoints.rotate_secret(endpoint, by=request.user))

    @action(description=gettext_lazy("Delivery log"), url_path="to-log", permissions=["view"])  # type: ignore[untyped-decorator]
    def show_log(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the messages of this endpoint."""
        return redirect(f"{reverse('admin:config_webhookattempt_changelist')}?endpoint__id__exact={object_id}")


@admin.register(WebhookAttempt)
class WebhookAttemptAdmin(BigTableAdmin, ReadOnlyAdmin):
    """What was sent, what is owed, and how often it was tried; newest first."""

    list_display = ["created_at", "event", "message_id", "endpoint", "tries", "status", "error", "delivered_at"]
    list_filter = [
        "endpoint",
        ("delivered_at", admin.EmptyFieldListFilter),
        ("given_up_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["=message_id", "=event", "=order_key"]
    list_select_related = ["endpoint"]
    ordering = ["-pk"]
    actions = ["send_again"]
    empty_words = gettext_lazy(
        "Every message to a webhook stands here, with how often it was tried and what was answered."
    )

    @action(description=gettext_lazy("Send again"), permissions=["replay"])  # type: ignore[untyped-decorator]
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookAttempt]) -> None:
        """Owe the chosen messages again, under their old ids."""
        n = delivering.again(queryset)
        told = ngettext("%(n)d message will be sent again.", "%(n)d messages will be sent again.", n) % {"n": n}
        self.message_user(request, told)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("config.change_webhookendpoint")
