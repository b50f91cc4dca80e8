"""The ledger to look at, the Outbox to read and click in, the holds to lift."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from campaigns.delivery import control, hold, progress
from campaigns.models import Delivery, OutboxMail, RelayState, SendingHold
from contacts.admin_base import SANDBOX, BigTableAdmin, ReadOnlyAdmin, found

REPORTED = {"contact__email__endswith", "bounced_at__isnull", "complained_at__isnull"}


@admin.register(Delivery)
class DeliveryAdmin(BigTableAdmin, ReadOnlyAdmin):
    """The ledger: one row a mail, never changed by hand."""

    list_display = ["contact", "campaign", "state", "attempts", "reply_code", "sent_at"]
    list_filter = ["state", ("campaign", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["=contact__email", "=id"]
    list_select_related = ["contact", "campaign"]
    ordering = ["-id"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let a report's numbers open their rows."""
        return lookup in REPORTED or super().lookup_allowed(lookup, value, request)

    def get_list_filter(self, request: HttpRequest) -> Any:
        return ["state"]  # a filter by campaign comes with the link from the campaign's page


@admin.register(OutboxMail)
class OutboxMailAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Mails kept instead of sent: the newest first; a click opens the mail as its reader sees it."""

    change_form_template = "admin/campaigns/outbox/mail.html"
    list_display = ["subject", "recipient", "created_at"]
    list_display_links = ["subject", "recipient"]
    search_fields = ["recipient__startswith", "subject__startswith"]
    ordering = ["-created_at", "-id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("message")

    def get_urls(self) -> list[URLPattern]:
        html = self.admin_site.admin_view(self.html)
        return [path("<int:pk>/html/", html, name="campaigns_outboxmail_html"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        mail = found(OutboxMail, object_id)
        if not self.has_view_permission(request, mail):
            raise PermissionDenied
        parsed = read(mail)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": mail.subject,
            "mail": mail,
            "headers": [(name, str(value)) for name, value in parsed.items()],
            "text": part(parsed, "plain"),
        }
        return render(request, self.change_form_template, context)

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(
        csp_replace(
            {
                **SANDBOX,
                "frame-ancestors": ["'self'"],
                "img-src": ["'self'", "data:", "https:", settings.SITE_URL, settings.TRACKING_URL],
            }
        )
    )
    def html(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Answer the mail's HTML part for the sandboxed frame; its links open in a new tab."""
        mail = get_object_or_404(OutboxMail, pk=pk)
        if not self.has_view_permission(request, mail):
            raise PermissionDenied
        return HttpResponse(in_new_tabs(part(read(mail), "html")))


def read(mail: OutboxMail) -> EmailMessage:
    """Return the kept bytes, parsed."""
    return email.message_from_bytes(bytes(mail.message), policy=email.policy.default)


def part(message: EmailMessage, kind: str) -> str:
    """Return the text or HTML part, '' when there is none."""
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def in_new_tabs(html: str) -> str:
    """Let the links of a mail open outside the frame that shows it."""
    base = '<base target="_blank">'
    return re.sub(r"(<head[^>]*>)", rf"\1{base}", html, count=1) if "<head" in html else base + html


@admin.register(SendingHold)
class SendingHoldAdmin(BigTableAdmin, ReadOnlyAdmin):
    """Holds: why nothing is sent, and the page that lifts one, campaign by campaign."""

    change_form_template = "admin/campaigns/hold/lift.html"
    list_display = ["reason", "since", "lifted_at", "lifted_by"]
    list_select_related = ["lifted_by"]
    ordering = ["-since"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        held = found(SendingHold, object_id)
        if not self.has_view_permission(request, held):
            raise PermissionDenied
        if request.method == "POST":
            return self.lift(request, held)
        campaigns = list(hold.affected())
        numbers = progress.of_many([campaign.pk for campaign in campaigns])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Sending is held") if held.lifted_at is None else _("This hold was lifted"),
            "held": held,
            "campaigns": [(campaign, numbers[campaign.pk]) for campaign in campaigns],
            "may_lift": request.user.has_perm("campaigns.start_campaign"),
        }
        return render(request, self.change_form_template, context)

    def lift(self, request: HttpRequest, held: SendingHold) -> HttpResponse:
        """Lift the hold as chosen for each campaign."""
        if not request.user.has_perm("campaigns.start_campaign"):
            raise PermissionDenied
        choices = {campaign.pk: request.POST.get(f"campaign-{campaign.pk}", "") for campaign in hold.affected()}
        here = reverse("admin:campaigns_sendinghold_change", args=[held.pk])
        try:
            hold.lift(held, request.user, choices)
        except control.Refused as why:
            messages.error(request, str(why))
            return HttpResponseRedirect(here)
        messages.success(request, _("The hold is lifted; mails go out again."))
        return HttpResponseRedirect(reverse("admin:campaigns_campaign_changelist"))


@admin.register(RelayState)
class RelayStateAdmin(ReadOnlyAdmin):
    """What is remembered of each relay: failures in a row and until when it is left alone."""

    list_display = ["name", "health", "failures", "open_until", "last_error"]

    @admin.display(description=gettext_lazy("health"))
    def health(self, relay: RelayState) -> str:
        if relay.failures:
            return format_html('<span class="fan-badge fan-badge-bad">{}</span>', _("fails"))
        return format_html('<span class="fan-badge fan-badge-good">{}</span>', _("works"))
