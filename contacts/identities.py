"""People are found by any name they have: e-mail, phone, loyalty card, shop id, network handle.

find("card", "2 000 123")           # → the Contact, or None
create("ann@example.com", first_name="Ann")
attach(ann, "handle", "bluesky:ann.example", Identity.Proof.CONFIRMED, "bluesky")
"""

from __future__ import annotations

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts import addresses
from contacts.models import Contact, Identity
from contacts.suppression import hash_of_normalised

PROOF_RANK = ["", "imported", "declared", "confirmed"]  # a weaker proof never replaces a stronger one


class IdentityTaken(ValueError):
    """Another contact has this identity already."""


class BadIdentity(ValueError):
    """The value cannot be an identity of this kind."""


def normalise(kind: str, value: str) -> str:
    """Return the value in the one form in which it is stored and compared.

    Raises:  BadAddress for an e-mail, BadIdentity for anything else that cannot be one.
    """
    if kind == Identity.Kind.EMAIL:
        return addresses.normalise(value)
    value = " ".join(value.split())
    if kind == Identity.Kind.PHONE:
        value = _phone(value)
    elif kind == Identity.Kind.CARD:
        value = re.sub(r"[\s.-]", "", value).upper()
    elif kind == Identity.Kind.HANDLE:
        value = value.lower().replace(":@", ":")
    if not value or len(value) > 254 or "\x00" in value:
        raise BadIdentity(_("“%(value)s” cannot be a %(kind)s. Check it.") % {"value": value[:80], "kind": kind})
    return value


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    if not 6 <= len(digits) <= 18:
        return ""
    return f"+{digits.removeprefix('00')}" if value.startswith(("+", "00")) else digits


def find(kind: str, value: str) -> Contact | None:
    """Return the contact known by this value, following merges; None when nobody is."""
    try:
        value = normalise(kind, value)
    except ValueError:
        return None
    contact = Contact.objects.filter(email=value).first() if kind == Identity.Kind.EMAIL else None
    if contact is None:
        identity = Identity.objects.filter(kind=kind, value=value).select_related("contact").first()
        contact = identity.contact if identity else None
    return contact and survivor(contact)


def look_up(words: str) -> Contact | None:
    """Return who is meant by an address, `card:2000123` (or shop, phone, external, handle) or `#7`; None for nobody."""
    kind, colon, value = words.strip().partition(":")
    if colon and kind in Identity.Kind.values:
        return find(kind, value)
    if words.startswith("#") and words[1:].isascii() and words[1:].isdigit() and len(words) < 19:
        return Contact.objects.filter(pk=int(words[1:])).first()
    return find(Identity.Kind.EMAIL, words)


def survivor(contact: Contact) -> Contact:
    """Return the contact that this one was merged into, herself when she was not."""
    seen = set()
    while contact.merged_into is not None and contact.pk not in seen:
        seen.add(contact.pk)
        contact = contact.merged_into
    return contact


def create(email: str | None = None, **fields: Any) -> Contact:
    """Write a new contact and return it; `address_hash` and `unsendable` follow from the address.

    Raises:  BadAddress; IdentityTaken when somebody has the address already.
    """
    contact = Contact(**fields)
    set_email(contact, email)
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:  # somebody made her since we looked
        set_email(contact, email)
        raise
    return contact


def find_or_create(email: str, **fields: Any) -> tuple[Contact, bool]:
    """Return the contact with this address and whether she is new; a rival at the same moment may have made her.

    Writes:  a new contact with these fields; what is known of one who is there stays.
    Raises:  BadAddress.
    """
    known = find(Identity.Kind.EMAIL, email)
    if known is not None:
        return known, False
    try:
        return create(email, **fields), True
    except IdentityTaken:
        known = find(Identity.Kind.EMAIL, email)
        if known is None:
            raise
        return known, False


def set_email(contact: Contact, email: str | None) -> None:
    """Put the address on the contact, with what follows from it, without saving.

    Raises:  BadAddress; IdentityTaken when somebody else has it.
    """
    if not email:
        contact.email, contact.address_hash, contact.unsendable = None, "", ""
        return
    normalised = addresses.normalise(email)
    holder = find(Identity.Kind.EMAIL, normalised)
    if holder is not None and holder.pk != contact.pk:
        raise IdentityTaken(_("Contact %(id)s has this address already. Open that contact.") % {"id": holder.pk})
    contact.email = normalised
    contact.address_hash = hash_of_normalised(normalised)
    contact.unsendable = "" if normalised.isascii() else Contact.Unsendable.EAI


def attach(contact: Contact, kind: str, value: str, proof: str = "", source: str = "") -> Identity:
    """Make the contact findable by this value and return the Identity; repeating it changes nothing.

    Writes:  one Identity, or a stronger proof on the one that exists.
    Raises:  IdentityTaken when it belongs to another contact; BadAddress or BadIdentity.
    """
    value = normalise(kind, value)
    with transaction.atomic():
        holder = find(kind, value)
        if holder is not None and holder.pk != contact.pk:
            raise IdentityTaken(
                _("This %(kind)s belongs to contact %(id)s. Merge the two, or check the value.")
                % {"kind": kind, "id": holder.pk}
            )
        identity, is_new = Identity.objects.get_or_create(
            kind=kind, value=value, defaults={"contact": contact, "proof": proof, "source": source[:120]}
        )
        if not is_new and PROOF_RANK.index(proof) > PROOF_RANK.index(identity.proof):
            identity.proof, identity.source = proof, source[:120]
            identity.save(update_fields=["proof", "source"])
        return identity
