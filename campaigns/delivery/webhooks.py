"""What providers report by webhook, for every provider that Anymail reads: checked, translated, and into `bounces`.

receive(request, "postmark")     # → 3 events taken

A report is believed when the provider signed it, or when the request bears HOOK_SECRET. Replays, other orders and
reports about mails that we do not know change nothing.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import anymail.urls
from anymail.exceptions import (
    AnymailError,
    AnymailImproperlyInstalled,
    AnymailInsecureWebhookWarning,
    AnymailWebhookValidationFailure,
)
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import HttpRequest

from campaigns.delivery import bounces, replies
from campaigns.delivery.returned import MESSAGE_ID, code_of
from campaigns.models import Delivery
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose
from contacts import consent

logger = logging.getLogger(__name__)
warnings.filterwarnings("ignore", category=AnymailInsecureWebhookWarning)  # such hooks are refused below

# Anymail's views by provider: amazon_ses brevo mailersend mailgun mailjet mailtrap mandrill postal postmark …
VIEWS: dict[str, Any] = {
    pattern.name.removesuffix("_webhook").removesuffix("_tracking"): pattern.callback.view_class
    for pattern in anymail.urls.urlpatterns
    if (pattern.name.endswith("_tracking_webhook") or pattern.name == "mandrill_webhook")
    and "sendinblue" not in pattern.name  # Brevo's former name
}


class SesReports(AmazonSESTrackingWebhookView):  # type: ignore[misc]  # Anymail has no types
    """Amazon's reports, also without boto3: then a person confirms the subscription in Amazon's console."""

    def __init__(self, **kwargs: Any) -> None:
        try:
            super().__init__(**kwargs)
        except AnymailImproperlyInstalled:
            self.auto_confirm_enabled = False
            AnymailBaseWebhookView.__init__(self, **kwargs)


VIEWS["amazon_ses"] = SesReports


class NotSetUp(Exception):
    """Nothing protects this provider's reports: neither its key nor HOOK_SECRET is set."""


class NotBelieved(Exception):
    """The request bears no valid signature or secret."""


class NotRead(Exception):
    """The request's body is not what the provider sends."""


def receive(request: HttpRequest, provider: str) -> int:
    """Take the events of one request and return how many changed something.

    Writes:  as `bounces` does; a subscription ended where a person left through the provider.
    Raises:  LookupError for a provider that Anymail does not read, NotSetUp, NotBelieved, NotRead; then nothing is
             written.
    """
    view = made(provider)
    view.setup(request)
    try:
        view.run_validators(request)
    except ImproperlyConfigured as why:  # a key that is asked for only now
        raise NotSetUp(str(why)) from None
    except (AnymailWebhookValidationFailure, SuspiciousOperation) as why:
        raise NotBelieved(str(why)) from None
    except (LookupError, ValueError, TypeError, AttributeError, AnymailError) as why:
        raise NotBelieved(type(why).__name__) from None
    try:
        found = list(view.parse_events(request))
    except AnymailWebhookValidationFailure as why:
        raise NotBelieved(str(why)) from None
    except (LookupError, ValueError, TypeError, AttributeError, AnymailError, OverflowError) as why:
        raise NotRead(type(why).__name__) from None
    return sum(take(event) for event in found if isinstance(event, AnymailTrackingEvent))


def made(provider: str) -> Any:
    """Return Anymail's view of a provider, when something protects it."""
    try:
        view = VIEWS[provider]()
    except ImproperlyConfigured as why:
        raise NotSetUp(str(why).splitlines()[0]) from None
    if view.warn_if_no_basic_auth and not view.basic_auth:
        raise NotSetUp("HOOK_SECRET is empty")
    return view


def take(event: AnymailTrackingEvent) -> bool:
    """Draw the consequences of one event and say whether there were any."""
    row = delivery(event)
    if row is None:
        return False
    kind = event.event_type
    if kind == "bounced":
        return bounced(event, row)
    if kind == "complained":
        return bounces.complained(row)
    if kind in {"rejected", "failed"}:
        return bounces.refused_later(row, f"{event.reject_reason or kind}: {event.description or ''}")
    if kind == "unsubscribed" and row.contact is not None:
        return bool(consent.unsubscribe(row.contact, row.campaign.topic, method="provider"))
    if kind in {"delivered", "sent", "opened", "clicked"}:
        return bounces.accepted(row)
    return False


def own_message_id(event: AnymailTrackingEvent) -> str:
    """Return our Message-ID where the provider tells it beside a number of its own: Postal."""
    payload = event.esp_event.get("payload") if isinstance(event.esp_event, dict) else None
    if not isinstance(payload, dict):
        return ""
    message = payload.get("message") or payload.get("original_message")
    return str(message.get("message_id") or "") if isinstance(message, dict) else ""


def bounced(event: AnymailTrackingEvent, row: Delivery) -> bool:
    """Note a bounce: by the receiver's own words where the provider passes them on, else by its kind."""
    text = str(event.mta_response or event.description or "")
    status = replies.enhanced_anywhere(text)
    if status or text[:3].isdigit():
        return bounces.came_back(row, code_of(status, text), f"{status} {text}".strip())
    words = {
        "invalid": (550, "5.1.1 the provider calls the address invalid"),
        "bounced": (550, "5.1.1 the provider calls it a hard bounce"),
        "spam": (550, "5.7.1 taken for spam"),
        "blocked": (550, "5.7.1 blocked"),
        "timed_out": (450, "4.4.7 not reached in time"),
    }
    return bounces.came_back(row, *words.get(event.reject_reason or "", (550, f"5.0.0 {text}")))


def delivery(event: AnymailTrackingEvent) -> Delivery | None:
    """Return an event's delivery: by the token in our Message-ID, metadata or tag, else by the metadata's number."""
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    message_id = str(event.message_id or "")
    written = [str(metadata.get("token", "")), *MESSAGE_ID.findall(f"<{message_id.strip('<>')}")]
    written += [str(tag) for tag in (event.tags or [])[:10]]  # MailerSend brings nothing else back
    written += MESSAGE_ID.findall(f"<{own_message_id(event).strip('<>')}")
    for text in written:
        if (known := tokens.read(text.lower(), Purpose.BOUNCE)) is not None:
            return bounces.find(known.campaign_id, known.delivery_id)
    number = str(metadata.get("delivery", ""))
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return None
    return Delivery.objects.filter(pk=int(number)).select_related("campaign", "contact").first()
