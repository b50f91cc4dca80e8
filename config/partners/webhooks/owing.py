"""New rows of our tables, turned into one message for each endpoint that wants it and may have it.

owe()     # → 12: so many messages are now owed; they leave with `delivering.deliver`

A source is a table that only grows, read by number up to `contacts.feeds.settled`, and its position moves in the
transaction of its messages: each row is told once to each endpoint. Bulk imports are left out (one row of a file is
not an act of a person; partners read `GET /api/v1/contacts/?updated_since=`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from campaigns.models import Campaign, Event
from config.partners.models import WebhookAttempt, WebhookEndpoint, WebhookPosition
from config.partners.webhooks import kinds
from contacts import feeds, manners
from contacts.models import AuditEntry, Consent, Contact, Identity
from social.models import Redemption

logger = logging.getLogger(__name__)
BATCH = 500  # rows of a source in one transaction


@dataclass(frozen=True)
class Happening:
    """One thing that happened, before anybody is told."""

    id: str
    kind: str
    at: datetime
    data: dict[str, Any]
    contact: int | None = None
    topic: int | None = None
    place: int | None = None

    @property
    def order_key(self) -> str:
        """Messages with the same key arrive in their order: all about one contact, else all about one campaign."""
        if self.contact:
            return f"contact:{self.contact}"
        return f"campaign:{self.data['campaign']}" if self.data.get("campaign") else ""

    def body(self) -> dict[str, Any]:
        """Return what is sent. Source: Standard Webhooks, payload structure."""
        return {"type": self.kind, "timestamp": self.at.isoformat().replace("+00:00", "Z"), "data": self.data}


@dataclass(frozen=True)
class Source:
    """A growing table and how its rows are told."""

    name: str
    model: type[Model]
    tell: Callable[[QuerySet[Any]], Iterator[Happening]]


def owe() -> int:
    """Write down what is owed since the last time and return how many messages that is.

    Reads:   Event, Consent, AuditEntry, Contact, beyond WebhookPosition and up to what is settled.
    Writes:  WebhookAttempt, WebhookPosition; an erasure also takes back what was still owed about the person.
    """
    owed = sum(_owe(source) for source in SOURCES)
    if owed:
        logger.info("webhooks owed=%d", owed)
    return owed


def _owe(source: Source) -> int:
    until, owed = feeds.settled(source.model), 0
    if WebhookPosition.objects.filter(source=source.name, last_id__gte=until).exists():
        return 0  # nothing new, and no lock taken to find that out
    while True:
        with manners.write_batch():
            position = _position(source, until)
            wanted = [Listener.of(endpoint) for endpoint in _listening()]
            if position.last_id >= until or not wanted:
                _move(position, until)
                return owed
            rows = source.model._default_manager.filter(pk__gt=position.last_id, pk__lte=until).order_by("pk")
            last = list(rows.values_list("pk", flat=True)[:BATCH])[-1:] or [until]
            owed += _write(source.tell(rows.filter(pk__lte=last[0])), wanted)
            _move(position, last[0])


def _position(source: Source, until: int) -> WebhookPosition:
    """Return the source's position, locked; a new installation begins with what happens from now on."""
    WebhookPosition.objects.get_or_create(source=source.name, defaults={"last_id": until})
    return WebhookPosition.objects.select_for_update().get(source=source.name)


def _move(position: WebhookPosition, to: int) -> None:
    if to > position.last_id:
        position.last_id = to
        position.save(update_fields=["last_id"])


def _listening() -> QuerySet[WebhookEndpoint]:
    found = WebhookEndpoint.objects.filter(is_active=True, key__revoked_at=None, key__owner__is_active=True)
    return found.select_related("key").prefetch_related("key__topics", "key__places")


@dataclass(frozen=True)
class Listener:
    """An endpoint and what it may hear: its own choice, its key's scopes, topics and places."""

    endpoint: int
    events: frozenset[str]
    scopes: frozenset[str]
    topics: frozenset[int] = field(default_factory=frozenset)
    places: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> Listener:
        key = endpoint.key
        topics = frozenset(topic.pk for topic in key.topics.all())
        places = frozenset(place.pk for place in key.places.all())
        return cls(endpoint.pk, frozenset(endpoint.events), frozenset(key.scopes), topics, places)

    def may_hear(self, told: Happening) -> bool:
        if self.events and told.kind not in self.events:
            return False
        if kinds.NAMES[told.kind].scope not in self.scopes:
            return False
        if told.kind == kinds.ERASED:  # names nobody, and whoever heard of her must forget her
            return True
        if self.places and told.place not in self.places:
            return False
        return not self.topics or told.topic in self.topics


def _write(happenings: Iterable[Happening], listeners: list[Listener]) -> int:
    rows: list[WebhookAttempt] = []
    for told in happenings:
        if told.kind == kinds.ERASED:
            take_back(told.data["contact"])
            rows = [row for row in rows if row.order_key != f"contact:{told.data['contact']}"]
        rows += [_message(told, listener) for listener in listeners if listener.may_hear(told)]
    WebhookAttempt.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def take_back(contact: int) -> int:
    """Drop what is still owed about an erased person and return how many messages that were."""
    owed = WebhookAttempt.objects.filter(order_key=f"contact:{contact}", delivered_at=None)
    return owed.delete()[0]


def _message(told: Happening, listener: Listener) -> WebhookAttempt:
    return WebhookAttempt(
        endpoint_id=listener.endpoint, message_id=told.id, event=told.kind, order_key=told.order_key, body=told.body()
    )


# --- Sources ---------------------------------------------------------------------------------------------------------


def _events(rows: QuerySet[Event]) -> Iterator[Happening]:
    """Tell of acts by people; an open or click only while she agrees that it is kept about her."""
    found = list(rows.filter(verdict=Event.Verdict.HUMAN).select_related("contact", "campaign", "delivery"))
    places = _places([row.subject_id for row in found if row.subject_kind == "redemption" and row.subject_id])
    for row in found:
        if not _is_agreed(row):
            continue
        data = {
            "event": row.pk, "contact": row.contact_id, "campaign": row.campaign_id, "link": row.link_id,
            "network": row.network or None, "device": row.device or None,
            "subject": {"kind": row.subject_kind, "id": row.subject_id} if row.subject_kind else None,
        }  # fmt: skip
        yield Happening(
            f"event-{row.pk}", kinds.OF_EVENT[Event.Kind(row.kind)], row.at, data, row.contact_id,
            row.campaign.topic_id if row.campaign else None,
            places.get(row.subject_id or 0) if row.subject_kind == "redemption" else None,
        )  # fmt: skip


def _is_agreed(row: Event) -> bool:
    if row.contact is None:  # a load of the crowd is a figure of the report, nobody's act
        return row.kind not in {Event.Kind.OPEN, Event.Kind.CLICK}
    if row.kind == Event.Kind.OPEN:
        return row.contact.open_tracking_at is not None
    return row.kind != Event.Kind.CLICK or row.contact.click_tracking_at is not None


def _places(redemptions: list[int]) -> dict[int, int | None]:
    return dict(Redemption.objects.filter(pk__in=redemptions).values_list("pk", "place_id"))


def _consents(rows: QuerySet[Consent]) -> Iterator[Happening]:
    for row in rows.exclude(method=Consent.Method.IMPORT).select_related("topic", "brand"):
        kind = kinds.GIVEN if row.is_given else kinds.WITHDRAWN
        data = {
            "consent": row.pk, "contact": row.contact_id, "purpose": row.purpose, "basis": row.basis,
            "topic": row.topic.slug if row.topic else None, "brand": row.brand.slug if row.brand else None,
        }  # fmt: skip
        if row.contact_id:
            yield Happening(f"consent-{row.pk}", kind, row.at, data, row.contact_id, row.topic_id)


def _contacts(rows: QuerySet[Contact]) -> Iterator[Happening]:
    for row in rows.exclude(identities__proof=Identity.Proof.IMPORTED):
        data = {"contact": row.pk, "source": row.source or None}
        yield Happening(f"contact-{row.pk}", kinds.CREATED, row.created_at, data, row.pk)


def _audited(rows: QuerySet[AuditEntry]) -> Iterator[Happening]:
    found = list(rows.filter(verb__in=kinds.OF_AUDIT))
    subjects = [row.subject_id for row in found if row.subject_kind == "campaign" and row.subject_id]
    topics = dict(Campaign.objects.filter(pk__in=subjects).values_list("pk", "topic_id"))
    for row in found:
        kind = kinds.OF_AUDIT[row.verb]
        if row.subject_kind == "campaign":
            data: dict[str, Any] = {"campaign": row.subject_id}
            yield Happening(f"audit-{row.pk}", kind, row.at, data, None, topics.get(row.subject_id or 0))
        elif kind == kinds.ERASED:
            yield Happening(f"audit-{row.pk}", kind, row.at, {"contact": row.detail["contact"]})
        else:
            data = {"contact": row.detail["contact"], "into": row.subject_id}
            yield Happening(f"audit-{row.pk}", kind, row.at, data, row.subject_id)


SOURCES = (
    Source("contacts", Contact, _contacts),
    Source("consents", Consent, _consents),
    Source("events", Event, _events),
    Source("audit", AuditEntry, _audited),
)


def skip_to_now() -> None:
    """Begin with what happens from now on: the first endpoint hears nothing of the years before it."""
    with transaction.atomic():
        for source in SOURCES:
            _move(_position(source, feeds.settled(source.model)), feeds.settled(source.model))
