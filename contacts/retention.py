"""How long prospects are kept: three years after their last act, one last message before, then they are forgotten.

due(now)          # → Due(soon=12, over=3): the alarm on Home and in `doctor`
keep_in_time()    # → Kept(written=2, erased=3): the nightly round; safe to repeat

An act is hers alone: a click she allowed, a share, a claim, an order, a yes or no. An open is none: machines open too.
Source: CNIL, référentiel "gestion commerciale" (2022): prospects for three years from collection or their last contact.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from contacts import askers, privacy, profile, suppression
from contacts.manners import write_batch
from contacts.models import Consent, Contact, Notice, Subscription

logger = logging.getLogger(__name__)

NOTICE = "last_message"
WARN = timedelta(days=30)  # between the last message and the end, so that she can answer
ALARM = timedelta(days=60)  # before the end, the desk is told
MOST_COUNTED = 10_000  # people; an alarm needs no more
AT_ONCE = 500  # people a round, each erased in a transaction of her own
# Kinds of timeline entries that are acts of hers; opens, mails and friends' visits are not.
ACTS = {
    "click", "reply", "unsubscribe", "complaint", "offer_view", "web_view", "share", "claim", "redeem", "order",
    "fan_proof",
}  # fmt: skip
LAST_ACTS = ("last_clicked_at", "last_shared_at", "last_redeemed_at", "last_ordered_at")
NOT_HERS = {Consent.Method.IMPORT, Consent.Method.ADMIN}  # done about her, not by her


@dataclass(frozen=True)
class Due:
    """How many prospects reach the end of their time within two months, and how many have reached it."""

    soon: int
    over: int


@dataclass(frozen=True)
class Kept:
    """What one round did: last messages written, people forgotten."""

    written: int
    erased: int


def limit() -> timedelta | None:
    """Return how long a prospect is kept after her last act; None when the site set 0, for ever."""
    return timedelta(days=365.25 * settings.PROSPECT_YEARS) if settings.PROSPECT_YEARS else None


def silent_since(moment: datetime) -> QuerySet[Contact]:
    """Return the prospects without any act since that moment; whoever ever ordered is a customer, not a prospect."""
    quiet = Q(created_at__lt=moment, last_ordered_at=None)
    for column in LAST_ACTS:
        quiet &= Q(**{column: None}) | Q(**{f"{column}__lt": moment})
    said = Consent.objects.filter(contact=OuterRef("pk"), at__gte=moment).exclude(method__in=NOT_HERS)
    return Contact.objects.filter(quiet, ~Exists(said), merged_into=None)


def ending(now: datetime | None = None) -> QuerySet[Contact]:
    """Return the prospects whose time ends within two months, or is over; nobody where prospects are kept for ever."""
    keep = limit()
    return silent_since((now or timezone.now()) - keep + ALARM) if keep else Contact.objects.none()


def due(now: datetime | None = None) -> Due:
    """Count who reaches the end of her time soon, and who has."""
    now, keep = now or timezone.now(), limit()
    if keep is None:
        return Due(0, 0)
    over = silent_since(now - keep)[:MOST_COUNTED].count()
    return Due(silent_since(now - keep + ALARM)[:MOST_COUNTED].count() - over, over)


def keep_in_time(now: datetime | None = None) -> Kept:
    """Write the one last message to those whose time ends in a month; forget those whose time is over.

    Writes:  Notice "last_message", once a person and silence; erasures, as `privacy.erase_contact`. Who can still be
             asked is forgotten only a month after she was. Nothing before the operator has set PROSPECT_YEARS.
    """
    now, keep = now or timezone.now(), limit()
    askers.forget(now)
    if keep is None or not settings.PROSPECTS_MAY_GO:
        return Kept(0, 0)
    written = sum(_write(contact, now) for contact in _unasked(now - keep + WARN, now))
    erased = sum(_forget(contact, now - keep) for contact in _finished(now - keep, now))
    if written or erased:
        logger.info("prospects written=%d erased=%d", written, erased)
    return Kept(written, erased)


def _unasked(moment: datetime, now: datetime) -> list[Contact]:
    """Return who is to be asked: she can be written to and has not been asked in this silence."""
    asked = Notice.objects.filter(contact=OuterRef("pk"), kind=NOTICE, created_at__gte=now - ALARM * 12)
    return list(_writable(silent_since(moment)).filter(~Exists(asked)).order_by("pk")[:AT_ONCE])


def _writable(people: QuerySet[Contact]) -> QuerySet[Contact]:
    held = Subscription.objects.filter(contact=OuterRef("pk"), state=Subscription.State.SUBSCRIBED)
    return people.filter(Exists(held.exclude(basis="none")), email__isnull=False, unsendable="")


def _write(contact: Contact, now: datetime) -> int:
    if contact.email and suppression.is_suppressed(contact.email):
        return 0
    topics = contact.subscriptions.filter(state=Subscription.State.SUBSCRIBED).values_list("topic__slug", flat=True)
    payload = {
        "topics": list(topics), "purposes": [], "form": "last message", "stays": True,
        "language": contact.language, "address": contact.address_hash, "wording": "",
    }  # fmt: skip
    with write_batch():
        key = f"{NOTICE}:{contact.pk}:{now:%Y}"
        row, is_new = Notice.objects.get_or_create(
            key=key, defaults={"contact": contact, "kind": NOTICE, "payload": payload}
        )
        if is_new:
            Notice.objects.filter(pk=row.pk).update(created_at=now)
    return int(is_new)


def _finished(moment: datetime, now: datetime) -> Iterator[Contact]:
    """Yield who is to be forgotten: asked a month ago without an answer, or beyond asking.

    Who was not asked because that mail is not switched on stays: Home says that it waits.
    """
    fresh = Notice.objects.filter(
        Q(created_at__gt=now - WARN) | Q(drained_at=None), contact=OuterRef("pk"), kind=NOTICE
    )
    asked = Notice.objects.filter(contact=OuterRef("pk"), kind=NOTICE, created_at__lte=now - WARN)
    over = silent_since(moment).filter(~Exists(fresh)).annotate(was_asked=Exists(asked))
    for contact in over.order_by("pk")[:AT_ONCE]:
        was_asked = contact.was_asked
        if was_asked or not _writable(Contact.objects.filter(pk=contact.pk)).exists() or _is_suppressed(contact):
            yield contact


def _is_suppressed(contact: Contact) -> bool:
    return bool(contact.email and suppression.is_suppressed(contact.email))


def _forget(contact: Contact, moment: datetime) -> int:
    """Forget one, after a last look at what the upper floors know of her acts."""
    last = profile.timeline(contact, kinds=ACTS, limit=1)
    if last and last[0].at >= moment:
        return 0
    privacy.erase_contact(contact, actor="retention", is_wish=False)
    return 1
