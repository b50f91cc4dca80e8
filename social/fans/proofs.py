"""One question for every way of proving to be a fan: how well do we know it?

    level_of(ann, "instagram", now)    # → FanLevel.NETWORK_LINK, or None when nothing is known
    best(ann, "", now)                 # → the FanProof itself, of any network
    words_for(level)                   # → "declared", "shown by …" or "verified", for page and till
    give(ann, "instagram", FanLevel.CODE, "message", {…})   # the one door by which every way ends

The ways live beside this file, one each (`declared`, `shared`, `words`, `messages`, `lists`, `bluesky`, `mastodon`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact
from social.models import FanProof, FanWord
from social.models.fans import FanLevel

VERIFIED_FROM = FanLevel.BRAND_LIST  # only 4 and 5 may be called verified

# How long a proof of each level holds: who follows today may not in spring. Days; a statement until it is withdrawn.
LIFE: dict[int, timedelta | None] = {
    FanLevel.DECLARED: None,
    FanLevel.SHARED: timedelta(days=30),
    FanLevel.NETWORK_LINK: timedelta(days=30),
    FanLevel.CODE: timedelta(days=90),
    FanLevel.BRAND_LIST: timedelta(days=30),
    FanLevel.VERIFIED: timedelta(days=30),
}


def give(
    contact: Contact,
    network: str,
    level: FanLevel,
    method: str,
    evidence: dict[str, Any] | None = None,
    *,
    word: FanWord | None = None,
) -> FanProof:
    """Return a new proof that holds from now on for the life of its level.

    Writes:  FanProof.
    """
    now = timezone.now()
    return FanProof.objects.create(
        contact=contact,
        network=network,
        level=level,
        method=method,
        word=word,
        evidence=evidence or {},
        verified_at=now,
        expires_at=expiry(level, now),
    )


def renew(proof: FanProof) -> FanProof:
    """Let a proof that is shown again hold for its whole life from now on.

    Writes:  FanProof.expires_at; the day it was first shown stays.
    """
    proof.expires_at = expiry(proof.level, timezone.now())
    proof.save(update_fields=["expires_at"])
    return proof


def expiry(level: int, at: datetime) -> datetime | None:
    """Return until when a proof of a level made now holds; None without end."""
    life = LIFE[level]
    return at + life if life else None


def level_of(contact: Contact, network: str, at: datetime) -> FanLevel | None:
    """Return the best level that holds at a time on a network ('' = any), or None."""
    proof = best(contact, network, at)
    return FanLevel(proof.level) if proof else None


def best(contact: Contact, network: str, at: datetime) -> FanProof | None:
    """Return the strongest proof that holds at a time on a network ('' = any)."""
    return _of(contact, network).filter(holds(at)).order_by("-level", "-verified_at").first()


def had(contact: Contact, network: str, level: int) -> bool:
    """Say whether a proof of that level existed once, though it may hold no more."""
    return _of(contact, network).filter(level__gte=level).exists()


def is_verified(level: int | None) -> bool:
    """Say whether a level may be called verified."""
    return level is not None and level >= VERIFIED_FROM


def words_for(level: int | None) -> str:
    """Return how page and till call a level: nobody is called verified on her own word."""
    if level is None:
        return ""
    if is_verified(level):
        return _("verified")
    return _("declared") if level == FanLevel.DECLARED else _("shown, not verified")


def _of(contact: Contact, network: str) -> QuerySet[FanProof]:
    proofs = FanProof.objects.filter(contact=contact)
    return proofs.filter(network=network) if network else proofs


def holds(at: datetime) -> Q:
    """Return the condition that a proof holds at a time."""
    return (
        Q(verified_at__lte=at)
        & (Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        & (Q(revoked_at__isnull=True) | Q(revoked_at__gt=at))
    )
