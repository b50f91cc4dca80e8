"""Refused tries, and the brake on guessing: ten wrong ones in ten minutes and the same asker has to wait.

brake("device:12")                                  # raises Refused(TOO_MANY_ATTEMPTS)
note(Reason.CODE_UNKNOWN, "7K2M9-…", who="device:12", place=shop)
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from social.models import Attempt, Claim, Place
from social.offers import codes
from social.offers.reasons import GUESSES, Reason, Refused

MOST_WRONG = 10  # guesses per asker and window: at 50 bits a code, 10 in 10 minutes never find one
WINDOW = timedelta(minutes=10)


def brake(who: str, *, most: int = MOST_WRONG) -> None:
    """Refuse when this asker guessed wrong too often lately.

    Reads:   Attempt by (who, at). An asker is a device, an API key or a contact, so nobody else is held up.
    Raises:  Refused(TOO_MANY_ATTEMPTS) with the time from which it may try again.
    """
    since = timezone.now() - WINDOW
    wrong = (
        Attempt.objects.filter(who=who[:80], at__gt=since, reason__in=GUESSES)
        .order_by("-at")
        .values_list("at", flat=True)
    )
    latest = list(wrong[:most])
    if len(latest) >= most:
        raise Refused(Reason.TOO_MANY_ATTEMPTS, until=latest[-1] + WINDOW)


def note(reason: str, raw: str, *, who: str, place: Place | None = None, claim: Claim | None = None) -> None:
    """Keep that a try was refused and why; of the code only a keyed fingerprint.

    Writes:  Attempt.
    """
    Attempt.objects.create(
        code_fingerprint=codes.fingerprint(raw) if raw else "",
        reason=reason,
        place=place,
        claim=claim,
        who=who[:80],
    )
