"""Pace: token buckets that all processes share, one row each, on the database's clock.

A receiving domain that answers "slower" gets a bucket of its own, which halves with each such answer and grows a little
while none comes, until it is not needed any more (AIMD: additive increase, multiplicative decrease).

set_rate("campaign:12", per_second=0.5)
take("campaign:12", 200)     # → 7: so many mails may go now
"""

# ruff: noqa: S608 - what is put into these statements are our own names and placeholders
from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from campaigns.delivery.database import is_postgresql, now, rows
from campaigns.models import TokenBucket
from contacts.manners import database_now

BURST = 15.0  # seconds of pace that may go at once: as long as the beat that hints again


def set_rate(key: str, *, per_second: float) -> None:
    """Make the bucket and set its rate; a live change keeps the tokens it has, never more than the new burst.

    Writes:  TokenBucket(key). A new bucket starts with one second's worth, so that a start does not burst.
    """
    capacity = max(1.0, per_second * BURST)
    changed = TokenBucket.objects.filter(key=key).exclude(rate=per_second).update(rate=per_second, capacity=capacity)
    if not changed:
        TokenBucket.objects.bulk_create(
            [TokenBucket(key=key, rate=per_second, capacity=capacity, tokens=1.0, refilled_at=database_now())],
            ignore_conflicts=True,
        )


def take(key: str, wanted: int) -> int:
    """Take up to `wanted` whole tokens and return how many there were."""
    if is_postgresql():
        elapsed, least, most = f"EXTRACT(EPOCH FROM ({now()} - refilled_at))", "LEAST", "GREATEST"
    else:
        elapsed, least, most = f"((julianday({now()}) - julianday(refilled_at)) * 86400.0)", "MIN", "MAX"
    filled = f"{least}(capacity, tokens + {most}(0.0, {elapsed}) * rate)"
    with transaction.atomic():
        full = rows(
            f"UPDATE campaigns_tokenbucket SET tokens = {filled}, refilled_at = {now()} "
            "WHERE key = %s RETURNING tokens",
            [key],
        )
        if not full:
            return wanted
        granted = min(wanted, int(full[0][0]))
        if granted:
            rows("UPDATE campaigns_tokenbucket SET tokens = tokens - %s WHERE key = %s RETURNING id", [granted, key])
    return granted


def give_back(key: str, n: int) -> None:
    """Return tokens that were not used."""
    if n:
        rows("UPDATE campaigns_tokenbucket SET tokens = tokens + %s WHERE key = %s RETURNING id", [n, key])


def forget(key: str) -> None:
    """Remove a bucket: no limit any more."""
    TokenBucket.objects.filter(key=key).delete()


FIRST, LEAST, ENOUGH = 4.0, 0.02, 20.0  # mails a second: of a domain that complains first; never below; no bucket above
HALVE_EVERY = timedelta(seconds=10)  # the answers to mails already on their way count once
GROW_EVERY, GROWTH = timedelta(seconds=15), 0.5  # mails a second more
DOMAIN = "domain:"


def slower(group: str) -> None:
    """Halve the pace of a receiving domain, or give it its first.

    Writes:  TokenBucket("domain:…"), at most once in HALVE_EVERY.
    """
    key, since = f"{DOMAIN}{group}"[:140], database_now()
    made = TokenBucket(key=key, rate=FIRST, capacity=FIRST, tokens=0.0, refilled_at=since, changed_at=since)
    if TokenBucket.objects.filter(key=key).exists():
        old = Q(changed_at__lte=since - HALVE_EVERY)
        TokenBucket.objects.filter(old, key=key).update(
            rate=Greatest(F("rate") / 2, LEAST), capacity=Greatest(F("rate") / 2, 1.0), tokens=0.0, changed_at=since
        )
    else:
        TokenBucket.objects.bulk_create([made], ignore_conflicts=True)


def grow() -> None:
    """Let the pace of domains that stayed quiet grow, and forget those that are fast again."""
    since = database_now()
    quiet = TokenBucket.objects.filter(key__startswith=DOMAIN, changed_at__lte=since - GROW_EVERY)
    quiet.update(rate=F("rate") + GROWTH, capacity=Greatest(F("rate") + GROWTH, 1.0), changed_at=since)
    TokenBucket.objects.filter(key__startswith=DOMAIN, rate__gt=ENOUGH).delete()


def slowed_domains() -> dict[str, float]:
    """Return the receiving domains that have a pace of their own, with their mails a second."""
    found = TokenBucket.objects.filter(key__startswith=DOMAIN).values_list("key", "rate")
    return {key.removeprefix(DOMAIN): rate for key, rate in found}


def slowed_since(since: datetime) -> list[tuple[str, float, datetime]]:
    """Return the receiving domains whose own pace changed after a time: name, mails a second, when."""
    found = TokenBucket.objects.filter(key__startswith=DOMAIN, changed_at__gt=since).order_by("-changed_at")[:20]
    return [(each.key.removeprefix(DOMAIN), each.rate, each.changed_at) for each in found if each.changed_at]
