"""What a person presses: start, schedule, pause, resume, cancel. Each verb is one conditional UPDATE, audited.

start(campaign, request.user)      # checks, counts, pins the version, freezes the audience; a second press changes
nothing
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.delivery import audience, throttle
from campaigns.models import Campaign, Delivery
from contacts import audit, manners

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from campaigns.content.checks import Finding
    from contacts.models import Segment

    Actor = AbstractBaseUser | AnonymousUser | str | None

logger = logging.getLogger(__name__)
State = Campaign.State


class Refused(Exception):
    """A verb that cannot be done now; the message is a sentence with the remedy."""


class WrongState(Refused):
    """The campaign is not in a state from which this is possible."""


class EmptyAudience(Refused):
    """Nobody would get the mail."""


class NotReady(Refused):
    """The check before sending found errors; `findings` holds all that it found."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        errors = [f"{finding.message} {finding.remedy}".strip() for finding in findings if finding.level == "error"]
        super().__init__(" ".join(errors))


def start(campaign: Campaign, by: Actor) -> Campaign:
    """Freeze the audience and let the senders loose.

    Writes:  the published version pinned, state SENDING, Delivery rows, an AuditEntry, the campaign's pace.
    Raises:  WrongState unless draft or scheduled, Refused to others' people, approval.NotApproved, NotReady with the
             findings, EmptyAudience; then nothing is written.
    """
    require(campaign, State.DRAFT, State.SCHEDULED)
    _require_approval(campaign, by)
    check(campaign)
    people = require_people(campaign)
    require_only_one(campaign)
    with transaction.atomic():
        pin(campaign)
        move(
            campaign, (State.DRAFT, State.SCHEDULED), State.SENDING, started_at=manners.database_now(), paused_reason=""
        )
        audit.record(by, "started campaign", campaign, people=people.reachable, excluded=people.excluded)
        apply_pace(campaign)
    if campaign.kind == Campaign.Kind.CAMPAIGN:
        audience.snapshot(campaign)
    hint(campaign)
    return campaign


def schedule(campaign: Campaign, at: datetime, by: Actor, *, own_evening: bool | None = None) -> Campaign:
    """Let the campaign start by itself at a time; the audience is frozen then, not now.

    own_evening  each mail waits for its reader's own evening from then on; None leaves the hour as it was chosen.
    Raises:  WrongState, NotReady, EmptyAudience, as `start` does; Refused for a time that is over.
    """
    if at <= manners.database_now():
        raise Refused(_("This time is over. Choose a later one, or press Start."))
    require(campaign, State.DRAFT, State.SCHEDULED)
    is_watched = _require_approval(campaign, by)
    check(campaign)
    require_people(campaign)
    more: dict[str, object] = {"needs_approval": True} if is_watched else {}  # also of what is changed until then
    with transaction.atomic():
        move(
            campaign,
            (State.DRAFT, State.SCHEDULED),
            State.SCHEDULED,
            scheduled_at=at,
            **more,
            **_hour(campaign, own_evening),
        )
        audit.record(by, "scheduled campaign", campaign, at=at.isoformat())
    return campaign


def _require_approval(campaign: Campaign, by: Actor) -> bool:
    """Refuse what needs an approval and has none; return whether it needed one."""
    from campaigns import approval, writers

    writers.require(campaign, by)
    approval.require(campaign, by)
    return approval.is_needed(campaign, by)


def _hour(campaign: Campaign, own_evening: bool | None) -> dict[str, str]:
    """Return the `timing` to write; taking the evening back leaves any other wish alone."""
    evening = Campaign.Timing.EVENING
    if own_evening:
        return {"timing": evening}
    return {"timing": Campaign.Timing.AT_ONCE} if own_evening is False and campaign.timing == evening else {}


def unschedule(campaign: Campaign, by: Actor, reason: str = "") -> Campaign:
    """Make a scheduled campaign a draft again."""
    with transaction.atomic():
        move(campaign, (State.SCHEDULED,), State.DRAFT, paused_reason=reason[:300])
        audit.record(by, "unscheduled campaign", campaign, reason=reason)
    return campaign


def pause(campaign: Campaign, reason: str, by: Actor) -> Campaign:
    """Stop sending within one mail per open connection; mails already out stay out."""
    with transaction.atomic():
        move(campaign, (State.SENDING,), State.PAUSED, paused_reason=reason[:300])
        audit.record(by, "paused campaign", campaign, reason=reason)
    return campaign


def resume(campaign: Campaign, by: Actor) -> Campaign:
    """Go on with those who have no mail yet; rows never tried take the version published last.

    Raises:  WrongState unless paused; approval.NotApproved for new words that need an approval; NotReady when the
             mended content has errors.
    """
    require(campaign, State.PAUSED)
    if _has_new_words(campaign):
        _require_approval(campaign, by)
    check(campaign)
    with transaction.atomic():
        pin(campaign)
        move(campaign, (State.PAUSED,), State.SENDING, paused_reason="")
        audit.record(by, "resumed campaign", campaign)
        apply_pace(campaign)
    hint(campaign)
    return campaign


def _has_new_words(campaign: Campaign) -> bool:
    newest = campaign.content.versions.order_by("-number").first() if campaign.content else None
    return newest is not None and newest.pk != campaign.content_version_id


def publish(campaign: Campaign, by: Actor) -> Campaign:
    """Let a mail sent by an event carry the newest words from now on, without switching it off.

    Raises:  WrongState unless switched on, NotReady when the new words have errors.
    """
    require(campaign, State.SENDING)
    check(campaign)
    with transaction.atomic():
        pin(campaign)
        audit.record(by, "published mail of campaign", campaign)
    return campaign


def cancel(campaign: Campaign, by: Actor) -> int:
    """End the campaign for good and return how many mails will now never be sent."""
    open_states = (State.DRAFT, State.SCHEDULED, State.SENDING, State.PAUSED)
    with transaction.atomic():
        move(campaign, open_states, State.CANCELLED, finished_at=manners.database_now())
        audit.record(by, "cancelled campaign", campaign)
    return cancel_rows(campaign)


def add_people(campaign: Campaign, by: Actor) -> int:
    """Take in those who match the segments now and have no row yet; return how many were added: a second snapshot."""
    require(campaign, State.SENDING, State.PAUSED)
    with transaction.atomic():
        campaign.exclusions.all().delete()
        Campaign.objects.filter(pk=campaign.pk).update(audience_cursor=0, audience_at=None)
        audit.record(by, "added people to campaign", campaign)
    campaign.refresh_from_db()
    added = audience.snapshot(campaign)
    hint(campaign)
    return added


def remove_people(campaign: Campaign, segment: Segment, by: Actor) -> int:
    """Take everybody of a segment out who has not got the mail yet, and return how many; mails on the wire stay.

    Writes:  Delivery → CANCELLED, also rows that a sender has claimed: their intent is refused then.
    """
    require(campaign, State.SENDING, State.PAUSED)
    from contacts.segments.sql import people

    untaken = (Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.CLAIMED)
    waiting = Delivery.objects.filter(campaign=campaign, state__in=untaken)
    unwanted = waiting.filter(contact__in=people(segment.rules).values("pk")).order_by("pk")
    removed = 0
    while some := list(unwanted.values_list("pk", flat=True)[:CANCEL_STEP]):
        with manners.write_batch():
            removed += waiting.filter(pk__in=some).update(
                state=Delivery.State.CANCELLED, owner="", lease_until=None, next_at=None, reply=_("taken out by hand")
            )
    audit.record(by, "removed people from campaign", campaign, n=removed, segment=segment.pk)
    return removed


def set_pace(campaign: Campaign, per_hour: int | None, by: Actor) -> Campaign:
    """Change how many mails an hour go out, also while it sends; None = as fast as the relays allow."""
    with transaction.atomic():
        campaign.pace_per_hour = per_hour
        campaign.save(update_fields=["pace_per_hour", "updated_at"])
        apply_pace(campaign)
        audit.record(by, "changed pace of campaign", campaign, per_hour=per_hour)
    return campaign


def start_due(now: datetime | None = None) -> int:
    """Start the scheduled campaigns whose time has come and return how many; one that cannot start is a draft again,
    with the reason.
    """
    from campaigns.delivery import hold

    if hold.active() is not None:
        return 0
    due = Campaign.objects.filter(state=State.SCHEDULED, scheduled_at__lte=now or manners.database_now())
    started = 0
    for campaign in due.order_by("scheduled_at"):
        try:
            start(campaign, "schedule")
            started += 1
        except WrongState:
            continue  # somebody was faster
        except Refused as why:
            logger.warning("campaign=%s could not start on time", campaign.pk)
            unschedule(campaign, "schedule", reason=str(why))
    return started


def require(campaign: Campaign, *states: str) -> None:
    """Refuse unless the campaign is, in the database, in one of the states."""
    campaign.refresh_from_db()
    if campaign.state not in states:
        raise WrongState(_("The campaign is already “%(state)s”.") % {"state": campaign.get_state_display()})


def move(campaign: Campaign, since: Sequence[str], to: str, **values: object) -> None:
    """Change the state if it still is one of `since`; of two presses at once exactly one gets through."""
    moved = Campaign.objects.filter(pk=campaign.pk, state__in=since).update(
        state=to, updated_at=timezone.now(), **values
    )
    campaign.refresh_from_db()
    if not moved:
        raise WrongState(_("The campaign is already “%(state)s”.") % {"state": campaign.get_state_display()})


def check(campaign: Campaign) -> list[Finding]:
    """Run the check before sending and return its warnings and notes; errors are raised as NotReady."""
    from campaigns import consent_campaign
    from campaigns.content import checks

    consent_campaign.refuse_too_soon(campaign)
    findings = checks.check(campaign)
    errors = {finding.code for finding in findings if finding.level == "error"}
    if errors and errors <= ABOUT_PEOPLE:
        require_people(campaign)
    if errors:
        raise NotReady(findings)
    return findings


ABOUT_PEOPLE = {"audience.empty", "basis.missing"}  # errors that EmptyAudience says in more words


def require_people(campaign: Campaign) -> audience.AudienceCount:
    """Count the audience, or refuse with the reasons why it is empty; a transactional campaign needs none."""
    if campaign.kind == Campaign.Kind.TRANSACTIONAL:
        return audience.AudienceCount(0)
    people = audience.count(campaign)
    if people.reachable:
        return people
    left_out = sum(people.excluded.values())
    if left_out:
        raise EmptyAudience(
            ngettext(
                "Nobody would get this mail: the one person of the chosen segments may not be written to. "
                "Widen the segments.",
                "Nobody would get this mail: none of the %(n)d people of the chosen segments may be written to. "
                "Widen the segments.",
                left_out,
            )
            % {"n": left_out}
        )
    raise EmptyAudience(_("Nobody would get this mail: the chosen segments hold no people. Choose or widen a segment."))


def require_only_one(campaign: Campaign) -> None:
    """Refuse a second mail for the same event of the same brand: nobody would know which goes out."""
    if campaign.kind != Campaign.Kind.TRANSACTIONAL:
        return
    others = Campaign.objects.filter(kind=campaign.kind, trigger=campaign.trigger, state=State.SENDING)
    brand = campaign.topic.brand if campaign.topic else None
    if other := others.exclude(pk=campaign.pk).filter(topic__brand=brand).first():
        raise Refused(_("“%(name)s” answers this event already. Switch it off first.") % {"name": other})


def pin(campaign: Campaign) -> None:
    """Publish the content's newest version and make it the campaign's; rows claimed from now on take it."""
    from campaigns.content import versions

    content = campaign.content
    newest = content.versions.order_by("-number").first() if content else None
    if newest is None:
        raise Refused(_("The campaign has no mail yet. Write one in the step “Content”."))
    if newest.published_at is None:
        versions.publish(newest)
    Campaign.objects.filter(pk=campaign.pk).update(content_version=newest, send_until=versions.valid_until(newest))
    campaign.refresh_from_db()


def apply_pace(campaign: Campaign) -> None:
    """Make the campaign's bucket say what its pace says."""
    key = f"campaign:{campaign.pk}"
    if campaign.pace_per_hour:
        throttle.set_rate(key, per_second=campaign.pace_per_hour / 3600)
    else:
        throttle.forget(key)


CANCEL_STEP = 10_000  # rows a transaction


def cancel_rows(campaign: Campaign) -> int:
    """Mark the rows nobody has taken yet as cancelled; those on their way are refused at their intent."""
    waiting = Delivery.objects.filter(campaign=campaign, state__in=[Delivery.State.QUEUED, Delivery.State.DEFERRED])
    cancelled = 0
    while True:
        with manners.write_batch():
            some = list(waiting.order_by("pk").values_list("pk", flat=True)[:CANCEL_STEP])
            cancelled += waiting.filter(pk__in=some).update(state=Delivery.State.CANCELLED, next_at=None)
        if len(some) < CANCEL_STEP:
            return cancelled


def hint(campaign: Campaign) -> None:
    """Tell the workers that there is work; losing this costs at most one beat."""
    from campaigns import tasks

    tasks.hint(campaign.pk)
