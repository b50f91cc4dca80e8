"""The mails that events send and the house brings along: switched on when the first event waits for one.

    switch_on("confirm_subscription", topic)      # → the Campaign, sending from now on

So a sign-up form works on the day it is made. Who paused, cancelled or rewrote such a mail is never overruled.
"""

from __future__ import annotations

import logging

from django.db import transaction

from campaigns import composing
from campaigns.content import starters
from campaigns.content.findings import BadContent
from campaigns.delivery import control
from campaigns.models import Campaign, Sender
from contacts.models import Notice, Topic

logger = logging.getLogger(__name__)
TRIGGERS = tuple(name for name, starter in starters.STARTERS.items() if starter.is_transactional)


def switch_on_missing() -> list[Campaign]:
    """Compose and start the ready-made mail of each trigger that a notice waits for and nobody ever made.

    Reads:   Notice without drained_at, Campaign by trigger; Topic and Sender to write under.
    Writes:  Campaign, EmailContent, AuditEntry. What cannot be started yet (no sender, no postal address) is logged.
    """
    waiting = set(Notice.objects.filter(drained_at=None, kind__in=TRIGGERS).values_list("kind", flat=True).distinct())
    if not waiting:
        return []
    made = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, trigger__in=waiting)
    switched = [_try(trigger) for trigger in sorted(waiting - set(made.values_list("trigger", flat=True)))]
    return [campaign for campaign in switched if campaign is not None]


def switch_on(trigger: str, topic: Topic, by: str = "fanfare") -> Campaign:
    """Return the trigger's campaign, composed of its starter in all languages and sending.

    Raises:  Incomplete, BadContent, Refused: what is missing, as a sentence.
    """
    with transaction.atomic():
        campaign = composing.compose(
            name=str(starters.STARTERS[trigger].label),
            topic=topic,
            sender=Sender.objects.filter(brand=topic.brand, archived_at=None).order_by("pk").first(),
            by=by,
            bodies=starters.bodies(trigger, website=topic.brand.website),
            kind=Campaign.Kind.TRANSACTIONAL,
            trigger=trigger,
        )
        return control.start(campaign, by)


def _try(trigger: str) -> Campaign | None:
    topic = _topic(trigger)
    try:
        return switch_on(trigger, topic) if topic else None
    except (composing.Incomplete, BadContent, control.Refused) as why:
        logger.warning("the mail for %s cannot be switched on yet: %s", trigger, why)
        return None


def _topic(trigger: str) -> Topic | None:
    """Return the topic that the waiting notice names, else the oldest of a brand that has a sender."""
    written = Topic.objects.filter(brand__in=Sender.objects.filter(archived_at=None).values("brand")).order_by("pk")
    notice = Notice.objects.filter(kind=trigger, drained_at=None).order_by("pk").first()
    slugs = notice.payload.get("topics", []) if notice else []
    return written.filter(slug__in=slugs).first() or written.first()
