"""Make a draft campaign with a mail of its own: copied from a template, or of given bodies. Desk and API use it alike.

compose(name="May", topic=offers, segments=[vips], template=announcement, by=request.user)
mend(campaign, bodies, request.user)            # a new version for whoever has no mail yet
duplicate(campaign, request.user)               # the same again, as a draft
write_to(campaign, [segment], request.user)     # to these people of it only: "sorry, here is the right link"
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import writers
from campaigns.content import versions
from campaigns.delivery import control
from campaigns.models import Campaign, ContentBody, ContentVersion, EmailContent, Sender
from contacts import audit
from contacts.models import Segment, Topic

State = Campaign.State


class Incomplete(ValueError):
    """Something is missing without which not even a draft makes sense; the message says what."""


@transaction.atomic
def compose(
    *,
    name: str,
    topic: Topic,
    by: User | str,
    sender: Sender | None = None,
    segments: Iterable[Segment] = (),
    excluded_segments: Iterable[Segment] = (),
    within: Segment | None = None,
    template: EmailContent | None = None,
    bodies: Sequence[Mapping[str, Any] | ContentBody] = (),
    **options: Any,
) -> Campaign:
    """Return a new draft whose mail may be changed without touching the template.

    Writes:  Campaign, EmailContent with one version, an audit entry.
    Raises:  Incomplete without template and bodies, or when the brand has no sender or several; BadContent;
             control.Refused when the writer is bound to her shops and this is not theirs (campaigns/writers.py).
    """
    people = writers.within(by, within)
    begun = writers.source(template, by)
    content = EmailContent.objects.create(name=name, brand=topic.brand, made_from=begun)
    person = by if isinstance(by, User) else None  # else a label, such as "fanfare"
    versions.new_version(content, _bodies(begun, bodies), person)
    campaign = Campaign.objects.create(
        name=name,
        topic=topic,
        sender=sender or _only_sender(topic),
        content=content,
        within=people,
        created_by=person,
        **options,
    )
    campaign.segments.set(segments)
    campaign.excluded_segments.set(excluded_segments)
    audit.record(by, "composed", campaign)
    return campaign


def _bodies(begun: ContentVersion | None, bodies: Sequence[Mapping[str, Any] | ContentBody]) -> list[ContentBody]:
    if bodies:
        return [body if isinstance(body, ContentBody) else ContentBody(**body) for body in bodies]
    if begun is None:
        raise Incomplete(_("Name a template, or give the mail's bodies: one per language with its subject and blocks."))
    copied = list(begun.bodies.all())
    for body in copied:
        body.pk, body.version_id = None, None  # type: ignore[assignment]
        body._state.adding = True
    return copied


def _only_sender(topic: Topic) -> Sender:
    senders = list(Sender.objects.filter(brand=topic.brand, archived_at=None)[:2])
    if len(senders) != 1:
        problem = _("has several senders") if senders else _("has no sender yet")
        raise Incomplete(
            _("The brand %(brand)s %(problem)s. Say which address writes.") % {"brand": topic.brand, "problem": problem}
        )
    return senders[0]


def mend(campaign: Campaign, bodies: Sequence[Mapping[str, Any]], by: User | str) -> ContentVersion:
    """Give the campaign's mail a new version and return it; languages that `bodies` does not name keep their words.

    Who has no mail yet gets it when the campaign starts or resumes; a mail sent by an event carries it from now on.

    Writes:  ContentVersion, published where the mail is sent by an event and switched on; an audit entry.
    Raises:  control.WrongState while a campaign sends (pause it first) or when it is over; BadContent, Incomplete.
    """
    by_event = campaign.kind == Campaign.Kind.TRANSACTIONAL
    control.require(campaign, State.DRAFT, State.SCHEDULED, State.PAUSED, *([State.SENDING] if by_event else []))
    if campaign.content is None:
        raise Incomplete(_("The campaign has no mail yet. Write one in the step “Content”."))
    newest = campaign.content.versions.order_by("-number").first()
    new = {body["language"]: ContentBody(**body) for body in bodies}
    with transaction.atomic():
        others = [copy.copy(body) for body in newest.bodies.all() if body.language not in new] if newest else []
        person = by if isinstance(by, User) else None
        version = versions.new_version(campaign.content, [*new.values(), *others], person)
        if by_event and campaign.state == State.SENDING:
            control.publish(campaign, by)
        audit.record(by, "mended", campaign, version=version.number)
    return version


SAME = (
    "kind",
    "trigger",
    "needs_subscription",
    "topic",
    "sender",
    "within",
    "tracking",
    "ambiguity",
    "objective",
    "needs_approval",
    "timing",
    "priority",
)  # of both
MORE = ("owner", "everyone_reason", "pace_per_hour", "holdout_percent", "in_archive")  # of a duplicate
LONGEST_NAME = 120


def duplicate(campaign: Campaign, by: User | str) -> Campaign:
    """Return a new draft like this campaign: its people by the same rules, a copy of its newest mail, no time set.

    Writes:  Campaign, EmailContent with one version, an audit entry.
    """
    copied = _like(campaign, _("Copy of %(name)s") % {"name": campaign.name}, (*SAME, *MORE), by)
    copied.segments.set(campaign.segments.all())
    copied.excluded_segments.set(campaign.excluded_segments.all())
    return copied


def write_to(campaign: Campaign, segments: Iterable[Segment], by: User | str) -> Campaign:
    """Return a new draft to these segments alone, all of them, without a control group; its mail is a copy to change.

    Writes:  as `duplicate`.
    """
    written = _like(campaign, _("To readers of %(name)s") % {"name": campaign.name}, SAME, by)
    written.segments.set(segments)
    return written


@transaction.atomic
def _like(campaign: Campaign, name: str, fields: Sequence[str], by: User | str) -> Campaign:
    name = name[:LONGEST_NAME]
    person = by if isinstance(by, User) else None
    writers.require(campaign, by)
    content = None
    if campaign.content is not None:
        content = EmailContent.objects.create(
            name=name, brand=campaign.content.brand, made_from=campaign.content.made_from
        )
        newest = campaign.content.versions.order_by("-number").first()
        if newest is not None:
            versions.copy_to(content, newest, person)
    same = {field: getattr(campaign, field) for field in fields}
    copied = Campaign.objects.create(name=name, content=content, created_by=person, **same)
    audit.record(by, "copied", copied, source=campaign.pk)
    return copied
