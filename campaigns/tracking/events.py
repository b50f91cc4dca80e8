"""Record what a person did on our pages or at a till: one event, once, with every rollup, in the caller's transaction.

    record("claim", key=f"claim:{claim.pk}", contact=ann, campaign=campaign, subject=("claim", claim.pk))
    record_many([Act(kind="earned_visit", at=hit.at, key=f"visit:{visit.pk}", campaign_id=7)])

The kinds are those of `Event.Kind`, explained in docs/events.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, Delivery, Event, Link
from campaigns.tracking import rollups
from campaigns.tracking.rollups import Act
from contacts.models import Contact

__all__ = ["Act", "UnknownKind", "record", "record_many", "record_new"]


class UnknownKind(ValueError):
    """An event kind that `Event.Kind` does not have."""


def record(
    kind: str,
    *,
    key: str,
    at: datetime | None = None,
    contact: Contact | None = None,
    campaign: Campaign | None = None,
    delivery: Delivery | None = None,
    link: Link | None = None,
    network: str = "",
    device: tuple[str, str] = ("", ""),
    subject: tuple[str, int | None] = ("", None),
) -> Event | None:
    """Store one human act and return its event, or None when the key was recorded before.

    device   class and system, as `classify.look` tells them of a browser's name
    Reads:   Event by key.
    Writes:  Event, HourlyTotal, Engagement, LinkEngagement, contact.last_*_at.
    Raises:  UnknownKind for a kind that is not documented.
    """
    act = Act(
        kind=str(kind),
        at=at or timezone.now(),
        key=key,
        campaign_id=campaign.pk if campaign else (delivery.campaign_id if delivery else None),
        contact_id=contact.pk if contact else (delivery.contact_id if delivery else None),
        delivery_id=delivery.pk if delivery else None,
        link_id=link.pk if link else None,
        network=network,
        device=device[0],
        os=device[1],
        subject_kind=subject[0],
        subject_id=subject[1],
    )
    return Event.objects.get(key=key, at=act.at) if record_many([act]) else None


def record_new(act: Act) -> None:
    """Store an act whose key names a row made in this very transaction, so that nobody can have recorded it.

    Writes:  as `record`, without a look and without a savepoint; call it inside a transaction.
    """
    rollups.insert([act], once=True)
    rollups.add([act])


def record_many(acts: Sequence[Act]) -> list[Act]:
    """Store acts and return those that were new, in their order; doubled keys are passed over.

    Writes:  as `record`, one statement per table.
    """
    for act in acts:
        if act.kind not in Event.Kind.values:
            raise UnknownKind(f"Unknown event kind {act.kind!r}; use one of {', '.join(Event.Kind.values)}.")
    with transaction.atomic():
        known = set(Event.objects.filter(key__in=[act.key for act in acts]).values_list("key", flat=True))
        fresh: dict[str, Act] = {}
        for act in acts:
            if act.key not in known:
                fresh.setdefault(act.key, act)
        new = [act for act in fresh.values() if rollups.insert([act], once=True)]  # one by one: a rival may be first
        rollups.add(new)
    return new
