"""A batch of people into the tables by a handful of statements, whatever its size.

batch = Batch(people, options)          # reads and decides; writes nothing, so a rehearsal ends here
batch.outcome.created + batch.outcome.updated + batch.outcome.unchanged + len(batch.outcome.rejected) == len(people)
batch.write()                           # inside a transaction of the caller

Reads what is known of them in one query per table, decides in Python, writes one statement per table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from contacts import bulk, manners
from contacts.consent import has_left
from contacts.importing.rows import Person
from contacts.importing.writing import Writing
from contacts.models import ContactTag, Subscription, Suppression, Topic
from contacts.models.consent import Basis
from contacts.suppression import hash_of_normalised

COLUMNS = ("first_name", "last_name", "language", "time_zone")
Key = tuple[str, str]


class Policy(TextChoices):
    """What happens to the values of people who are known already. An empty cell never erases anything."""

    OVERWRITE = "overwrite", lazy("overwrite what is there with what the file says")
    FILL = "fill", lazy("fill what is empty, keep what is there")
    NEVER = "never", lazy("leave people who are known as they are, add new ones only")


@dataclass(frozen=True)
class Options:
    """What the person who imports decided for all lines."""

    topic: Topic | None = None
    basis: str = Basis.NONE
    tags: Sequence[str] = ()
    source: str = ""
    wording: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    policy: str = Policy.OVERWRITE
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
    left: int = 0
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
    left_at: datetime | None = None
    suppress: str = ""


def write(people: Sequence[Person], options: Options) -> Outcome:
    """Create or change the contacts of these lines; empty cells change nothing, who left stays away.

    Writes:  as `Batch.write`.
    """
    batch = Batch(people, options)
    batch.write()
    return batch.outcome


class Batch:
    """Some lines of a file, decided: `outcome` says what becomes of each, `write` makes it so."""

    def __init__(self, people: Sequence[Person], options: Options) -> None:
        self.people, self.options, self.outcome, self.now = people, options, Outcome(), timezone.now()
        self._version = manners.version()
        emails = list(dict.fromkeys([person.email for person in people if person.email]))
        self.hashes = dict(zip(emails, map(hash_of_normalised, emails), strict=True))
        self.suppressed: dict[str, str] = dict(
            bulk.among(
                "SELECT address_hash, reason FROM contacts_suppression WHERE lifted_at IS NULL AND address_hash",
                list(self.hashes.values()),
            )
        )
        self.by_key = self._known(emails)
        self.known = {draft.id: draft for draft in self.by_key.values()}
        self.standing = self._standing(list(self.known)) if options.topic else {}
        self.tagged = self._tagged(list(self.known))
        for person in people:
            if reason := self._take(person):
                self.outcome.rejected.append((person, reason))

    def is_stale(self) -> bool:
        """Say whether somebody else wrote since; asked inside the transaction that writes."""
        return manners.version() != self._version

    def write(self) -> None:
        """Write what was decided.

        Writes:  Contact, Identity, Tag, ContactTag, Subscription, Consent, Suppression; a fixed number of statements.
        Raises:  IntegrityError when somebody else made one of them meanwhile: decide again.
        """
        drafts = list(dict.fromkeys(self.by_key.values()))
        Writing(self, drafts).write()

    # --- what is known ---

    def _known(self, emails: list[str]) -> dict[Key, Draft]:
        drafts: dict[int, Draft] = {}
        found: dict[Key, Draft] = {}
        for row in self._contacts("email", emails):
            drafts[row.id] = found["email", row.email] = row
        kinds: dict[str, list[str]] = {"email": [email for email in emails if ("email", email) not in found]}
        for person in self.people:
            for kind, value in person.identities:
                kinds.setdefault(kind, []).append(value)
        owners: dict[Key, int] = {}
        for kind, values in kinds.items():
            ask = "SELECT value, contact_id FROM contacts_identity WHERE kind = %s AND value"
            owners |= {(kind, value): owner for value, owner in bulk.among(ask, values, kind)}
        missing = list(set(owners.values()) - set(drafts))
        drafts |= {row.id: row for row in self._contacts("id", missing)}
        return found | {key: drafts[owner] for key, owner in owners.items()}

    def _contacts(self, column: str, values: Sequence[Any]) -> Iterable[Draft]:
        ask = f"SELECT id, email, attributes, {', '.join(COLUMNS)} FROM contacts_contact WHERE {column}"  # noqa: S608
        for pk, email, attributes, *rest in bulk.among(ask, values):
            yield Draft(pk, email or "", dict(zip(COLUMNS, rest, strict=True)), json.loads(attributes))

    def _standing(self, ids: list[int]) -> dict[int, str]:
        rows = Subscription.objects.filter(topic=self.options.topic, contact_id__in=ids)
        left = Subscription.State.UNSUBSCRIBED.value
        found = rows.values_list("contact_id", "state", "unsubscribed_at")
        return {pk: left if has_left(state, ended) else state for pk, state, ended in found}

    def _tagged(self, ids: list[int]) -> set[tuple[int, str]]:
        if not ids or not (self.options.tags or any(person.tags for person in self.people)):
            return set()
        return set(ContactTag.objects.filter(contact_id__in=ids).values_list("contact_id", "tag__name"))

    # --- what each line does ---

    def _take(self, person: Person) -> str:
        """Put one line into its draft and count it; return why it is refused, '' when it is not."""
        email = person.email
        reason = self.suppressed.get(self.hashes[email], "") if email and self.suppressed else ""
        if reason == Suppression.Reason.ERASED:
            return _("This person asked to be erased and is not taken in again.")
        keys: list[Key] = [("email", email), *person.identities] if email else person.identities
        known = [draft for key in keys if (draft := self.by_key.get(key)) is not None]
        draft = known[0] if known else None
        if draft is not None and any(other is not draft for other in known):
            return _("The line's identities belong to different contacts. Merge those first, or correct the line.")
        self.outcome.suppressed += bool(reason)
        if draft is None:
            draft = Draft(0, email, dict.fromkeys(COLUMNS, ""), {})
            self._merge(draft, person, keys)
            self._stand(draft, person, reason)
            self.outcome.created += 1
        elif self.options.policy == Policy.NEVER and draft.id:
            is_changed = bool(person.left) and self._stand(draft, person, reason)  # a no is always heard
            self.outcome.updated += is_changed
            self.outcome.unchanged += not is_changed
        else:
            is_changed = self._merge(draft, person, keys)
            is_changed |= self._stand(draft, person, reason)
            self.outcome.updated += is_changed
            self.outcome.unchanged += not is_changed
        return ""

    def _merge(self, draft: Draft, person: Person, keys: list[Key]) -> bool:
        changed = self._news(draft.values, person.fields) | self._news(draft.attributes, person.attributes)
        if person.email and not draft.email:
            draft.email, changed = person.email, True
        draft.is_changed |= changed
        for key in keys:
            if key not in self.by_key:
                self.by_key[key] = draft
                if key != ("email", draft.email):
                    draft.identities.append(key)
                    changed = True
        if person.tags or self.options.tags:
            for tag in {*person.tags, *self.options.tags} - draft.tags:
                if (draft.id, tag) not in self.tagged:
                    draft.tags.add(tag)
                    changed = True
        return changed

    def _news(self, have: dict[str, Any], said: dict[str, Any]) -> bool:
        """Take over what the line says differently and say whether there was any; an empty cell says nothing."""
        changed = False
        for name, value in said.items():
            there = have.get(name)
            if there != value and (self.options.policy == Policy.OVERWRITE or there in (None, "")):
                have[name] = value
                changed = True
        return changed

    def _stand(self, draft: Draft, person: Person, suppressed: str) -> bool:
        """Note how the draft stands with the topic and with all mail, and say whether that is news."""
        if person.left:
            return self._leave(draft, person, suppressed)
        if not self.options.subscribes or not person.accepts or suppressed or not draft.email:
            return False
        if draft.subscribed_at or draft.left_at or draft.suppress:
            return False
        if self.standing.get(draft.id) in (Subscription.State.SUBSCRIBED, Subscription.State.UNSUBSCRIBED):
            return False
        draft.subscribed_at = self._moment(person.asked_at)
        self.outcome.subscribed += 1
        return True

    def _leave(self, draft: Draft, person: Person, suppressed: str) -> bool:
        """Note a no: to the topic when one is chosen and she only left it, else to all mail."""
        if not draft.email or suppressed or draft.suppress:
            return False
        if person.left == Suppression.Reason.UNSUBSCRIBED_ALL and self.options.topic is not None:
            if draft.left_at or self.standing.get(draft.id) == Subscription.State.UNSUBSCRIBED:
                return False
            draft.left_at = self._moment(person.left_at)
        else:
            draft.suppress = person.left
        if draft.subscribed_at:  # an earlier line of this batch said yes: the no wins
            draft.subscribed_at, self.outcome.subscribed = None, self.outcome.subscribed - 1
        self.outcome.left += 1
        return True

    def _moment(self, day: str) -> datetime:
        return min(_midnight(day), self.now) if day else self.now


@lru_cache(maxsize=10_000)
def _midnight(day: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), time.min, timezone.get_default_timezone())
