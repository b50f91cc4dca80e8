"""Refused tries, and the brake on guessing: ten wrong ones in ten minutes and the same asker has to wait.

brake("device:12")                                  # raises Refused(TOO_MANY_ATTEMPTS)
note(Reason.CODE_UNKNOWN, "7K2M9-…", who="device:12", place=shop)
"""

from __future__ import annotations

from datetime import UTC, timedelta

from django.db import connection
from django.utils import timezone

from campaigns.tracking.bulk import stamp
from social.models import Attempt, Claim, Place
from social.offers import codes
from social.offers.reasons import GUESSES, Reason, Refused

MOST_WRONG = 10  # guesses per asker and window: at 50 bits a code, 10 in 10 minutes never find one
WINDOW = timedelta(minutes=10)
LATEST = f"""SELECT at FROM social_attempt WHERE who = %s AND at > %s
    AND reason IN ({", ".join(["%s"] * len(GUESSES))}) ORDER BY at DESC LIMIT 1 OFFSET %s"""  # noqa: S608 - only %s


def brake(who: str, *, most: int = MOST_WRONG) -> None:
    """Refuse when this asker guessed wrong too often lately.

    Reads:   Attempt by (who, at). An asker is a device, an API key or a contact, so nobody else is held up.
    Raises:  Refused(TOO_MANY_ATTEMPTS) with the time from which it may try again.
    """
    since = timezone.now() - WINDOW
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [who[:80], stamp(since), *sorted(map(str, GUESSES)), most - 1])
        row = cursor.fetchone()
    if row is not None:
        raise Refused(Reason.TOO_MANY_ATTEMPTS, until=row[0].replace(tzinfo=UTC) + WINDOW)  # both databases hold UTC


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
