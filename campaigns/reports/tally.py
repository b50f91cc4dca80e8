"""Counts over many rows, kept while they hold, so that a report of millions opens like one of a few.

    kept(campaign, "people", mark, lambda: {"open": 12})      # → the counts, from the table or counted now

What is counted quickly is counted each time. What takes long is kept with a mark of what it was true of; under a new
mark it is counted again, but not so often that counting would take more than a twentieth of the time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import timedelta
from typing import TypeVar

from django.db import OperationalError
from django.utils import timezone

from campaigns.models import Campaign, Tally

LONG = 0.05  # seconds; below, nothing is kept
REST = 20  # times as long as it took, a count holds even while things happen: 0.25 s are seen within 5 s
LONGEST = timedelta(days=1)  # what leaves no mark (two people found to be one) is seen by then

Counted = TypeVar("Counted")
_age: ContextVar[int] = ContextVar("age of counts", default=1)


def kept(campaign: Campaign, key: str, mark: str, count: Callable[[], Counted], *, rest: float = 0) -> Counted:
    """Return what `count` returns (JSON), or what it returned when last asked if that still holds.

    mark     what the counts are true of, as the number of events; '' = nothing tells when they change.
    rest     how many times as long as it took a count holds under another mark; 0 = REST.
    Reads:   Tally.
    Writes:  Tally, where the count took long.
    """
    row = Tally.objects.filter(campaign=campaign, key=key).first()
    if row is not None and holds(row, mark, rest):
        data: Counted = row.data
        return data
    began = time.perf_counter()
    data = count()
    seconds = time.perf_counter() - began
    if seconds >= LONG:
        values = {"data": data, "mark": mark, "seconds": seconds, "counted_at": timezone.now()}
        with contextlib.suppress(OperationalError):  # a report is read also while somebody else holds the lock
            Tally.objects.update_or_create(campaign=campaign, key=key, defaults=values)
    return data


def last(campaign: Campaign, key: str, count: Callable[[], Counted]) -> Counted:
    """Return what was last kept, however old, else what `count` returns: for who has just asked `kept`."""
    row = Tally.objects.filter(campaign=campaign, key=key).first()
    if row is None:
        return count()
    data: Counted = row.data
    return data


def is_kept(campaign: Campaign, key: str, mark: str) -> bool:
    """Say whether a count is kept that may be shown."""
    row = Tally.objects.filter(campaign=campaign, key=key).first()
    return row is not None and holds(row, mark)


@contextlib.contextmanager
def ahead() -> Iterator[None]:
    """Inside, a count is due at half of its time, so that who looks at the report always finds one that holds."""
    token = _age.set(2)
    try:
        yield
    finally:
        _age.reset(token)


def holds(row: Tally, mark: str, rest: float = 0) -> bool:
    """Say whether a kept count may still be shown."""
    age = (timezone.now() - row.counted_at) * _age.get()
    if mark and row.mark == mark:
        return age < LONGEST
    return age < timedelta(seconds=(rest or REST) * row.seconds)
