"""Forget in time: addresses and browsers of hits after 30 days, events after 13 months; totals and people stay.

    forget()                   # → Forgotten(emptied=1200, deleted=300); run daily by the beat, may be repeated

Reports read totals and engagement, which are kept, as are the ledger and how far each spool file was read: so nothing
that retention deletes can be stored a second time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, Q
from django.utils import timezone

from campaigns.models import Campaign, Event, HourlyTotal
from contacts import manners

logger = logging.getLogger(__name__)

MONTH = timedelta(days=365.25 / 12)
AT_ONCE = 1000  # rows a transaction
QUIET_DAYS = 35  # after so many days in a row with nothing to empty, older ones were emptied before
RAW = ~Q(ip_prefix="") | ~Q(user_agent="")


@dataclass(frozen=True)
class Forgotten:
    """How many events lost address range and browser, and how many are gone."""

    emptied: int
    deleted: int


def raw_since(now: datetime | None = None) -> datetime:
    """Return the time before which address ranges and browsers are emptied; a verdict is final then."""
    return (now or timezone.now()) - timedelta(days=settings.HITS_KEPT_DAYS)


def events_since(now: datetime | None = None) -> datetime:
    """Return the time before which events are deleted."""
    return (now or timezone.now()) - settings.EVENTS_KEPT_MONTHS * MONTH


def forget(now: datetime | None = None) -> Forgotten:
    """Empty and delete what is too old, and return how many rows.

    Writes:  Event. Never Engagement, LinkEngagement, HourlyTotal, Delivery or SpoolFile.
    """
    deleted = _delete(events_since(now))
    emptied = _empty(raw_since(now))
    if emptied + deleted:
        logger.info("emptied=%s deleted=%s", emptied, deleted)
    return Forgotten(emptied, deleted)


def is_begun(campaign: Campaign) -> bool:
    """Say whether retention has begun on the campaign: its totals then know more than its events."""
    return HourlyTotal.objects.filter(campaign=campaign, hour__lt=events_since()).exists()


def _empty(until: datetime) -> int:
    """Empty day by day, the newest first, until a quiet month says that all before was done."""
    oldest = Event.objects.aggregate(oldest=Min("at"))["oldest"]
    done, quiet = 0, 0
    while oldest is not None and until > oldest and quiet < QUIET_DAYS:
        since = until - timedelta(days=1)
        emptied = _empty_between(since, until)
        done, quiet, until = done + emptied, 0 if emptied else quiet + 1, since
    return done


def _empty_between(since: datetime, until: datetime) -> int:
    found = list(Event.objects.filter(RAW, at__gte=since, at__lt=until).values_list("pk", flat=True))
    for at in range(0, len(found), AT_ONCE):
        with manners.write_batch():
            Event.objects.filter(pk__in=found[at : at + AT_ONCE]).update(ip_prefix="", user_agent="")
    return len(found)


def _delete(until: datetime) -> int:
    done = 0
    while chunk := list(Event.objects.filter(at__lt=until).order_by("at").values_list("pk", flat=True)[:AT_ONCE]):
        with manners.write_batch():
            done += Event.objects.filter(pk__in=chunk).delete()[0]
    return done
