"""A batch of people into the tables by a handful of statements, whatever its size.

outcome = write(people, options)        # inside a transaction of the caller
outcome.created + outcome.updated + outcome.unchanged + len(outcome.rejected) == len(people)

Reads what is known of them in one query per table, decides in Python, writes one statement per table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import bulk
from contacts.consent import has_left, wording_hash
from contacts.importing.rows import Person
from contacts.models import Brand, Consent, Contact, ContactTag, Identity, Subscription, Suppression, Tag, Topic
from contacts.models.consent import Basis
from contacts.suppression import hash_of_normalised

COLUMNS = ("first_name", "last_name", "language", "time_zone")
Key = tuple[str, str]


@dataclass(frozen=True)
class Options:
    """What the person who imports decided for all lines."""

    topic: Topic | None = None
    basis: str = Basis.NONE
    tags: Sequence[str] = ()
    source: str = ""
    wording: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    overwrite: bool = True  # else a value that is there already stays
    actor: str = ""

    @property
    def subscribes(self) -> bool:
        """Whether lines become subscriptions: no basis, no mail."""
        return self.topic is not None and self.basis != Basis.NONE


@dataclass
class Outcome:
    """What became of the lines of a batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    subscribed: int = 0
    suppressed: int = 0
    rejected: list[tuple[Person, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Draft:
    """A contact as it will be after the batch; `id` 0 while it is new."""

    id: int
    email: str
    values: dict[str, str]
    attributes: dict[str, Any]
    is_changed: bool = False
    identities: list[Key] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    subscribed_at: datetime | None = None


def write(people: Sequence[Person], options: Options) -> Outcome:
    """Create or change the contacts of these lines; empty cells change nothing, who left stays away.

    Writes:  Contact, Identity, Tag, ContactTag, Subscription, Consent; a fixed number of statements.
    """
    return _Batch(people, options).write()


class _Batch:
    def __init__(self, people: Sequence[Person], options: Options) -> None:
        self.people, self.options, self.outcome, self.now = people, options, Outcome(), timezone.now()
        emails = {person.email for person in people if person.email}
        self.hashes = {email: hash_of_normalised(email) for email in emails}
        self.suppressed = dict(
            Suppression.objects.filter(address_hash__in=self.hashes.values(), lifted_at=None).values_list(
                "address_hash", "reason"
            )
        )
        self.by_key = self._known(emails)
        ids = [draft.id for draft in set(self.by_key.values())]
        self.standing = self._standing(ids)
        self._load_tags(ids)

    def write(self) -> Outcome:
        for person in self.people:
            reason = self._take(person)
            if reason:
                self.outcome.rejected.append((person, reason))
        drafts = list(dict.fromkeys(self.by_key.values()))
        self._write_contacts(drafts)
        self._write_identities(drafts)
        self._write_tags(drafts)
        self._write_subscriptions([draft for draft in drafts if draft.subscribed_at])
        return self.outcome

    # --- what is known ---

    def _known(self, emails: set[str]) -> dict[Key, Draft]:
        drafts: dict[int, Draft] = {}
        found: dict[Key, Draft] = {}
        for row in self._contacts(email__in=emails):
            drafts[row.id] = found["email", row.email] = row
        keys = {key for person in self.people for key in person.identities}
        keys |= {("email", email) for email in emails if ("email", email) not in found}
        kinds: dict[str, list[str]] = {}
        for kind, value in keys:
            kinds.setdefault(kind, []).append(value)
        owners: dict[Key, int] = {}
        for kind, values in kinds.items():
            rows = Identity.objects.filter(kind=kind, value__in=values).values_list("value", "contact_id")
            owners |= {(kind, value): owner for value, owner in rows}
        missing = set(owners.values()) - set(drafts)
        drafts |= {row.id: row for row in self._contacts(pk__in=missing)} if missing else {}
        return found | {key: drafts[owner] for key, owner in owners.items()}

    def _contacts(self, **lookup: Any) -> Iterable[Draft]:
        rows = Contact.objects.filter(**lookup).values_list("id", "email", "attributes", *COLUMNS)
        for pk, email, attributes, *values in rows:
            yield Draft(pk, email or "", dict(zip(COLUMNS, values, strict=True)), attributes)

    def _standing(self, ids: list[int]) -> dict[int, str]:
        if not (self.options.subscribes and ids):
            return {}
        rows = Subscription.objects.filter(topic=self.options.topic, contact_id__in=ids)
        left = Subscription.State.UNSUBSCRIBED.value
        found = rows.values_list("contact_id", "state", "unsubscribed_at")
        return {pk: left if has_left(state, ended) else state for pk, state, ended in found}

    def _load_tags(self, ids: list[int]) -> None:
        words = {tag for person in self.people for tag in person.tags} | set(self.options.tags)
        self.tags: dict[str, int] = {}
        self.tagged: set[tuple[int, str]] = set()
        if not words:
            return
        bulk.insert(Tag, ["name"], [(word,) for word in sorted(words)], unique=["name"])
        self.tags = dict(Tag.objects.filter(name__in=words).values_list("name", "pk"))
        if ids:
            rows = ContactTag.objects.filter(contact_id__in=ids, tag_id__in=self.tags.values())
            self.tagged = set(rows.values_list("contact_id", "tag__name"))

    # --- what each line does ---

    def _take(self, person: Person) -> str:
        """Put one line into its draft and count it; return why it is refused, '' when it is not."""
        reason = self.suppressed.get(self.hashes[person.email], "") if person.email else ""
        if reason == Suppression.Reason.ERASED:
            return _("This person asked to be erased and is not taken in again.")
        keys: list[Key] = [("email", person.email)] if person.email else []
        keys += person.identities
        known = dict.fromkeys(self.by_key[key] for key in keys if key in self.by_key)
        if len(known) > 1:
            return _("The line's identities belong to different contacts. Merge those first, or correct the line.")
        draft = next(iter(known), None)
        is_new = draft is None
        if draft is None:
            draft = Draft(0, person.email, dict.fromkeys(COLUMNS, ""), {})
        is_changed = self._merge(draft, person, keys)
        is_changed |= self._subscribe(draft, person, reason)
        self.outcome.suppressed += bool(reason)
        self.outcome.created += is_new
        self.outcome.updated += not is_new and is_changed
        self.outcome.unchanged += not is_new and not is_changed
        return ""

    def _merge(self, draft: Draft, person: Person, keys: list[Key]) -> bool:
        values = self._news(draft.values, person.fields)
        attributes = self._news(draft.attributes, person.attributes)
        if person.email and not draft.email:
            draft.email, draft.is_changed = person.email, True
            changed = True
        else:
            changed = bool(values or attributes)
        draft.values.update(values)
        draft.attributes.update(attributes)
        draft.is_changed |= bool(values or attributes)
        for key in keys:
            if key not in self.by_key:
                self.by_key[key] = draft
                if key != ("email", draft.email):
                    draft.identities.append(key)
                    changed = True
        for tag in {*person.tags, *self.options.tags} - draft.tags:
            if (draft.id, tag) not in self.tagged:
                draft.tags.add(tag)
                changed = True
        return changed

    def _news(self, have: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """Return what the line says differently; an empty cell says nothing."""
        if self.options.overwrite:
            return {name: value for name, value in said.items() if have.get(name) != value}
        return {name: value for name, value in said.items() if have.get(name) in (None, "")}

    def _subscribe(self, draft: Draft, person: Person, suppressed: str) -> bool:
        """Note that the draft is to be subscribed; not who left, is suppressed, said no or is so already."""
        if not self.options.subscribes or not person.accepts or suppressed or not draft.email or draft.subscribed_at:
            return False
        if self.standing.get(draft.id) in (Subscription.State.SUBSCRIBED, Subscription.State.UNSUBSCRIBED):
            return False
        draft.subscribed_at = self._moment(person.asked_at)
        self.outcome.subscribed += 1
        return True

    def _moment(self, day: str) -> datetime:
        if not day:
            return self.now
        moment = datetime.combine(datetime.fromisoformat(day).date(), time.min, timezone.get_default_timezone())
        return min(moment, self.now)

    # --- what is written ---

    def _write_contacts(self, drafts: list[Draft]) -> None:
        fresh = [draft for draft in drafts if not draft.id]
        with_address = [draft for draft in fresh if draft.email]
        columns = ["email", "address_hash", "unsendable", *COLUMNS, "attributes", "source", "created_at", "updated_at"]
        stamps = (self.options.source[:120], self.now, self.now)
        rows = [(*self._cells(draft), *stamps) for draft in with_address]
        bulk.insert(Contact, columns, rows, unique=["email"])
        if with_address:
            emails = [draft.email for draft in with_address]
            ids = dict(Contact.objects.filter(email__in=emails).values_list("email", "pk"))
            for draft in with_address:
                draft.id = ids[draft.email]
        self._write_nameless([draft for draft in fresh if not draft.email])
        fresh_ids = {draft.id for draft in fresh}
        changed = [draft for draft in drafts if draft.is_changed and draft.id not in fresh_ids]
        columns = ["email", "address_hash", "unsendable", *COLUMNS, "attributes", "updated_at"]
        bulk.update(Contact, columns, [(draft.id, *self._cells(draft), self.now) for draft in changed])

    def _write_nameless(self, drafts: list[Draft]) -> None:
        """Write contacts without an address, who are found by an identity alone."""
        made = Contact.objects.bulk_create(
            [Contact(**draft.values, attributes=draft.attributes, source=self.options.source[:120]) for draft in drafts]
        )
        for draft, contact in zip(drafts, made, strict=True):
            draft.id = contact.pk

    def _cells(self, draft: Draft) -> tuple[Any, ...]:
        digest = (self.hashes.get(draft.email) or hash_of_normalised(draft.email)) if draft.email else ""
        unsendable = "" if draft.email.isascii() else Contact.Unsendable.EAI.value
        return (draft.email or None, digest, unsendable, *draft.values.values(), draft.attributes)

    def _write_identities(self, drafts: list[Draft]) -> None:
        proof, source = Identity.Proof.IMPORTED.value, self.options.source[:120]
        rows = [
            (draft.id, kind, value, proof, source, self.now) for draft in drafts for kind, value in draft.identities
        ]
        columns = ["contact", "kind", "value", "proof", "source", "created_at"]
        bulk.insert(Identity, columns, rows, unique=["kind", "value"])

    def _write_tags(self, drafts: list[Draft]) -> None:
        rows = [(draft.id, self.tags[tag]) for draft in drafts for tag in sorted(draft.tags)]
        bulk.insert(ContactTag, ["contact", "tag"], rows, unique=["contact", "tag"])

    def _write_subscriptions(self, drafts: list[Draft]) -> None:
        topic, options = self.options.topic, self.options
        if topic is None or not drafts:
            return
        waiting = {draft.id for draft in drafts if draft.id in self.standing}
        state, source = Subscription.State.SUBSCRIBED.value, options.source[:120]
        bulk.insert(
            Subscription,
            ["contact", "topic", "state", "basis", "source", "created_at", "subscribed_at", "reason"],
            [
                (draft.id, topic.pk, state, options.basis, source, self.now, draft.subscribed_at, "")
                for draft in drafts
                if draft.id not in waiting
            ],
            unique=["contact", "topic"],
        )
        for draft in drafts:
            if draft.id in waiting:
                held = Subscription.objects.filter(contact_id=draft.id, topic=topic, state=Subscription.State.PENDING)
                held.update(state=state, basis=options.basis, subscribed_at=draft.subscribed_at)
        self._write_consents(drafts, topic.pk, topic.brand)

    def _write_consents(self, drafts: list[Draft], topic_id: int, brand: Brand) -> None:
        options = self.options
        words = (wording_hash(options.wording), options.wording, "", options.evidence, options.actor[:120])
        fixed = (brand.pk, topic_id, Consent.Purpose.EMAIL.value, True, options.basis, Consent.Method.IMPORT.value)
        bulk.insert(
            Consent,
            [
                "contact", "address_hash", "brand", "topic", "purpose", "is_given", "basis", "method",
                "wording_hash", "wording", "language", "evidence", "actor", "at",
            ],
            [
                (draft.id, hash_of_normalised(draft.email), *fixed, *words, draft.subscribed_at)
                for draft in drafts
            ],
        )  # fmt: skip
