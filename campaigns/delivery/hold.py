"""Holds: while one is not lifted, no mail leaves. A restored database starts held, because its ledger may be older
than the world.

place("restored from backup of 12 May")
affected(held)                            # campaigns that may have gone on after the backup was made
lift(held, request.user, {12: "resume", 13: "cancel"})
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from campaigns.delivery import control
from campaigns.models import Campaign, SendingHold
from contacts import audit, manners

if TYPE_CHECKING:
    from campaigns.delivery.control import Actor

CHOICES = ("resume", "pause", "cancel")


def place(reason: str, by: Actor = None) -> SendingHold:
    """Stop all sending until a person lifts the hold; within one mail per open connection.

    Writes:  SendingHold, an AuditEntry.
    """
    held = SendingHold.objects.create(reason=reason[:300])
    audit.record(by, "placed sending hold", held)
    return held


def active() -> SendingHold | None:
    """Return the oldest hold that is not lifted."""
    return SendingHold.objects.filter(lifted_at=None).order_by("pk").first()


def affected() -> QuerySet[Campaign]:
    """Return the campaigns that would send by themselves once nothing is held: each needs a decision."""
    mailing = Q(kind=Campaign.Kind.CAMPAIGN, state__in=[Campaign.State.SENDING, Campaign.State.SCHEDULED])
    template = Q(kind=Campaign.Kind.TRANSACTIONAL, state=Campaign.State.SENDING)
    return Campaign.objects.filter(mailing | template).order_by("pk")


def lift(held: SendingHold, by: Actor, choices: Mapping[int, str]) -> SendingHold:
    """Let mails go again, each affected campaign as was chosen for it.

    Writes:  SendingHold.lifted_at; campaigns with "pause" or "cancel" moved; an AuditEntry with the choices.
    Raises:  control.Refused when a campaign has no choice: nothing is lifted half-seen.
    """
    campaigns = list(affected())
    missing = [str(campaign) for campaign in campaigns if choices.get(campaign.pk) not in CHOICES]
    if missing:
        raise control.Refused(
            _("Choose for each campaign whether it resumes, pauses or is cancelled. Missing: %(names)s.")
            % {"names": ", ".join(missing)}
        )
    with transaction.atomic():
        for campaign in campaigns:
            decide(campaign, choices[campaign.pk], by)
        person = by if not isinstance(by, str) and getattr(by, "pk", None) else None
        SendingHold.objects.filter(pk=held.pk, lifted_at=None).update(
            lifted_at=manners.database_now(), lifted_by=person
        )
        audit.record(by, "lifted sending hold", held, choices={str(key): word for key, word in choices.items()})
    held.refresh_from_db()
    return held


def decide(campaign: Campaign, choice: str, by: Actor) -> None:
    """Do with one campaign what was chosen."""
    if choice == "cancel":
        control.cancel(campaign, by)
    elif choice == "pause":
        if campaign.state == Campaign.State.SCHEDULED:
            control.unschedule(campaign, by)
        else:
            control.pause(campaign, _("Paused when the sending hold was lifted."), by)
