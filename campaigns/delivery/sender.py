"""The sender: takes rows from the ledger, has them rendered, hands them to a relay. Needs no broker.

run(campaign)                      # → Counts(sent=12480, …): all that can be sent now
run(until_empty=False, stop=stop)  # serves for ever: `manage.py send`
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, fields

from django.db import DatabaseError

from campaigns.delivery import ledger, rounds
from campaigns.delivery.desk import LedgerDesk, reconnect
from campaigns.delivery.feed import CampaignFeed
from campaigns.delivery.relay import Relays
from campaigns.models import Campaign

logger = logging.getLogger(__name__)

TURN = 5.0  # seconds of one campaign's turn; then mails that people wait for come first again
IDLE = 0.5  # seconds between looks at an empty ledger
State = ledger.State


@dataclass(slots=True)
class Counts:
    """What one run did, in mails. `suppressed`: refused at the last moment, because the contact had left or the
    campaign was stopped.
    """

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    ambiguous: int = 0
    suppressed: int = 0

    def add(self, other: Counts) -> None:
        """Add another run's counts to these."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def __str__(self) -> str:
        return " ".join(f"{each.name}={getattr(self, each.name)}" for each in fields(self))


@dataclass(slots=True)
class Work:
    """One process's sending: its name in the ledger, its relays, its orders."""

    campaign_ids: list[int] | None
    until: float
    stop: threading.Event
    desk: LedgerDesk = field(init=False)
    relays: Relays = field(default_factory=Relays)

    def __post_init__(self) -> None:
        self.desk = LedgerDesk(ledger.new_owner(), self.stop)

    @property
    def is_over(self) -> bool:
        return self.stop.is_set() or time.monotonic() >= self.until


def run(
    campaign: Campaign | int | None = None,
    *,
    until_empty: bool = True,
    seconds: float | None = None,
    stop: threading.Event | None = None,
) -> Counts:
    """Send what the ledger holds, of one campaign or of all, and return the counts.

    Returns when nothing can be sent now (all done, paused, held, put off, over its pace, relays away), after
    `seconds`, or on `stop`;
    with until_empty=False only on the last two. Any number of processes may run at once: the claim makes each mail
    once.
    """
    campaign_ids = None if campaign is None else [campaign if isinstance(campaign, int) else campaign.pk]
    until = time.monotonic() + seconds if seconds is not None else float("inf")
    work = Work(campaign_ids, until, stop or threading.Event())
    try:
        while not work.is_over:
            if not send_round(work):
                if until_empty:
                    break
                work.stop.wait(IDLE)
    finally:
        work.relays.close()
        leave(work)
    return counted(work.desk)


def send_round(work: Work) -> bool:
    """Give every campaign that has work one turn and say whether anything could be sent."""
    try:
        ready = [each for each in rounds.with_work() if work.campaign_ids is None or each in work.campaign_ids]
        moved = False
        known = Campaign.objects.select_related("sender", "content__brand").in_bulk(ready)
        order = [known[each] for each in ready if each in known]
        for campaign, after in zip(order, [*order[1:], None], strict=False):
            moved = send_turn(campaign, work) or moved
            if work.is_over or (moved and after is not None and after.priority < campaign.priority):
                break  # whoever may wait for others waits until these have nothing to send
        return moved
    except DatabaseError:
        logger.warning("the database did not answer; looking again")
        reconnect()
        work.stop.wait(1.0)
        return True


def send_turn(campaign: Campaign, work: Work) -> bool:
    """Send one campaign for at most TURN seconds and say whether anything was claimed."""
    relay = work.relays.choose(campaign)
    if relay is None:
        return False
    desk, began, before = work.desk, time.monotonic(), work.desk.counts[State.SENT]
    desk.turn(campaign, relay.name)
    feed = CampaignFeed(campaign, desk, until=min(began + TURN, work.until))
    try:
        relay.deliver(feed, desk)
    finally:
        feed.put_back()
    if feed.claimed:
        logger.info(
            "campaign=%s relay=%s claimed=%d sent=%d in %.1fs",
            campaign.pk, relay.name, feed.claimed, desk.counts[State.SENT] - before, time.monotonic() - began,
        )  # fmt: skip
    ledger.finish(campaign.pk)
    return feed.claimed > 0


def leave(work: Work) -> None:
    """Note what is finished; rows still ours are settled when their lease is over."""
    for campaign_id in work.campaign_ids or []:
        ledger.finish(campaign_id)


def counted(desk: LedgerDesk) -> Counts:
    """Return the desk's counts by their names."""
    tally = desk.counts
    return Counts(
        sent=tally[State.SENT],
        deferred=tally[State.DEFERRED],
        failed=tally[State.FAILED],
        ambiguous=tally[State.AMBIGUOUS],
        suppressed=tally["refused"],
    )
