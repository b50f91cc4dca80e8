"""Level 1: a share of hers that reached the network. It proves sharing, not following.

A share on a network that forbids rewards for sharing (Facebook, Tumblr) proves nothing here.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from contacts.models import Contact
from social.fans import proofs
from social.models import FanProof, ShareLink
from social.models.fans import FanLevel
from social.networks import registry

METHOD = "share"


def prove(contact: Contact, network: str = "") -> FanProof | None:
    """Return her proof of level 1 by her latest confirmed share within its life; None without one.

    Reads:   ShareLink that the network's robot or a friend fetched.
    Writes:  FanProof, once while it holds.
    """
    now = timezone.now()
    known = FanProof.objects.filter(proofs.holds(now), contact=contact, method=METHOD)
    life = proofs.LIFE[FanLevel.SHARED]
    shown = ShareLink.objects.filter(Q(composed_at__isnull=False) | Q(visited_at__isnull=False), contact=contact)
    if life is not None:
        shown = shown.filter(created_at__gt=now - life)
    for share in (shown.filter(network=network) if network else shown).order_by("-created_at")[:20]:
        if is_allowed(share.network):
            same = known.filter(network=share.network).first()
            return same or proofs.give(contact, share.network, FanLevel.SHARED, METHOD, {"share_link": share.pk})
    return None


def is_allowed(network: str) -> bool:
    """Say whether a share on this network may count: its own rules must not forbid it."""
    entry = registry.networks().get(network)
    return entry is not None and entry.kind == "network" and entry.reward.press != "forbidden"
