"""The breaker of each relay, shared by all processes: after a failure it is left alone, each time for longer.

failed("main", "connection refused")   # → 2.0 seconds
is_open("main")                        # → True until they are over
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import F

from campaigns.models import RelayState
from contacts.manners import database_now

logger = logging.getLogger(__name__)
LONGEST = 300.0  # seconds


def failed(name: str, why: str) -> float:
    """Note a failure of the relay itself and return for how many seconds it is left alone: 1, 2, 4 … 300."""
    state, _ = RelayState.objects.get_or_create(name=name)
    RelayState.objects.filter(pk=state.pk).update(failures=F("failures") + 1)
    state.refresh_from_db()
    pause = min(2.0 ** min(state.failures - 1, 10), LONGEST)
    RelayState.objects.filter(pk=state.pk).update(
        open_until=database_now() + timedelta(seconds=pause), last_error=why[:300]
    )
    logger.warning("relay=%s failed %d times, left alone for %.0f s", name, state.failures, pause)
    return pause


def worked(name: str) -> None:
    """Note that the relay takes mail again; costs nothing to call when it always did."""
    RelayState.objects.filter(name=name, failures__gt=0).update(failures=0, open_until=None)


def is_open(name: str) -> bool:
    """Say whether the relay is to be left alone now."""
    return RelayState.objects.filter(name=name, open_until__gt=database_now()).exists()
