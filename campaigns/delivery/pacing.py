"""Whether mails may go now: the ceilings of a relay and a campaign, and each person's hour, domain and fill of mail.

allowance = Allowance(campaign, "main")
allowance.take(200)                 # → 120: the relay's hour is full after them
put_off(campaign, rows)             # → {42: Later(25_200, "quiet hours"), 43: Later(2, "gmail.com wants fewer")}

All of it is read anew at the start of each turn, so a change is in force within five seconds.
"""

from __future__ import annotations

import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Sum
from django.utils import timezone

from campaigns.delivery import destinations, throttle
from campaigns.models import Campaign, Delivery, PaceRule, RelayPace, SentCount
from contacts.manners import database_now
from contacts.models import Contact

HOUR, DAY = 60, 1440  # minutes
NEAR = 3  # hours that still count as the one she likes
EVENING = 18  # the hour at which an evening begins, in each person's own time zone


@dataclass(frozen=True, slots=True)
class Later:
    """Why one person's mail waits, and for how many seconds; 0 = it is not sent at all."""

    seconds: int
    why: str


def rule() -> PaceRule:
    """Return the house's rules, those of nobody when none were ever saved."""
    return PaceRule.objects.order_by("pk").first() or PaceRule()


def day_ceiling(pace: RelayPace, on: date) -> int | None:
    """Return how many mails a relay may get in a day: its ceiling, or the warm-up's of that day when it is lower."""
    if pace.warmup_on is None:
        return pace.per_day
    days = max((on - pace.warmup_on).days, 0)
    grown = pace.warmup_first * (1 + pace.warmup_growth / 100) ** min(days, 60)
    if pace.per_day is None:
        return int(grown) if grown < 10_000_000 else None
    return int(min(grown, pace.per_day))


class Allowance:
    """How many mails a campaign may give a relay now; every process asks the same rows."""

    def __init__(self, campaign: Campaign, relay: str) -> None:
        self.relay = relay
        self.keys = [f"campaign:{campaign.pk}"] if campaign.pace_per_hour else []
        self.hour: int | None = None
        self.day: int | None = None
        if (pace := RelayPace.objects.filter(relay=relay).first()) is not None:
            self.hour, self.day = pace.per_hour, day_ceiling(pace, timezone.localdate())
            if pace.per_second:
                throttle.set_rate(f"relay:{relay}", per_second=pace.per_second)
                self.keys.append(f"relay:{relay}")

    @property
    def has_ceiling(self) -> bool:
        return self.hour is not None or self.day is not None

    def take(self, wanted: int) -> int:
        """Take leave for up to `wanted` mails and return for how many there was."""
        granted = wanted
        for key in self.keys:
            granted = throttle.take(key, granted) if granted else 0
        if granted and self.has_ceiling:
            under = self._reserve(granted)
            for key in self.keys:
                throttle.give_back(key, granted - under)
            granted = under
        return granted

    def give_back(self, n: int) -> None:
        """Return leave that was not used."""
        if n <= 0:
            return
        for key in self.keys:
            throttle.give_back(key, n)
        if self.has_ceiling:
            SentCount.objects.filter(relay=self.relay, minute=minute()).update(n=F("n") - n)

    def _reserve(self, wanted: int) -> int:
        """Count mails against the sliding hour and day, one process at a time."""
        with transaction.atomic():
            list(RelayPace.objects.select_for_update().filter(relay=self.relay))  # on SQLite the transaction locks
            now = minute()
            left = min(
                most - used(self.relay, now - span)
                for most, span in ((self.hour, HOUR), (self.day, DAY))
                if most is not None
            )
            granted = max(0, min(wanted, left))
            if granted:
                SentCount.objects.bulk_create([SentCount(relay=self.relay, minute=now)], ignore_conflicts=True)
                SentCount.objects.filter(relay=self.relay, minute=now).update(n=F("n") + granted)
        return granted


def minute() -> int:
    """Return the number of the running minute, by the database's clock."""
    return int(database_now().timestamp()) // 60


def used(relay: str, since: int) -> int:
    """Return how many mails a relay was given after a minute."""
    return int(SentCount.objects.filter(relay=relay, minute__gt=since).aggregate(n=Sum("n"))["n"] or 0)


def forget_old() -> None:
    """Delete the counts that no ceiling looks at any more."""
    SentCount.objects.filter(minute__lt=minute() - DAY - HOUR).delete()


# --- One person ------------------------------------------------------------------------------------------------------


def put_off(campaign: Campaign, rows: Sequence[Delivery]) -> dict[int, Later]:
    """Return which claimed rows have to wait, and why; those not named may go.

    Reads:   the house's rules; of the contacts only what these ask for. Mails that people wait for know no hour and no
             cap, only their domain's pace.
    """
    rules, found = rule(), dict[int, Later]()
    if not campaign.is_service:
        if rules.cap_mails and campaign.kind == Campaign.Kind.CAMPAIGN:
            found |= filled(rows, rules)
        if rules.quiet_from is not None or campaign.timing != Campaign.Timing.AT_ONCE:
            found |= by_hour(campaign, [row for row in rows if row.pk not in found], rules)
    if slowed := throttle.slowed_domains():
        found |= by_domain([row for row in rows if row.pk not in found], slowed)
    return found


def filled(rows: Sequence[Delivery], rules: PaceRule) -> dict[int, Later]:
    """Return the rows of people who had as many mails lately as the house sends at most."""
    since = database_now() - timedelta(days=rules.cap_days)
    lately = Delivery.objects.filter(
        contact__in=[row.contact_id for row in rows if row.contact_id],
        state=Delivery.State.SENT,
        sent_at__gte=since,
        campaign__kind=Campaign.Kind.CAMPAIGN,
    )
    counted = dict(lately.order_by().values_list("contact").annotate(n=Count("pk")))
    most = rules.cap_mails or 0
    return {row.pk: Later(0, "had enough mail lately") for row in rows if counted.get(row.contact_id or 0, 0) >= most}


def by_hour(campaign: Campaign, rows: Sequence[Delivery], rules: PaceRule) -> dict[int, Later]:
    """Return the rows whose reader sleeps, or likes another hour, with the seconds until then."""
    people = Contact.objects.filter(pk__in=[row.contact_id for row in rows if row.contact_id])
    known = {pk: (zone, hour) for pk, zone, hour in people.values_list("pk", "time_zone", "preference__hour")}
    now, found = timezone.now(), dict[int, Later]()
    for row in rows:
        zone, liked = known.get(row.contact_id or 0, ("", None))
        local = now.astimezone(zone_of(zone))
        hour = wished(campaign, liked)
        if hour is not None and row.attempts == 0:
            if (local.hour - hour) % 24 >= NEAR:
                found[row.pk] = Later(until(local, hour), "her hour")
        elif is_quiet(local.hour, rules.quiet_from, rules.quiet_until) and rules.quiet_until is not None:
            found[row.pk] = Later(until(local, rules.quiet_until), "quiet hours")
    return found


def wished(campaign: Campaign, liked: int | None) -> int | None:
    """Return the hour of her own day at which a campaign wants to reach a person; None = any."""
    if campaign.timing == Campaign.Timing.EVENING:
        return EVENING
    return liked if campaign.timing == Campaign.Timing.PREFERRED else None


def is_quiet(hour: int, since: int | None, end: int | None) -> bool:
    """Say whether an hour lies in the quiet ones, which may pass midnight."""
    if since is None or end is None:
        return False
    return since <= hour < end if since < end else hour >= since or hour < end


def until(local: datetime, hour: int) -> int:
    """Return the seconds from a local time to the next beginning of an hour, across changes of the clocks."""
    then = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if then <= local:
        then = (then + timedelta(days=1)).replace(fold=0)
    return max(1, int((then.astimezone(UTC) - local.astimezone(UTC)).total_seconds()))


@lru_cache(maxsize=600)
def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return a contact's zone, the site's where she named none or one that nobody knows."""
    try:
        return zoneinfo.ZoneInfo(name or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)


def by_domain(rows: Sequence[Delivery], slowed: Mapping[str, float]) -> dict[int, Later]:
    """Return the rows for which the receiving domain wants to wait, in steps that its pace allows."""
    emails = dict(Contact.objects.filter(pk__in=[row.contact_id for row in rows]).values_list("pk", "email"))
    groups: defaultdict[str, list[Delivery]] = defaultdict(list)
    for row in rows:
        if email := emails.get(row.contact_id or 0):
            groups[destinations.group(email.rpartition("@")[2])].append(row)
    found = dict[int, Later]()
    waiting: Counter[str] = Counter()
    for group, its in groups.items():
        rate = slowed.get(group)
        if rate is None:
            continue
        for row in its[throttle.take(f"domain:{group}", len(its)) :]:
            waiting[group] += 1
            found[row.pk] = Later(max(1, int(waiting[group] / rate)), f"{group} wants fewer")
    return found
