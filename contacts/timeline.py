"""What this floor adds to a contact's timeline: her entry, her yeses and noes, subscriptions and identities.

entries(7, before=now, limit=50)      # → [TimelineEntry(…, kind="consent", title="Agreed: measure opens"), …]
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from contacts.models import AuditEntry, Consent, Contact, Identity, Notice, Subscription
from contacts.profile import TimelineEntry

MOVED = "changed address of contact"  # contacts.rights


def entries(contact_id: int, *, before: datetime, limit: int) -> list[TimelineEntry]:
    """Return the newest `limit` entries of this floor before that time."""
    found = [
        *_consents(contact_id, before, limit),
        *_identities(contact_id, before, limit),
        *_notices(contact_id, before, limit),
        *_waiting(contact_id, before, limit),
        *_merges(contact_id, before, limit),
        *_entry(contact_id, before),
    ]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]


def _consents(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Consent.objects.filter(contact_id=contact_id, at__lt=before).select_related("topic").order_by("-at")[:limit]
    return [TimelineEntry(row.at, "consent", _consent_title(row), _consent_detail(row)) for row in rows]


def _consent_title(row: Consent) -> str:
    if row.topic:
        words = _("Subscribed to %(topic)s") if row.is_given else _("Left %(topic)s")
        return words % {"topic": row.topic.name}
    words = _("Agreed: %(purpose)s") if row.is_given else _("No longer agrees: %(purpose)s")
    return words % {"purpose": row.get_purpose_display()}


def _consent_detail(row: Consent) -> str:
    said = [row.get_method_display(), row.get_basis_display() if row.is_given else "", row.actor]
    return " · ".join(word for word in said if word)


def _identities(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Identity.objects.filter(contact_id=contact_id, created_at__lt=before).order_by("-created_at")[:limit]
    return [
        TimelineEntry(
            row.created_at,
            "identity",
            _("Known by %(kind)s %(value)s") % {"kind": row.get_kind_display(), "value": row.value},
            " · ".join(word for word in (row.get_proof_display(), row.source) if word),
        )
        for row in rows
    ]


def _notices(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Notice.objects.filter(contact_id=contact_id, kind="confirm_subscription", created_at__lt=before)
    return [
        TimelineEntry(row.created_at, "request", _("Asked to be written to; a mail asks to confirm"))
        for row in rows.order_by("-created_at")[:limit]
    ]


def _waiting(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Subscription.objects.filter(
        contact_id=contact_id, state=Subscription.State.PENDING, created_at__lt=before
    ).select_related("topic")
    return [
        TimelineEntry(row.created_at, "subscription", _("Has yet to confirm %(topic)s") % {"topic": row.topic.name})
        for row in rows.order_by("-created_at")[:limit]
    ]


def _merges(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = AuditEntry.objects.filter(
        subject_kind="contact", subject_id=contact_id, at__lt=before, verb__in=["merged contact", MOVED]
    ).order_by("-at")[:limit]
    return [
        TimelineEntry(row.at, "identity", _("Has another address now"), row.actor_label)
        if row.verb == MOVED
        else TimelineEntry(
            row.at,
            "merge",
            _("Merged with contact %(id)s") % {"id": row.detail.get("contact", "")},
            _("%(n)d rows moved") % {"n": sum(row.detail.get("moved", {}).values())} + f" · {row.actor_label}",
        )
        for row in rows
    ]


def _entry(contact_id: int, before: datetime) -> list[TimelineEntry]:
    contact = Contact.objects.filter(pk=contact_id, created_at__lt=before).select_related("referred_by").first()
    if contact is None:
        return []
    detail = _("from %(source)s") % {"source": contact.source} if contact.source else ""
    if contact.referred_by:
        detail = _("brought by %(friend)s") % {"friend": contact.referred_by}
    return [TimelineEntry(contact.created_at, "entry", _("Became known to us"), detail)]
