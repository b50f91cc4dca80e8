"""Create or change one contact by whatever identity the caller knows: the verb behind the API.

    upsert(ContactFields(email="ann@example.com", first_name="Ann", identities=[("card", "4711")]))

Files of many people go through `contacts.importing`; both leave the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts import addresses, consent, identities, suppression
from contacts.models import AttributeType, Consent, Contact, ContactTag, Suppression, Tag, Topic
from contacts.models.consent import Basis


class TwoPeople(ValueError):
    """The identities given belong to different contacts; merging is a person's decision, not an import's."""


class Erased(ValueError):
    """The person asked to be forgotten; only her address's hash is left, and it says so."""


class UnknownAttribute(ValueError):
    """An attribute that nobody declared."""


@dataclass(frozen=True)
class SubscriptionWish:
    """A subscription the caller vouches for, with the ground it stands on and the evidence of it."""

    topic: Topic
    basis: Basis
    wording: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ContactFields:
    """What the caller knows of a person; None leaves what is there."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    identities: Sequence[tuple[str, str]] = ()
    tags: Iterable[str] = ()
    subscriptions: Sequence[SubscriptionWish] = ()
    source: str = "api"


@transaction.atomic
def upsert(fields: ContactFields) -> tuple[Contact, bool]:
    """Find the person by address or any identity, create her if nobody has them, and set what was given.

    Writes:  Contact, Identity, ContactTag, Subscription and Consent (method API). An unsubscribed person stays so.
    Returns: (contact, whether she is new).
    Raises:  BadAddress; TwoPeople; UnknownAttribute; Erased.
    """
    _check_attributes(fields)
    contact, is_new = _find(fields)
    _take(contact, fields)
    return contact, is_new


@transaction.atomic
def change(contact: Contact, fields: ContactFields) -> None:
    """Set what was given of a person who is known; tags, identities and subscriptions are added.

    Writes:  as `upsert`, but never another address than the one she has.
    Raises:  UnknownAttribute; IdentityTaken, BadIdentity.
    """
    _check_attributes(fields)
    _take(contact, fields)


def _take(contact: Contact, fields: ContactFields) -> None:
    _set(contact, fields)
    for kind, value in fields.identities:
        identities.attach(contact, kind, value, proof="declared", source=fields.source)
    tags = [Tag.objects.get_or_create(name=name)[0] for name in fields.tags]
    ContactTag.objects.bulk_create([ContactTag(contact=contact, tag=tag) for tag in tags], ignore_conflicts=True)
    for wish in fields.subscriptions:
        _subscribe(contact, wish, fields.source)


def _check_attributes(fields: ContactFields) -> None:
    unknown = set(fields.attributes) - set(AttributeType.objects.values_list("name", flat=True))
    if unknown:
        raise UnknownAttribute(
            _("There is no attribute %(names)s. Declare it in the desk under People, or leave it out.")
            % {"names": ", ".join(sorted(unknown))}
        )


def known(fields: ContactFields) -> Contact | None:
    """Return who has one of these identities already, None for nobody.

    Raises:  BadAddress, BadIdentity, TwoPeople when they are those of different people.
    """
    email = addresses.normalise(fields.email) if fields.email else None
    keys = ([("email", email)] if email else []) + list(fields.identities)
    found = {contact.pk: contact for contact in (identities.find(kind, value) for kind, value in keys) if contact}
    if len(found) > 1:
        raise TwoPeople(
            _("These identities belong to %(n)d different contacts (%(ids)s). Merge them in the desk first.")
            % {"n": len(found), "ids": ", ".join(map(str, sorted(found)))}
        )
    return next(iter(found.values()), None)


def _find(fields: ContactFields) -> tuple[Contact, bool]:
    if (there := known(fields)) is not None:
        return there, False
    email = addresses.normalise(fields.email) if fields.email else None
    held = suppression.find(email) if email else None
    if held is not None and held.reason == Suppression.Reason.ERASED:
        raise Erased(_("This person asked to be erased and is not taken in again."))
    if email:
        return identities.find_or_create(email, source=fields.source)
    return identities.create(source=fields.source), True


def _set(contact: Contact, fields: ContactFields) -> None:
    changes = {
        name: value
        for name in ("first_name", "last_name", "language", "time_zone")
        if (value := getattr(fields, name)) is not None and value != getattr(contact, name)
    }
    merged = {**contact.attributes, **fields.attributes}
    if merged != contact.attributes:
        changes["attributes"] = merged
    if fields.email and not contact.email:
        identities.set_email(contact, fields.email)
    for name, value in changes.items():
        setattr(contact, name, value)
    if changes:
        contact.save(update_fields=[*changes, "updated_at"])


def _subscribe(contact: Contact, wish: SubscriptionWish, source: str) -> None:
    held = contact.subscriptions.filter(topic=wish.topic).first()
    if held is not None and consent.has_left(held.state, held.unsubscribed_at):
        return  # who left comes back by her own hand only
    if contact.email and suppression.is_suppressed(contact.email):
        return  # who left everything did not leave room for a new topic
    consent.subscribe(
        contact,
        wish.topic,
        basis=wish.basis,
        method=Consent.Method.API,
        wording=wish.wording,
        evidence=dict(wish.evidence),
        source=source,
    )
