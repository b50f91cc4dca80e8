"""Rows of one campaign turned into mails: claimed and rendered a batch at a time, so memory does not grow with the
audience.
"""

from __future__ import annotations

import logging
import time
from collections import deque

from django.db import DatabaseError

from campaigns.delivery import ledger, throttle
from campaigns.delivery.desk import LedgerDesk, reconnect
from campaigns.delivery.mail import Mail
from campaigns.models import Campaign, Delivery

logger = logging.getLogger(__name__)
BATCH = 200  # rows a claim: 6 MB at 30 kB a mail; larger ones gain nothing (docs/benchmarks.md)


class CampaignFeed:
    """`mail.Feed` over one campaign, until it has no row ready, its time is over, its pace is reached or it is
    interrupted.
    """

    def __init__(
        self, campaign: Campaign, desk: LedgerDesk, *, until: float, batch: int = BATCH, rate_key: str = ""
    ) -> None:
        self.campaign = campaign
        self.desk = desk
        self.until = until
        self.batch = batch
        self.keys = [key for key in (f"campaign:{campaign.pk}" if campaign.pace_per_hour else "", rate_key) if key]
        self.claimed = 0
        self.is_broken = False
        self._mails: deque[Mail] = deque()
        self._is_over = False

    def buffered(self) -> int:
        if self.desk.is_interrupted:
            self.put_back()
        return len(self._mails)

    def next(self) -> Mail | None:
        if self.desk.is_interrupted or self.desk.is_stopped():
            self.put_back()
            return None
        if not self._mails:
            self._refill()
        return self._mails.popleft() if self._mails else None

    def is_exhausted(self) -> bool:
        return not self._mails and (self._is_over or self.desk.is_interrupted or self.desk.is_stopped())

    def give_back(self, mail: Mail) -> None:
        self._mails.appendleft(mail)

    def put_back(self) -> None:
        """Release what was not tried."""
        self._is_over = True
        if self._mails:
            held = [mail.held for mail in self._mails]
            self._mails.clear()
            try:
                ledger.release(held, self.desk.owner)
            except DatabaseError:  # their lease ends by itself
                logger.warning("campaign=%s %d rows could not be released", self.campaign.pk, len(held))
                reconnect()
            for key in self.keys:
                throttle.give_back(key, len(held))

    def _refill(self) -> None:
        if self._is_over or time.monotonic() >= self.until:
            self._is_over = True
            return
        try:
            self._claim()
        except DatabaseError:
            logger.warning("campaign=%s the database did not answer a claim", self.campaign.pk)
            self._is_over = self.is_broken = True
            reconnect()

    def _claim(self) -> None:
        wanted = self.batch
        for key in self.keys:
            wanted = throttle.take(key, wanted) if wanted else 0
        rows = ledger.claim(self.campaign, self.desk.owner, wanted) if wanted else []
        for key in self.keys:
            throttle.give_back(key, wanted - len(rows))
        self.claimed += len(rows)
        self._is_over = len(rows) < wanted or not wanted
        self._mails.extend(self._rendered(rows))
        if rows and not self._mails:
            self._is_over = False  # all of them failed alone; there may be more

    def _rendered(self, rows: list[Delivery]) -> list[Mail]:
        """Render a batch; a row whose message cannot be made fails alone."""
        from campaigns.content import batch

        if not rows:
            return []
        by_id = {row.id: row for row in rows}
        mails = []
        for made in batch.messages(self.campaign, rows):
            mail = Mail(by_id[made.delivery_id], made.envelope_from, made.recipient, made.message)
            if made.error:
                self.desk.fail(mail, made.error)
            else:
                mails.append(mail)
        return mails
