"""Addresses that are never written to again, remembered by a keyed hash that survives erasure.

suppress("ann@example.com", Suppression.Reason.COMPLAINT, source="campaign 7")
is_suppressed("Ann@Example.com")     # → True
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import addresses, audit
from contacts.models import Suppression

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class ReasonMissing(ValueError):
    """A suppression may only be lifted with a reason."""


def address_hash(email: str) -> str:
    """Return 32 hex digits that stand for the address: HMAC-SHA256 keyed with ADDRESS_PEPPER, cut to 128 bits."""
    try:
        email = addresses.normalise(email)
    except addresses.BadAddress:
        email = email.strip().lower()
    return hash_of_normalised(email)


def hash_of_normalised(email: str) -> str:
    """Return the same for an address known to be normalised; for loops over many."""
    return hmac.digest(settings.ADDRESS_PEPPER.encode(), email.encode(), "sha256").hex()[:32]


def suppress(email: str, reason: str, *, detail: str = "", source: str = "") -> Suppression:
    """Make sure that the address gets no more mail and return the suppression that holds.

    Writes:  one Suppression, unless one holds already: then that one, unchanged. Erasure replaces any other reason.
    """
    digest = address_hash(email)
    held = _active(digest)
    if held is None:
        try:
            with transaction.atomic():
                return Suppression.objects.create(
                    address_hash=digest, reason=reason, detail=detail[:300], source=source[:120]
                )
        except IntegrityError:  # another process was faster
            held = Suppression.objects.get(address_hash=digest, lifted_at__isnull=True)
    if reason == Suppression.Reason.ERASED != held.reason:
        held.reason, held.detail = Suppression.Reason.ERASED, ""
        held.save(update_fields=["reason", "detail"])
    return held


def is_suppressed(email: str) -> bool:
    """Say whether the address is suppressed now."""
    return _active(address_hash(email)) is not None


def find(email: str) -> Suppression | None:
    """Return the suppression that holds for the address, if any: its reason is always shown."""
    return _active(address_hash(email))


def lift(suppression: Suppression, reason: str, actor: AbstractBaseUser | str) -> Suppression:
    """Let the address be written to again.

    Writes:  lifted_at and the reason on the row, which stays; an AuditEntry.
    Raises:  ReasonMissing when no reason is given.
    """
    if not reason.strip():
        raise ReasonMissing(
            _("A suppression is lifted only with a reason. Write why, for example “she asked by phone”.")
        )
    if suppression.lifted_at is None:
        suppression.lifted_at = timezone.now()
        suppression.lifted_reason = reason.strip()[:300]
        suppression.save(update_fields=["lifted_at", "lifted_reason"])
        audit.record(actor, "lifted suppression", suppression, reason=suppression.lifted_reason)
    return suppression


def _active(digest: str) -> Suppression | None:
    return Suppression.objects.filter(address_hash=digest, lifted_at__isnull=True).first()
