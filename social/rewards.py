"""What a referral brings: the friend's advantage when she confirmed, the sponsor's reward when it is approved.

Each side is granted once. A reward is a claim of the programme's offer; its limits and its end are the offer's.
"""

from __future__ import annotations

import logging

from django.db import transaction

from contacts.models import Contact, Notice
from social.models import Claim, Milestone, Offer, Referral, RewardGrant
from social.offers import claims, mailing
from social.offers.reasons import Refused

logger = logging.getLogger(__name__)

FRIEND_NOTICE, SPONSOR_NOTICE = "friend_welcome", "sponsor_reward"


def grant_friend(referral: Referral) -> RewardGrant | None:
    """Give the friend her advantage, once; None without a programme, or when the offer gives no more."""
    offer = referral.program.friend_offer if referral.program else None
    return _grant(referral, RewardGrant.Side.FRIEND, referral.friend, offer)


def grant_sponsor(referral: Referral) -> RewardGrant | None:
    """Give the sponsor her reward and the milestones she reached, each once: first generation only, up to the cap.

    The cap is of the rewards for single friends; a milestone is given once anyway.
    """
    program = referral.program
    if program is None or referral.generation != 1 or referral.sponsor is None:
        return None
    with transaction.atomic():
        # Two approvals at once count one after the other: SQLite's transactions do anyway, PostgreSQL's wait here.
        Contact.objects.select_for_update(no_key=True).get(pk=referral.sponsor.pk)
        single = None
        if not _is_capped(referral):
            single = _grant(referral, RewardGrant.Side.SPONSOR, referral.sponsor, program.sponsor_offer)
        for milestone in reached(referral):
            _grant(referral, RewardGrant.Side.MILESTONE, referral.sponsor, milestone.offer, milestone)
    return single


def reached(referral: Referral) -> list[Milestone]:
    """Return the programme's milestones that the sponsor has reached and not been given."""
    hers = Referral.objects.filter(sponsor=referral.sponsor, program=referral.program, generation=1)
    n = hers.filter(state=Referral.State.APPROVED).count()
    given = RewardGrant.objects.filter(referral__sponsor=referral.sponsor, milestone__isnull=False).values("milestone")
    return list(Milestone.objects.filter(program=referral.program, friends__lte=n).exclude(pk__in=given))


def _is_capped(referral: Referral) -> bool:
    cap = referral.program.cap_per_sponsor if referral.program else None
    if cap is None:
        return False
    granted = RewardGrant.objects.filter(
        side=RewardGrant.Side.SPONSOR, referral__sponsor=referral.sponsor, referral__program=referral.program
    )
    return granted.count() >= cap


def _grant(
    referral: Referral, side: str, contact: Contact | None, offer: Offer | None, milestone: Milestone | None = None
) -> RewardGrant | None:
    once = {"referral": referral, "side": side, "milestone": milestone}
    if contact is None or offer is None or RewardGrant.objects.filter(**once).exists():
        return None
    claim = _claim(offer, contact, referral)
    if claim is None:
        return None
    grant, is_new = RewardGrant.objects.get_or_create(**once, defaults={"claim": claim})
    if is_new:
        _notify(grant, contact, offer)
    return grant


def _claim(offer: Offer, contact: Contact, referral: Referral) -> Claim | None:
    """A claim, or None with a line in the log: an offer that is spent or over must not undo a confirmation."""
    campaign = referral.share_link.campaign if referral.share_link else None
    try:
        with transaction.atomic():
            return claims.claim(offer, contact, via=Claim.Via.SHARE, campaign=campaign)
    except Refused as refusal:
        logger.warning("referral=%s offer=%s gives no reward: %s", referral.pk, offer.pk, refusal.reason)
        return None


def _notify(grant: RewardGrant, contact: Contact, offer: Offer) -> None:
    kind = FRIEND_NOTICE if grant.side == RewardGrant.Side.FRIEND else SPONSOR_NOTICE
    payload = {"offer_id": offer.pk, "claim_id": grant.claim_id}
    if grant.milestone is not None:
        payload["friends"] = grant.milestone.friends
    if grant.claim is not None:
        payload |= mailing.values(grant.claim)
    Notice.objects.get_or_create(
        key=f"{kind}:{grant.referral_id}" + (f":{grant.milestone_id}" if grant.milestone_id else ""),
        defaults={"contact": contact, "brand": offer.brand, "kind": kind, "payload": payload},
    )
