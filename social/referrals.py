"""Referrals: a friend who came through a share link, from her sign-up to the sponsor's reward.

    referral = sign_up(share_link, email="dan@example.com", topics=[letters], …)   # pending, and a mail to confirm
    confirmed(dan)                                                                # hook of the confirmation page
    approve(referral, by=user) · void(referral, "same person", by=user)

    pending ──confirmed──▶ held ──days to wait are over──▶ approved      (no programme: approved at once)
       └── same mailbox, same device, everything returned ──▶ flagged ──a person──▶ approved | voided

Only outcomes count: a press earns nothing, nor does a visit. Sponsors of the first generation are rewarded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.tracking import events
from contacts import addresses, audit, consent, identities, suppression
from contacts.models import Contact, Topic
from social import automatic, rewards, subject, suspects, visits
from social.models import Conversion, Referral, ReferralProgram, ShareLink

FORM = "friend"  # the slug under which consents of the friend's page are kept

State = Referral.State
Actor = AbstractBaseUser | AnonymousUser | str | None


class WrongState(ValueError):
    """The referral cannot make this move; the message says why and what can be done."""


def sign_up(
    share_link: ShareLink,
    *,
    email: str,
    first_name: str = "",
    purposes: Sequence[str] = (),
    topics: Sequence[Topic] = (),
    wording: str = "",
    language: str = "",
    evidence: Mapping[str, Any] | None = None,
    same_device: bool = False,
) -> Referral | None:
    """Note a friend's wish and ask her by mail to confirm it; return her Referral, or None when there is none to make.

    None: she is known already, she is the sponsor herself, or her address is suppressed. The page says the same to
    all, so nobody learns from it who is a customer.

    Writes:  Contact (source and referred_by), pending Subscription and Notice, Referral(PENDING or FLAGGED).
    Raises:  BadAddress.
    """
    address = addresses.normalise(email)
    if suppression.is_suppressed(address):
        return None
    with transaction.atomic():
        friend, is_new = _friend(share_link, address, first_name, language)
        known = None if is_new else Referral.objects.filter(friend=friend).first()
        if not is_new and known is None and not topics:
            return None  # a customer already, who asks for nothing new
        consent.request(
            friend,
            topics,
            form_slug=FORM,
            wording=wording,
            language=language,
            evidence=evidence or {},
            purposes=purposes,
        )
        if known is not None or friend.source != source_of(share_link):
            return known
        origin = visits.origin((evidence or {}).get("ip_prefix", ""))
        return _refer(share_link, friend, origin, same_device)


def source_of(share_link: ShareLink) -> str:
    """Return what `Contact.source` says of people who came through this link."""
    return f"share:{share_link.network}:{share_link.pk}"


def _friend(share_link: ShareLink, address: str, first_name: str, language: str) -> tuple[Contact, bool]:
    return identities.find_or_create(
        address,
        first_name=first_name.strip()[:150],
        language=language,
        source=source_of(share_link),
        referred_by=share_link.contact,
    )


def _refer(share_link: ShareLink, friend: Contact, origin: str, same_device: bool) -> Referral:
    sponsor = share_link.contact
    reasons = suspects.reasons_of(share_link, friend.email or "", origin=origin, same_device=same_device)
    return Referral.objects.create(
        sponsor=sponsor,
        friend=friend,
        share_link=share_link,
        program=subject.program_of(subject.brand_of(share_link.campaign)),
        generation=share_link.generation,
        state=State.FLAGGED if reasons else State.PENDING,
        reasons=reasons,
        origin=origin,
    )


def confirmed(contact: Contact) -> None:
    """Take note that this contact confirmed her address: hook of settings.CONFIRMED_HOOKS, may run twice.

    Writes:  Referral.confirmed_at and its next state, the event earned_contact, the friend's advantage.
    """
    with transaction.atomic():
        referral = (
            Referral.objects.select_for_update(of=("self",))
            .select_related("program", "share_link__link", "share_link__campaign", "sponsor", "friend")
            .filter(friend=contact, confirmed_at__isnull=True)
            .first()
        )
        if referral is None:
            return
        now = timezone.now()
        referral.confirmed_at = now
        if referral.state == State.PENDING:
            referral.state = State.HELD
            if referral.program is None or referral.program.qualifying_event == ReferralProgram.Event.SIGNUP:
                referral.qualified_at = now
        referral.save(update_fields=["confirmed_at", "state", "qualified_at"])
        if referral.state == State.HELD:
            _count(referral)
            automatic.friend_joined(referral)
            rewards.grant_friend(referral)
            _approve_if_due(referral, now)


def qualify(contact: Contact, outcome: str) -> None:
    """Take note of a friend's first order or redemption (`order`, `redemption`): what some programmes wait for.

    Writes:  Referral.qualified_at; approved at once when the programme has no days to wait.
    """
    with transaction.atomic():
        referral = (
            Referral.objects.select_for_update(of=("self",))
            .select_related("program", "sponsor", "friend", "share_link__link", "share_link__campaign")
            .filter(friend=contact, state=State.HELD, qualified_at__isnull=True, program__qualifying_event=outcome)
            .first()
        )
        if referral is None:
            return
        referral.qualified_at = timezone.now()
        referral.save(update_fields=["qualified_at"])
        _approve_if_due(referral, referral.qualified_at)


def returned(contact: Contact) -> None:
    """Take note that everything of an order came back: a friend whose only order it was has not bought.

    Writes:  HELD: not qualified any more, another order may do it. APPROVED: FLAGGED, so that a person decides what
             becomes of a reward that was given.
    """
    if Conversion.objects.filter(contact=contact, net_minor__gt=0).exists():
        return
    with transaction.atomic():
        waits = Referral.objects.select_for_update(of=("self",)).filter(
            friend=contact, program__qualifying_event="order", state__in=[State.HELD, State.APPROVED]
        )
        for referral in waits:
            if referral.state == State.APPROVED:
                referral.state, referral.reasons = State.FLAGGED, [*referral.reasons, suspects.RETURNED]
            referral.qualified_at = None
            referral.save(update_fields=["state", "qualified_at", "reasons"])


def approve_due(now: datetime | None = None) -> int:
    """Approve every held referral whose days to wait are over, and return how many. The beat calls it hourly."""
    now = now or timezone.now()
    waiting = Referral.objects.filter(state=State.HELD, qualified_at__isnull=False).values_list("pk", flat=True)
    done = 0
    for pk in list(waiting):
        with transaction.atomic():
            referral = _locked(pk)
            done += referral.state == State.HELD and _approve_if_due(referral, now)
    return done


def _approve_if_due(referral: Referral, now: datetime) -> bool:
    days = referral.program.hold_days if referral.program else 0
    if referral.qualified_at is None or referral.qualified_at + timedelta(days=days) > now:
        return False
    _approve(referral, now)
    return True


def _approve(referral: Referral, now: datetime) -> None:
    referral.state, referral.decided_at = State.APPROVED, now
    referral.save(update_fields=["state", "decided_at"])
    _count(referral)
    rewards.grant_sponsor(referral)


def _count(referral: Referral) -> None:
    """The earned contact, once per referral, on the campaign that was shared and for the sponsor."""
    share_link = referral.share_link
    if share_link is None or referral.confirmed_at is None:
        return
    events.record(
        "earned_contact",
        key=f"earned_contact:{referral.pk}",
        at=referral.confirmed_at,
        contact=referral.sponsor,
        campaign=share_link.campaign,
        link=share_link.link,
        network=share_link.network,
        subject=("referral", referral.pk),
    )


def _locked(pk: int) -> Referral:
    return (
        Referral.objects.select_for_update(of=("self",))
        .select_related("program", "sponsor", "friend", "share_link__link", "share_link__campaign")
        .get(pk=pk)
    )


def approve(referral: Referral, *, by: Actor, reason: str = "") -> Referral:
    """Approve a held or flagged referral now, by a person's decision; the sponsor is rewarded.

    Raises:  WrongState before the friend confirmed, or after a decision.
    """
    with transaction.atomic():
        row = _locked(referral.pk)
        if row.confirmed_at is None:
            raise WrongState(_("The friend has not confirmed her address yet. Wait for it, or void the referral."))
        if row.state not in (State.HELD, State.FLAGGED):
            raise WrongState(_("The referral is %(state)s already.") % {"state": row.get_state_display()})
        if reason:
            row.reasons = [*row.reasons, f"approved: {reason[:200]}"]
            row.save(update_fields=["reasons"])
        rewards.grant_friend(row)
        _approve(row, timezone.now())
        audit.record(by, "approved referral", row, reason=reason[:200])
    return row


def void(referral: Referral, reason: str, *, by: Actor) -> Referral:
    """End a referral without a reward. Rewards given already are left to the offer's own reversal.

    Raises:  WrongState without a reason, or when it is voided already.
    """
    if not reason.strip():
        raise WrongState(_("Say why: the reason is kept with the referral."))
    with transaction.atomic():
        row = _locked(referral.pk)
        if row.state == State.VOIDED:
            raise WrongState(_("The referral is %(state)s already.") % {"state": row.get_state_display()})
        row.state, row.decided_at = State.VOIDED, timezone.now()
        row.reasons = [*row.reasons, f"voided: {reason.strip()[:200]}"]
        row.save(update_fields=["state", "decided_at", "reasons"])
        audit.record(by, "voided referral", row, reason=reason.strip()[:200])
    return row
