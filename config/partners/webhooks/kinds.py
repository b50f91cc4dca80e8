"""What a partner can be told of: every kind with the scope that may hear it.

NAMES["email.clicked"].scope     # → "events:read"

The table of docs/api/webhooks.md is checked against this one.
"""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.models import Event


@dataclass(frozen=True)
class Kind:
    """One kind of message and the scope a key needs for it."""

    name: str
    scope: str


# Event.Kind → the name outside: who or what it happened to, then what happened.
OF_EVENT = {
    Event.Kind.OPEN: "email.opened",
    Event.Kind.CLICK: "email.clicked",
    Event.Kind.WEB_VIEW: "email.web_viewed",
    Event.Kind.UNSUBSCRIBE: "contact.unsubscribed",
    Event.Kind.BOUNCE: "email.bounced",
    Event.Kind.COMPLAINT: "email.complained",
    Event.Kind.REPLY: "email.replied",
    Event.Kind.SHARE_INTENT: "share.pressed",
    Event.Kind.SHARE_COMPOSED: "share.composed",
    Event.Kind.EARNED_VISIT: "friend.visited",
    Event.Kind.EARNED_CONTACT: "friend.joined",
    Event.Kind.EARNED_CONVERSION: "friend.bought",
    Event.Kind.OFFER_VIEW: "offer.viewed",
    Event.Kind.CLAIM: "offer.claimed",
    Event.Kind.REDEEM: "offer.redeemed",
    Event.Kind.REVERSE: "offer.reversed",
    Event.Kind.QR_SCAN: "qr.scanned",
    Event.Kind.CONVERSION: "order.recorded",
}
# Verb of the audit log → the name outside.
OF_AUDIT = {
    "erased contact": "contact.erased",
    "merged contact": "contact.merged",
    "started campaign": "campaign.started",
    "scheduled campaign": "campaign.scheduled",
    "paused campaign": "campaign.paused",
    "resumed campaign": "campaign.resumed",
    "cancelled campaign": "campaign.cancelled",
}
CREATED, GIVEN, WITHDRAWN, TEST = "contact.created", "consent.given", "consent.withdrawn", "webhook.test"

NAMES: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(Kind(name, "events:read") for name in OF_EVENT.values()),
        *(Kind(name, f"{name.partition('.')[0]}s:read") for name in OF_AUDIT.values()),
        *(Kind(name, "contacts:read") for name in (CREATED, GIVEN, WITHDRAWN)),
    )
}
ERASED = OF_AUDIT["erased contact"]
