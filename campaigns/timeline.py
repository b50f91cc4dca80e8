"""What this floor adds to a contact's timeline: mails sent to her, and what she opened, clicked and left by them.

entries(7, before=now, limit=50)      # → [TimelineEntry(…, kind="click", title="Followed a link of May", …), …]
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from campaigns.models import Delivery, Event
from contacts.profile import TimelineEntry

# Acts of the upper floors have entries of their own, with more to say than the bare event.
KINDS = ("open", "click", "web_view", "offer_view", "unsubscribe", "bounce", "complaint", "reply")


def entries(contact_id: int, *, before: datetime, limit: int) -> list[TimelineEntry]:
    """Return the newest `limit` entries of this floor before that time; machines' hits are left out."""
    found = [*_mails(contact_id, before, limit), *_acts(contact_id, before, limit)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]


def _mails(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Delivery.objects.filter(contact=contact_id, sent_at__lt=before).select_related("campaign")
    return [
        TimelineEntry(
            row.sent_at, "mail", _("Mail: %(name)s") % {"name": row.campaign.name}, "", _page(row.campaign_id)
        )
        for row in rows.order_by(F("sent_at").desc())[:limit]
        if row.sent_at
    ]


def _acts(contact_id: int, before: datetime, limit: int) -> list[TimelineEntry]:
    rows = Event.objects.filter(contact=contact_id, at__lt=before, kind__in=KINDS).exclude(verdict="machine")
    titles = {
        "open": _("Opened %(name)s"),
        "click": _("Followed a link of %(name)s"),
        "web_view": _("Read %(name)s on the web"),
        "offer_view": _("Looked at the offer of %(name)s"),
        "unsubscribe": _("Left by %(name)s"),
        "bounce": _("%(name)s came back"),
        "complaint": _("Complained about %(name)s"),
        "reply": _("Replied to %(name)s"),
    }
    return [
        TimelineEntry(
            row.at,
            row.kind,
            titles[row.kind] % {"name": row.campaign.name if row.campaign else "—"},
            _detail(row),
            _page(row.campaign_id),
        )
        for row in rows.select_related("campaign", "link").order_by("-at")[:limit]
    ]


def _detail(row: Event) -> str:
    parts = [row.link.target if row.link else "", row.get_device_display() if row.device else "", row.os]
    if row.verdict != Event.Verdict.HUMAN:
        parts.append(str(row.get_verdict_display()))
    return " · ".join(part for part in parts if part)


def _page(campaign_id: int | None) -> str:
    if campaign_id is None:
        return ""
    try:
        return reverse("admin:campaigns_campaign_report", args=[campaign_id])
    except NoReverseMatch:
        return ""
