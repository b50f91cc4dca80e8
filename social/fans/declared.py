"""Level 0: she says that she follows us. Believed, and called declared wherever it shows."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from contacts.models import Contact
from social.fans import proofs
from social.models import FanProof
from social.models.fans import FanLevel

METHOD = "declared"


def declare(contact: Contact, network: str, *, evidence: dict[str, str] | None = None) -> FanProof:
    """Return her proof of level 0 on a network; the one she has, if it still holds.

    Writes:  FanProof, once per contact and network.
    """
    now = timezone.now()
    with transaction.atomic():
        known = proofs.best(contact, network, now)
        if known is not None:
            return known
        return proofs.give(contact, network, FanLevel.DECLARED, METHOD, evidence)
