"""The statements of one batch: what was decided for each contact, into each table at once.

Writing(batch, drafts).write()          # inside a transaction of the caller
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from contacts import bulk
from contacts.consent import wording_hash
from contacts.models import Consent, Contact, ContactTag, Identity, Subscription, Suppression, Tag
from contacts.models.consent import Basis
from contacts.suppression import hash_of_normalised

if TYPE_CHECKING:
    from contacts.importing.upsert import Batch, Draft

FRESH = [
    "id", "email", "address_hash", "unsendable", "first_name", "last_name", "language", "time_zone", "attributes",
    "source", "created_at", "updated_at",
]  # fmt: skip
CHANGED = [
    "email", "address_hash", "unsendable", "first_name", "last_name", "language", "time_zone", "attributes",
    "updated_at",
]  # fmt: skip
SUBSCRIPTION = [
    "contact", "topic", "state", "basis", "source", "created_at", "subscribed_at", "unsubscribed_at", "reason",
]  # fmt: skip
CONSENT = [
    "contact", "address_hash", "brand", "topic", "purpose", "is_given", "basis", "method", "wording_hash", "wording",
    "language", "evidence", "actor", "at",
]  # fmt: skip


@lru_cache(maxsize=10_000)
def at_once(moment: datetime) -> Any:
    """Return a time as `bulk.load` takes it; remembered, as an import asks for few days over and over."""
    return bulk.at(moment)


class Writing:
    """One batch on its way into the tables."""

    def __init__(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        self.batch, self.options, self.drafts = batch, batch.options, drafts
        self.now, self.source = bulk.at(batch.now), batch.options.source[:120]
        self._at = at_once  # a file has few days and many people

    def write(self) -> None:
        """Write contacts first: all else points to them.

        Raises:  IntegrityError when somebody else made one of them meanwhile.
        """
        self._contacts()
        self._identities()
        self._tags()
        self._suppressions()
        self._subscriptions()

    def _hash(self, draft: Draft) -> str:
        return (self.batch.hashes.get(draft.email) or hash_of_normalised(draft.email)) if draft.email else ""

    def _contacts(self) -> None:
        fresh = [draft for draft in self.drafts if not draft.id]
        changed = [draft for draft in self.drafts if draft.is_changed and draft.id]
        for draft, key in zip(fresh, bulk.next_keys(Contact, len(fresh)) if fresh else (), strict=True):
            draft.id = key
        stamps = (self.source, self.now, self.now)
        dumps = json.JSONEncoder().encode
        rows = [
            (
                draft.id, draft.email or None, self._hash(draft), _unsendable(draft.email),
                *draft.values.values(), dumps(draft.attributes), *stamps,
            )
            for draft in fresh
        ]  # fmt: skip
        bulk.load(Contact, FRESH, rows)
        bulk.update(
            Contact,
            CHANGED,
            [
                (
                    draft.id, draft.email or None, self._hash(draft), _unsendable(draft.email),
                    *draft.values.values(), draft.attributes, self.batch.now,
                )
                for draft in changed
            ],
        )  # fmt: skip

    def _identities(self) -> None:
        stamps = (Identity.Proof.IMPORTED.value, self.source, self.now)
        rows = [(draft.id, kind, value, *stamps) for draft in self.drafts for kind, value in draft.identities]
        bulk.load(Identity, ["contact", "kind", "value", "proof", "source", "created_at"], rows)

    def _tags(self) -> None:
        words = sorted({tag for draft in self.drafts for tag in draft.tags})
        if not words:
            return
        bulk.insert(Tag, ["name"], [(word,) for word in words], unique=["name"])
        keys = dict(Tag.objects.filter(name__in=words).values_list("name", "pk"))
        rows = [(draft.id, keys[tag]) for draft in self.drafts for tag in sorted(draft.tags)]
        bulk.insert(ContactTag, ["contact", "tag"], rows, unique=["contact", "tag"])

    def _suppressions(self) -> None:
        Suppression.objects.bulk_create(
            [
                Suppression(address_hash=self._hash(draft), reason=draft.suppress, source=self.source)
                for draft in self.drafts
                if draft.suppress
            ],
            ignore_conflicts=True,
        )

    def _subscriptions(self) -> None:
        topic = self.options.topic
        if topic is None:
            return
        standing, basis = self.batch.standing, self.options.basis
        yes = [(draft, draft.subscribed_at) for draft in self.drafts if draft.subscribed_at and draft.id]
        no = [(draft, draft.left_at) for draft in self.drafts if draft.left_at and draft.id]
        common = (self.source, self.now)
        rows: list[tuple[Any, ...]] = [
            (draft.id, topic.pk, "subscribed", basis, *common, self._at(moment), None, "")
            for draft, moment in yes
            if draft.id not in standing
        ]
        rows += [
            (draft.id, topic.pk, "unsubscribed", Basis.NONE.value, *common, None, self._at(moment), "")
            for draft, moment in no
            if draft.id not in standing
        ]
        bulk.load(Subscription, SUBSCRIPTION, rows)
        held = Subscription.objects.filter(topic=topic)
        for draft, moment in yes:
            if draft.id in standing:
                waiting = held.filter(contact_id=draft.id, state=Subscription.State.PENDING)
                waiting.update(state=Subscription.State.SUBSCRIBED, basis=basis, subscribed_at=moment)
        for draft, moment in no:
            if draft.id in standing:
                held.filter(contact_id=draft.id).update(state=Subscription.State.UNSUBSCRIBED, unsubscribed_at=moment)
        self._consents(yes, basis, is_given=True)
        self._consents(no, Basis.NONE, is_given=False)

    def _consents(self, drafts: Sequence[tuple[Draft, Any]], basis: str, *, is_given: bool) -> None:
        options, topic = self.options, self.options.topic
        if topic is None or not drafts:
            return
        words = (wording_hash(options.wording), options.wording, "", json.dumps(options.evidence), options.actor[:120])
        fixed: tuple[Any, ...] = (topic.brand_id, topic.pk, Consent.Purpose.EMAIL.value, is_given, str(basis))
        fixed += (Consent.Method.IMPORT.value, *words)
        bulk.load(
            Consent,
            CONSENT,
            [(draft.id, self._hash(draft), *fixed, self._at(moment)) for draft, moment in drafts],
        )


def _unsendable(email: str) -> str:
    return "" if email.isascii() else Contact.Unsendable.EAI.value
