"""One question for every way of proving to be a fan: how well do we know it?

    level_of(ann, "instagram", now)    # → FanLevel.NETWORK_LINK, or None when nothing is known
    best(ann, "", now)                 # → the FanProof itself, of any network
    words_for(level)                   # → "declared", "shown by …" or "verified", for page and till

The ways live beside this file, one each (`declared`, `words`); each ends in `FanProof` and nobody else reads the table.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact
from social.models import FanProof
from social.models.fans import FanLevel

VERIFIED_FROM = FanLevel.BRAND_LIST  # only 4 and 5 may be called verified


def level_of(contact: Contact, network: str, at: datetime) -> FanLevel | None:
    """Return the best level that holds at a time on a network ('' = any), or None."""
    proof = best(contact, network, at)
    return FanLevel(proof.level) if proof else None


def best(contact: Contact, network: str, at: datetime) -> FanProof | None:
    """Return the strongest proof that holds at a time on a network ('' = any)."""
    return _of(contact, network).filter(_holds(at)).order_by("-level", "-verified_at").first()


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


def _holds(at: datetime) -> Q:
    return (
        Q(verified_at__lte=at)
        & (Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        & (Q(revoked_at__isnull=True) | Q(revoked_at__gt=at))
    )
