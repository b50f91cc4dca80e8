"""Slow down who guesses, and nobody else.

tries.begin("marie", "203.0.113.7")      # raises TooMany("… in 8 seconds") without looking at the password
tries.forget("marie", "203.0.113.7")     # she signed in

Three counts: of an account from one address (5 free tries, then 2, 4, 8 … 900 seconds), of an address (30 free, up to
900), and of an account from everywhere (50 free, never more than 10 seconds: whoever guesses from a thousand
addresses can slow its owner down a little, and never lock her out).
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from config.team.models import Tries

FORGET_AFTER = timedelta(hours=1)  # without a further failure
PAIR, ADDRESS, ACCOUNT = (5, 900), (30, 900), (50, 10)  # free tries, longest wait in seconds


class TooMany(Exception):
    """Somebody guesses; the message says for how many seconds to wait."""


def begin(account: str, address: str) -> None:
    """Count one try before the password is looked at.

    Writes:  Tries, under lock: many tries at once count one after another.
    Raises:  TooMany while one of the three counts still waits; such a try is not counted.
    """
    now = timezone.now()
    limits = _limits(account, address)
    with transaction.atomic():
        Tries.objects.bulk_create([Tries(key=key, last_at=now) for key in limits], ignore_conflicts=True)
        rows = list(Tries.objects.select_for_update().filter(key__in=limits).order_by("key"))
        for row in rows:
            if row.last_at < now - FORGET_AFTER:
                row.n = 0
        wait = max(_left(row, limits[row.key], (now - row.last_at).total_seconds()) for row in rows)
        if wait <= 0:
            for row in rows:
                row.n, row.last_at = row.n + 1, now
            Tries.objects.bulk_update(rows, ["n", "last_at"])
    if wait > 0:
        seconds = int(wait) + 1
        text = ngettext(
            "Too many tries. Wait %(n)d second and try again.",
            "Too many tries. Wait %(n)d seconds and try again.",
            seconds,
        )
        raise TooMany(text % {"n": seconds})


def forget(account: str, address: str) -> None:
    """Take a success out of the counts: the account's from this address is forgotten, the others get this try back."""
    pair, *others = _limits(account, address)
    Tries.objects.filter(key=pair).delete()
    for row in Tries.objects.filter(key__in=others, n__gt=0):
        Tries.objects.filter(pk=row.pk, n=row.n).update(n=row.n - 1)


def _limits(account: str, address: str) -> dict[str, tuple[int, int]]:
    account = account.strip().lower()
    return {
        _key(f"pair {account} {address}"): PAIR,
        _key(f"address {address}"): ADDRESS,
        _key(f"account {account}"): ACCOUNT,
    }


def _key(text: str) -> str:
    return hmac.digest(settings.ADDRESS_PEPPER.encode(), f"sign-in {text}".encode(), "sha256").hex()


def _left(row: Tries, limit: tuple[int, int], since: float) -> float:
    free, longest = limit
    return min(2 ** min(row.n - free + 1, 10), longest) - since if row.n >= free else 0
