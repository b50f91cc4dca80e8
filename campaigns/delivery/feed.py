"""Rows of one campaign turned into mails: claimed a batch at a time, rendered while the wire is busy.

Memory does not grow with the audience.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import DatabaseError

from campaigns.delivery import ledger, pacing
from campaigns.delivery.desk import LedgerDesk, reconnect
from campaigns.delivery.mail import Mail
from campaigns.models import Campaign, Delivery

if TYPE_CHECKING:
    from campaigns.content.batch import Outgoing

logger = logging.getLogger(__name__)
BATCH = 200  # rows a claim: 6 MB at 30 kB a mail; larger ones gain nothing (docs/benchmarks.md)


class CampaignFeed:
    """`mail.Feed` over one campaign, until it has no row ready, its time is over, its pace is reached or it is
    interrupted.
    """

    def __init__(self, campaign: Campaign, desk: LedgerDesk, *, until: float, batch: int = BATCH) -> None:
        self.campaign = campaign
        self.desk = desk
        self.until = until
        self.batch = batch
        self.allowance = pacing.Allowance(campaign, desk.relay)
        self.claimed = 0
        self.is_broken = False
        self._mails: deque[Mail] = deque()
        self._rows: dict[int, Delivery] = {}  # claimed, not rendered yet
        self._renderings: deque[Iterator[Outgoing]] = deque()
        self._is_over = False

    def buffered(self) -> int:
        if self.desk.is_interrupted:
            self.put_back()
        return len(self._mails) + len(self._rows)

    def next(self) -> Mail | None:
        if self.desk.is_interrupted or self.desk.is_stopped():
            self.put_back()
            return None
        while not self._mails and (self._rows or not self._is_over):
            if not self._rows:
                self._refill()
            self._render()
        return self._mails.popleft() if self._mails else None

    def is_exhausted(self) -> bool:
        return not self.buffered() and (self._is_over or self.desk.is_interrupted or self.desk.is_stopped())

    def give_back(self, mail: Mail) -> None:
        self._mails.appendleft(mail)

    def prepare(self, seconds: float, enough: int) -> None:
        """Render in time that is idle otherwise: until it is over or `enough` mails are ready."""
        until = time.monotonic() + seconds
        while self._rows and len(self._mails) < enough and time.monotonic() < until:
            self._render()

    def fetch_ahead(self) -> bool:
        """Claim the next rows while the last ones are on their way, and say whether that wrote to the database."""
        if self._is_over or self.desk.is_interrupted or self.buffered() > self.batch // 4:
            return False
        self._refill()
        return True

    def put_back(self) -> None:
        """Release what was not tried."""
        self._is_over = True
        held = [mail.held for mail in self._mails] + [(row.id, row.fence) for row in self._rows.values()]
        self._mails.clear()
        self._rows.clear()
        self._renderings.clear()
        if not held:
            return
        try:
            ledger.release(held, self.desk.owner)
            self.allowance.give_back(len(held))
            if self.desk.is_interrupted:
                ledger.cancel_leftovers()
        except DatabaseError:  # their lease ends by itself
            logger.warning("campaign=%s %d rows could not be released", self.campaign.pk, len(held))
            reconnect()

    def _refill(self) -> None:
        # A turn claims once at least: a machine that stood still meanwhile must not look like a campaign without work
        if self._is_over or (self.claimed and time.monotonic() >= self.until):
            self._is_over = True
            return
        try:
            self._claim()
        except DatabaseError:
            self._stumble("a claim")

    def _claim(self) -> None:
        wanted = self.allowance.take(self.batch)
        rows = ledger.claim(self.campaign, self.desk.owner, wanted) if wanted else []
        self._is_over = len(rows) < wanted or not wanted
        rows = self._without_those_who_wait(rows)
        self.allowance.give_back(wanted - len(rows))
        self.claimed += len(rows)
        if rows:
            from campaigns.content import batch

            self._rows.update((row.id, row) for row in rows)
            self._renderings.append(iter(batch.stream(self.campaign, rows)))

    def _without_those_who_wait(self, rows: list[Delivery]) -> list[Delivery]:
        """Put rows off whose person's hour, domain or fill of mail says so, and return the others."""
        waiting = pacing.put_off(self.campaign, rows) if rows else {}
        if not waiting:
            return rows
        moved = [
            ledger.Result(
                row.id, row.fence, ledger.State.DEFERRED if later.seconds else ledger.State.SUPPRESSED,
                None, later.why, delay=later.seconds,
            )
            for row in rows
            if (later := waiting.get(row.id)) is not None
        ]  # fmt: skip
        ledger.record(moved, self.desk.owner)
        return [row for row in rows if row.id not in waiting]

    def _render(self) -> None:
        """Make the next mail ready; a row whose message cannot be made fails alone."""
        if not self._renderings:
            return
        try:
            made = next(self._renderings[0], None)
            if made is None:
                self._renderings.popleft()
            elif (row := self._rows.pop(made.delivery_id, None)) is not None:
                mail = Mail(row, made.envelope_from, made.recipient, made.message, made.letter)
                if made.error:
                    self.desk.fail(mail, made.error)
                else:
                    self._mails.append(mail)
        except DatabaseError:
            self._stumble("a rendering")
            self.put_back()

    def _stumble(self, at: str) -> None:
        logger.warning("campaign=%s the database did not answer %s", self.campaign.pk, at)
        self._is_over = self.is_broken = True
        reconnect()
