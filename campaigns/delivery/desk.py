"""The sender's desk: asks the ledger for leave, records what came back, draws the consequences. One per process."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from contextlib import nullcontext

from django.db import DatabaseError, connection, transaction

from campaigns.delivery import breaker, consequences, control, destinations, ledger, replies, throttle
from campaigns.delivery.database import is_postgresql
from campaigns.delivery.mail import Mail, Outcome
from campaigns.models import Campaign
from contacts import heartbeats

logger = logging.getLogger(__name__)

WINDOWS: dict[int, consequences.Window] = {}  # by campaign; lives as long as the process, over many short turns


class LedgerDesk:
    """`mail.Desk` over the ledger, for one campaign and relay at a time (see `turn`)."""

    def __init__(self, owner: str, stop: threading.Event) -> None:
        self.owner = owner
        self.stop = stop
        self.counts: Counter[str] = Counter()
        self.campaign = Campaign()
        self.relay = ""
        self.is_interrupted = False
        self._breaks: Counter[int] = Counter()
        self._renewed_at = time.monotonic()
        self._has_worked = False

    def turn(self, campaign: Campaign, relay: str) -> None:
        """Sit down for one campaign's turn on one relay."""
        self.campaign, self.relay, self.is_interrupted, self._has_worked = campaign, relay, False, False

    def settle(self, outcomes: list[Outcome], ready: list[Mail]) -> set[int]:
        """Record outcomes and commit intents in one transaction and return the ids that may go out.

        Writes:  the ledger; Suppression and Event where a contact's address is at fault; a pause where we are.
        """
        results = [self._result(outcome) for outcome in outcomes]
        # Only an error has consequences beside the ledger's rows; without one a single statement may commit itself.
        is_plain = is_postgresql() and all(outcome.code < 500 for outcome in outcomes)
        try:
            with nullcontext() if is_plain and results and ready else transaction.atomic():
                pairs = [mail.held for mail in ready]
                written, allowed = ledger.settle(results, pairs, self.owner, self.relay)
                self._draw(outcomes, written)
        except DatabaseError:
            reconnect()
            raise
        # Counted once they are recorded: while the database is away the same outcomes come here again and again.
        self._breaks.update(outcome.mail.row.id for outcome in outcomes if is_break(outcome))
        refused = [mail for mail in ready if mail.row.id not in allowed]
        if refused:
            self._settle_refused(refused)
        self._judge(outcomes, results)
        return allowed

    def _result(self, outcome: Outcome) -> ledger.Result:
        return consequences.result(outcome, self.campaign, self._breaks[outcome.mail.row.id] + is_break(outcome))

    def _draw(self, outcomes: list[Outcome], written: set[int]) -> None:
        for outcome in outcomes:
            if outcome.code >= 500 and outcome.mail.row.id in written:
                judged = replies.judge(outcome.code, outcome.text, at_dot=outcome.is_dotted)
                consequences.suppress_if_at_fault(outcome, judged)

    def _settle_refused(self, refused: list[Mail]) -> None:
        self.counts["refused"] += ledger.refuse([mail.held for mail in refused], self.owner)
        state = Campaign.objects.filter(pk=self.campaign.pk).values_list("state", flat=True).first()
        # A hold or a pause stops the turn; a single contact who left does not.
        from campaigns.delivery import hold

        self.is_interrupted = state != Campaign.State.SENDING or hold.active() is not None

    def _judge(self, outcomes: list[Outcome], results: list[ledger.Result]) -> None:
        """Count, close the breaker when the relay takes mail, pause the campaign when the replies say so."""
        reason, slowed = "", set[str]()
        window = WINDOWS.setdefault(self.campaign.pk, consequences.Window())
        for outcome, result in zip(outcomes, results, strict=True):
            self.counts[result.state] += 1
            if outcome.code:
                judged = replies.judge(outcome.code, outcome.text, at_dot=outcome.is_dotted)
                reason = window.note(judged, f"{outcome.code} {outcome.text}") or reason
                if judged.fault is replies.Fault.DOMAIN:
                    slowed.add(outcome.mail.recipient.rpartition("@")[2])
                if judged.is_taken and not self._has_worked:
                    self._has_worked = True
                    breaker.worked(self.relay)
        for group in {destinations.group(domain) for domain in slowed}:
            throttle.slower(group)
        if reason:
            self.interrupt(reason)

    def interrupt(self, reason: str) -> None:
        """Pause the campaign with a reason in plain words."""
        self.is_interrupted = True
        try:
            control.pause(self.campaign, reason, "sender")
            logger.warning("campaign=%s paused by the sender", self.campaign.pk)
        except control.WrongState:
            logger.info("campaign=%s was not sending any more", self.campaign.pk)

    def fail(self, mail: Mail, why: str) -> None:
        """Mark a row whose message cannot be made; it fails alone."""
        self.counts[ledger.State.FAILED] += len(
            ledger.record(
                [ledger.Result(mail.row.id, mail.row.fence, ledger.State.FAILED, None, why, tries=1)], self.owner
            )
        )

    def tick(self) -> None:
        """Renew the leases and the sender's sign of life every 30 seconds."""
        if time.monotonic() - self._renewed_at < ledger.RENEW_EVERY:
            return
        self._renewed_at = time.monotonic()
        try:
            ledger.renew(self.owner)
            heartbeats.beat("sender")
        except DatabaseError:
            logger.warning("the database did not take the leases' renewal")
            reconnect()

    def relay_failed(self, why: str) -> None:
        """Open the relay's breaker."""
        try:
            breaker.failed(self.relay, why)
        except DatabaseError:
            reconnect()

    def is_stopped(self) -> bool:
        return self.stop.is_set()


def is_break(outcome: Outcome) -> bool:
    """Say whether this mail's connection ended before its dot."""
    return outcome.code == 0 and not outcome.is_dotted and bool(outcome.mail.message)


def reconnect() -> None:
    """Drop a database connection that may be dead; the next statement opens another."""
    if not connection.in_atomic_block:
        connection.close()
