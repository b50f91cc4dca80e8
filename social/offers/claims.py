"""A contact takes an offer: her claim, with its code and token, made once however often she presses."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.models import Campaign, Delivery
from campaigns.tracking import events
from campaigns.tracking.tokens import public_token
from contacts.models import Contact
from social.models import Claim, FanProof, Offer
from social.offers import budget, counters, mailing, pools, rules
from social.offers.held import Held
from social.offers.reasons import Reason, Refused


def claim(
    offer: Offer,
    contact: Contact,
    *,
    via: str,
    delivery: Delivery | None = None,
    campaign: Campaign | None = None,
    proof: FanProof | None = None,
    client: str = "",
) -> Claim:
    """Give the contact the offer and return her claim; the one she has, unless it is used and she may have another.

    `client` is the partner who asked (`key:<prefix>`), who may then read the claim.

    Reads:   the offer's rules (dates, segment, first order, fan proof), its counters, her claims.
    Writes:  Claim, Code (made or taken from the pool), a `claim` event; a personal offer's Notice with the code.
    Raises:  Refused with the exact reason.
    """
    now = timezone.now()
    known = standing(offer, contact)
    if known is not None:
        return known
    rests_on = rules.check_claim(offer, contact, now) or proof
    check_left(offer, contact)
    made = Claim(
        offer=offer,
        contact=contact,
        seq=_last_seq(offer, contact) + 1,
        token=public_token(128),
        proof=rests_on,
        via=via,
        campaign=campaign or (delivery.campaign if delivery else None),
        delivery=delivery,
        client=client,
        expires_at=rules.first_good_until(offer, now),
    )
    try:
        with transaction.atomic():
            made.code = pools.code_for(offer)
            made.save()
            _after_claim(made)
    except IntegrityError:  # two presses at once: the other one made it
        return Claim.objects.select_related("offer", "contact", "code").get(offer=offer, contact=contact, seq=made.seq)
    return made


def standing(offer: Offer, contact: Contact) -> Claim | None:
    """Return the claim she has: an open one, else the used one when she may have no more."""
    hers = list(
        Claim.objects.filter(offer=offer, contact=contact)
        .select_related("offer", "contact", "code__batch")
        .order_by("seq")
    )
    still_open = [row for row in hers if row.state == Claim.State.OPEN]
    if still_open:
        return still_open[-1]
    used = [row for row in hers if row.state == Claim.State.REDEEMED]
    return used[-1] if used and len(used) >= counters.per_contact(offer) else None


def check_left(offer: Offer, contact: Contact) -> None:
    """Refuse when no redemption is left for her now: a look, the promise is made at the till.

    Raises:  Refused(LIMIT_TOTAL | LIMIT_CONTACT | LIMIT_PERIOD | BUDGET_SPENT).
    """
    if sold_out := counters.full(offer, contact.pk, timezone.now()):
        raise Refused(sold_out)
    budget.check_claim(offer)


def _last_seq(offer: Offer, contact: Contact) -> int:
    return (
        Claim.objects.filter(offer=offer, contact=contact).order_by("-seq").values_list("seq", flat=True).first() or 0
    )


def _after_claim(made: Claim) -> None:
    events.record(
        "claim",
        key=f"claim:{made.pk}",
        contact=made.contact,
        campaign=made.campaign,
        delivery=made.delivery,
        subject=("claim", made.pk),
    )
    if made.offer.holding == Offer.Holding.PERSONAL:
        mailing.mail_code(made)


def claim_shown(shown: Held, client: str = "") -> Claim:
    """Return a claim for what has none: a mail's link (hers), a code printed in bulk or a word for all (nobody's)."""
    if shown.contact is not None:
        return claim(shown.offer, shown.contact, via=Claim.Via.STAFF, delivery=shown.delivery, client=client)
    now = timezone.now()
    rules.check_live(shown.offer, now)
    if shown.code is not None and not pools.hand_out(shown.code):
        raise Refused(Reason.ALREADY_REDEEMED)
    made = Claim.objects.create(
        offer=shown.offer,
        contact=None,
        code=shown.code,
        token=public_token(128),
        via=Claim.Via.STAFF,
        client=client,
        expires_at=rules.first_good_until(shown.offer, now),
    )
    events.record("claim", key=f"claim:{made.pk}", subject=("claim", made.pk))
    return made
