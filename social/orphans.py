"""Hits on addresses that look like ours and are nobody's: a misprint, a link of an older system, somebody who tries.

    note("q", "7K2M9PQRWX7K2M9P", request)      # counted under its day and address; shown in the admin

Only words of the right form are kept, and so many a day; what comes above is counted under no address. Nothing of who
came is kept.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models import Event
from campaigns.tracking import classify
from campaigns.tracking.tokens import normalise_public
from social.models import OrphanHit

logger = logging.getLogger(__name__)

FORM = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")  # 80 bits in Crockford's base32, as `tokens.public_token` writes them
A_DAY = 200  # addresses; a stranger who tries many makes no table of them
KEPT = timedelta(days=90)


def note(kind: str, token: str, request: HttpRequest) -> None:
    """Count a hit on an address that is nobody's; a HEAD and a word of another form count nothing. Never fails.

    kind     'v' friend's page, 'q' QR code
    Writes:  one OrphanHit; with the first of a day those of 90 days ago are forgotten.
    """
    wanted = normalise_public(token)
    if request.method == "HEAD" or not FORM.fullmatch(wanted):
        return
    is_person = classify.look(kind, request.headers.get("User-Agent", "")).verdict == Event.Verdict.HUMAN
    try:
        with transaction.atomic():
            _count(kind, wanted, int(is_person))
    except DatabaseError:  # a public page answers all the same
        logger.warning("orphan hit on /%s/ not counted", kind)


def _count(kind: str, token: str, people: int) -> None:
    today = timezone.localdate()
    if _add(kind, token, people):
        return
    here = OrphanHit.objects.filter(day=today)
    known = here.count()
    if known == 0:
        OrphanHit.objects.filter(day__lt=today - KEPT).delete()
    token = token if known < A_DAY else ""
    if known >= A_DAY and _add(kind, token, people):
        return
    try:
        with transaction.atomic():
            OrphanHit.objects.create(day=today, kind=kind, token=token, n=1, people=people, last_at=timezone.now())
    except IntegrityError:  # another request was first
        _add(kind, token, people)


def _add(kind: str, token: str, people: int) -> int:
    row = OrphanHit.objects.filter(day=timezone.localdate(), kind=kind, token=token)
    return row.update(n=F("n") + 1, people=F("people") + people, last_at=timezone.now())
