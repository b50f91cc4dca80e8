"""Ready-made automatic mails: which there are, their switches by brand, and what causes them.

    row = of(brand, "welcome")            # an Automation, switched off until somebody presses
    switch_on(row, request.user)          # composes its mail where nobody wrote one, and sends from now on
    run_on_me(row, request.user)          # the mail as it stands, to the one who asks; counts nowhere
    cause("friend_joined", ann, key="friend_joined:7", brand=brand)   # a Notice, if it is switched on
    look()                                # the kinds that nobody causes: birthdays, offers about to end

One mail a cause: the Notice's key is unique, whoever writes it and however often. Kinds come from the modules of
settings.AUTOMATIC_SOURCES, each with a list AUTOMATIC.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaigns import composing
from campaigns.content import starters
from campaigns.content.findings import BadContent
from campaigns.delivery import control, trial
from campaigns.models import Automation, Campaign, Sender
from contacts import audit, manners
from contacts.models import Brand, Contact, Notice, Topic

logger = logging.getLogger(__name__)
LOOK_EVERY = timedelta(minutes=5)
STEP = 500  # notices a transaction
State = Campaign.State


@dataclass(frozen=True, slots=True)
class Cause:
    """Why one person gets one mail: `key` names the cause for ever, `payload` is `event.*` in the mail."""

    contact: Contact
    key: str
    payload: dict[str, Any] = field(default_factory=dict)


def nothing(brand: Brand, language: str) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind:
    """A ready-made automatic mail. `name` is its trigger; a service goes to whoever caused it, the others only to
    subscribers of the topic. `days_say` names what `Automation.days` counts, '' = it has a delay instead.
    """

    name: str
    label: str | Promise
    when: str | Promise
    starter: str = ""
    is_service: bool = False
    days: int = 0
    days_say: str | Promise = ""
    cap: tuple[int, int] | None = None  # mails, days
    find: Callable[[Automation, datetime], Iterable[Cause]] | None = None
    sample: Callable[[Brand, str], dict[str, Any]] = nothing

    @property
    def words(self) -> str:
        return self.starter or self.name


class NotPossible(ValueError):
    """The mail cannot be prepared, switched or shown; the sentence says what is missing."""


@cache
def kinds() -> dict[str, Kind]:
    """Return the kinds by name, in the order of the modules that bring them."""
    modules = [importlib.import_module(name) for name in settings.AUTOMATIC_SOURCES]
    return {kind.name: kind for module in modules for kind in module.AUTOMATIC}


def of(brand: Brand, name: str) -> Automation:
    """Return the brand's row of a kind, made when there is none. It takes over a mail that already has this trigger.

    Raises:  NotPossible for an unknown kind, or a brand without a topic.
    """
    if name not in kinds():
        raise NotPossible(_("There is no automatic mail “%(name)s”.") % {"name": name})
    known = Automation.objects.filter(brand=brand, kind=name).select_related("campaign", "brand", "topic").first()
    if known is not None:
        return known
    made = fresh(brand, name)
    row, _new = Automation.objects.get_or_create(
        brand=brand, kind=name, defaults={each: getattr(made, each) for each in FIELDS}
    )
    return row


FIELDS = ("topic", "campaign", "days", "cap_mails", "cap_days")


def fresh(brand: Brand, name: str) -> Automation:
    """Return an unsaved row of a kind with its defaults."""
    kind = kinds()[name]
    topic = Topic.objects.filter(brand=brand).order_by("pk").first()
    if topic is None:
        raise NotPossible(_("The brand %(brand)s has no topic yet. Make one under People.") % {"brand": brand})
    mails, days = kind.cap or (None, 7)
    return Automation(
        brand=brand, kind=name, topic=topic, campaign=written(brand, name), days=kind.days, cap_mails=mails,
        cap_days=days,
    )  # fmt: skip


def written(brand: Brand, name: str) -> Campaign | None:
    """Return the mail that somebody made for this trigger and brand by hand, one that sends before others."""
    mails = Campaign.objects.filter(
        kind=Campaign.Kind.TRANSACTIONAL, trigger=name, topic__brand=brand, automation__isnull=True
    ).exclude(state__in=[State.CANCELLED, State.FINISHED])
    if not kinds()[name].is_service:
        mails = mails.filter(needs_subscription=True)
    found = list(mails.order_by("pk"))
    return next((each for each in found if each.state == State.SENDING), found[0] if found else None)


def all_of(brand: Brand) -> list[Automation]:
    """Return the brand's rows, one a kind; those never touched are not saved. Empty for a brand without a topic."""
    known = {row.kind: row for row in Automation.objects.filter(brand=brand).select_related("campaign", "topic")}
    try:
        return [known.get(name) or fresh(brand, name) for name in kinds()]
    except NotPossible:
        return []


# --- Switches --------------------------------------------------------------------------------------------------------


def prepare(row: Automation, by: Any) -> Campaign:
    """Return the row's campaign, composed of the ready-made words in every language where there is none.

    Writes:  Campaign, EmailContent, Automation.campaign.  Raises: NotPossible.
    """
    if row.campaign is not None and row.campaign.state != State.CANCELLED:
        return row.campaign
    kind = kinds()[row.kind]
    sender = Sender.objects.filter(brand=row.brand, archived_at=None).order_by("pk").first()
    try:
        with transaction.atomic():
            row.campaign = composing.compose(
                name=str(kind.label)[:120],
                topic=row.topic,
                sender=sender,
                by=by,
                bodies=starters.bodies(kind.words, website=row.brand.website, **starters.rows_for(row.brand)),
                kind=Campaign.Kind.TRANSACTIONAL,
                trigger=row.kind,
                needs_subscription=not kind.is_service,
            )
            row.save(update_fields=["campaign"])
    except (composing.Incomplete, BadContent) as why:
        raise NotPossible(str(why)) from None
    return row.campaign


def switch_on(row: Automation, by: Any) -> Automation:
    """Let the mail go out whenever its cause happens, from now on; what happened before stays without a mail.

    A service is the exception: who waits for the confirmation or the code gets it now.

    Pressed again, it lets the mail carry the words written since.

    Raises:  NotPossible with what is missing.
    """
    try:
        with transaction.atomic():
            row = Automation.objects.select_for_update(of=("self",)).get(pk=row.pk)
            campaign = prepare(row, by)
            was_on = campaign.state == State.SENDING
            if campaign.state == State.DRAFT:
                control.start(campaign, by)
            elif campaign.state == State.PAUSED:
                control.resume(campaign, by)
            elif was_on:
                control.publish(campaign, by)
            if not was_on and not kinds()[row.kind].is_service:
                forget(row)
            if not was_on or row.switched_on_at is None:
                row.switched_on_at = manners.database_now()
                row.save(update_fields=["switched_on_at"])
            audit.record(by, "switched on automatic mail", row)
    except control.Refused as why:
        raise NotPossible(str(why)) from None
    return row


def switch_off(row: Automation, by: Any) -> Automation:
    """Stop the mail; those of it that wait are not sent any more, but a service's wait for the switch."""
    if row.campaign is None or row.campaign.state != State.SENDING:
        return row
    with transaction.atomic():
        control.pause(row.campaign, _("switched off"), by)
        audit.record(by, "switched off automatic mail", row)
    if not kinds()[row.kind].is_service:
        control.cancel_rows(row.campaign)
        forget(row)
    return row


def forget(row: Automation) -> None:
    """Settle what waits of this kind without a mail."""
    waiting = Notice.objects.filter(brand=row.brand, kind=row.kind, drained_at=None)
    waiting.update(drained_at=manners.database_now())


def run_on_me(row: Automation, user: Any, language: str = "") -> int:
    """Send the mail as it stands to the person who asks, with values as if it had happened to her.

    Writes:  the mail's campaign where nobody wrote one, as a draft; then as `trial.send`. Raises: NotPossible.
    """
    if not user.email:
        raise NotPossible(_("Your account has no e-mail address. Write it in on your own page under Settings › Team."))
    campaign = prepare(row, user)
    language = language or row.brand.default_language
    with override(language):
        values = kinds()[row.kind].sample(row.brand, language)
    me = Contact.objects.filter(email=user.email.lower()).first()
    try:
        return trial.send(campaign, [user.email], language=language, contact=me, values=values, by=user)
    except trial.NotSent as why:
        raise NotPossible(str(why)) from None


# --- Causes ----------------------------------------------------------------------------------------------------------


def switched_on(name: str, brand: Brand | None) -> list[Automation]:
    """Return the rows of a kind that are switched on: the brand's own, of None those of all brands."""
    rows = Automation.objects.filter(kind=name, campaign__state=State.SENDING).select_related("brand", "topic")
    return list(rows.filter(brand=brand) if brand is not None else rows)


def cause(name: str, contact: Contact, *, key: str, brand: Brand, payload: dict[str, Any] | None = None) -> bool:
    """Ask for a cause's mail in the caller's transaction, where it is switched on, and say whether that was new."""
    if not contact.email or not switched_on(name, brand):
        return False
    values = {"contact": contact, "brand": brand, "kind": name, "payload": payload or {}}
    return Notice.objects.get_or_create(key=key, defaults=values)[1]


def look(now: datetime | None = None) -> int:
    """Look for the causes that nobody reports, and return how many notices there were to write.

    Every LOOK_EVERY at most, by one process: whoever moves `looked_at` looks. Killed in between, the next look finds
    the same causes; their keys are unique, so each has one mail.
    """
    at = now or manners.database_now()
    looking = [name for name, kind in kinds().items() if kind.find is not None]
    rows = Automation.objects.filter(kind__in=looking, campaign__state=State.SENDING)
    due = rows.filter(Q(looked_at=None) | Q(looked_at__lte=at - LOOK_EVERY) | Q(looked_at__gt=at + LOOK_EVERY))
    found = 0
    for row in due.select_related("brand", "topic"):
        if Automation.objects.filter(pk=row.pk, looked_at=row.looked_at).update(looked_at=at):
            found += _note(row, kinds()[row.kind], at)
    return found


def _note(row: Automation, kind: Kind, at: datetime) -> int:
    causes, n = iter(kind.find(row, at) if kind.find else ()), 0
    while some := list(islice(causes, STEP)):
        with manners.write_batch():
            Notice.objects.bulk_create(
                [
                    Notice(contact=one.contact, brand=row.brand, kind=row.kind, key=one.key, payload=one.payload)
                    for one in some
                ],
                ignore_conflicts=True,
            )
        n += len(some)
    if n:
        logger.info("automation=%s causes=%d", row.pk, n)
    return n


def without_notice(causes: Iterable[Cause]) -> Iterator[Cause]:
    """Leave out the causes that have their notice already, so that a look does not write what is there."""
    every = iter(causes)
    while some := list(islice(every, STEP)):
        known = set(Notice.objects.filter(key__in=[one.key for one in some]).values_list("key", flat=True))
        yield from (one for one in some if one.key not in known)


def change(row: Automation, by: Any, values: dict[str, Any]) -> Automation:
    """Change topic, delay, days or cap; in force from the next mail on.

    Writes:  Automation; the topic also of a campaign that is not sending.
    """
    with transaction.atomic():
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean(exclude=["campaign"])
        row.save(update_fields=list(values) or None)
        if "topic" in values and row.campaign is not None and row.campaign.state != State.SENDING:
            Campaign.objects.filter(pk=row.campaign.pk).update(topic=row.topic)
        audit.record(by, "changed automatic mail", row, **{name: str(value) for name, value in values.items()})
    return row
