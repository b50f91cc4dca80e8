"""What follows from replies: the row's next state, a suppression where the contact is at fault, a pause where we are.

result(outcome)          # → Result(state="deferred", delay=300)
Window().note(POLICY)    # → a sentence when a campaign has to be paused
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.delivery import replies
from campaigns.delivery.ledger import Result, State
from campaigns.delivery.mail import Outcome
from campaigns.delivery.replies import Fault, Judgement
from campaigns.models import Campaign, Delivery
from contacts import suppression
from contacts.models import Suppression
from contacts.scrubbing import scrub

TRIES_BEFORE_REST = 3  # a mail that breaks connection after connection is put off, so that it stops nobody else


def result(outcome: Outcome, campaign: Campaign, breaks: int = 0) -> Result:
    """Return the ledger's move for an outcome; `breaks` = how often this mail's connection broke before the dot."""
    row = outcome.mail.row
    if outcome.code == 0:
        return without_reply(outcome, campaign, breaks)
    judged = replies.judge(outcome.code, outcome.text, at_dot=outcome.is_dotted)
    if judged.is_taken:
        return Result(row.id, row.fence, State.SENT, outcome.code, outcome.text)
    if judged.fault is Fault.RELAY:
        return requeued(outcome)
    tries = 0 if outcome.is_dotted else 1  # the intent before a dot has counted it already
    if judged.is_final or is_too_late(row):
        return Result(row.id, row.fence, State.FAILED, outcome.code, outcome.text, tries=tries, is_hard=judged.is_hard)
    delay = replies.retry_after(row.attempts + 1)
    return Result(row.id, row.fence, State.DEFERRED, outcome.code, outcome.text, delay=delay, tries=tries)


def without_reply(outcome: Outcome, campaign: Campaign, breaks: int) -> Result:
    """Return the move when no reply came: doubt after the dot, nothing happened before it."""
    row = outcome.mail.row
    if not outcome.is_dotted:
        if breaks < TRIES_BEFORE_REST:
            return requeued(outcome)
        delay = replies.retry_after(row.attempts + 2)
        return Result(row.id, row.fence, State.DEFERRED, None, outcome.text, delay=delay, tries=1)
    if campaign.ambiguity == Campaign.Ambiguity.RESEND:
        return Result(
            row.id, row.fence, State.DEFERRED, None, outcome.text, delay=replies.retry_after(row.attempts + 1)
        )
    return Result(row.id, row.fence, State.AMBIGUOUS, None, outcome.text)


def requeued(outcome: Outcome) -> Result:
    """Return the row to the queue: nothing about it is known but that it did not go."""
    row = outcome.mail.row
    return Result(row.id, row.fence, State.QUEUED, tries=-1 if outcome.is_dotted else 0)


def is_too_late(row: Delivery) -> bool:
    """Say whether a further try would come more than three days after the mail was queued."""
    return timezone.now() - row.created_at > timedelta(seconds=replies.GIVE_UP_AFTER)


def suppress_if_at_fault(outcome: Outcome, judged: Judgement) -> None:
    """Suppress the contact's address when the reply says that it does not exist, or is full for the third time in two
    weeks or more.

    Writes:  Suppression and a bounce event, in the caller's transaction.
    """
    row = outcome.mail.row
    status = replies.enhanced(outcome.text)
    if judged.is_hard:
        suppression.suppress(
            outcome.mail.recipient,
            Suppression.Reason.HARD_BOUNCE,
            detail=f"{outcome.code} {status}",
            source=source(row),
        )
        note_bounce(row)
    elif judged is replies.FULL_MAILBOX and has_bounced_long(row):
        suppression.suppress(
            outcome.mail.recipient,
            Suppression.Reason.SOFT_BOUNCES,
            detail=f"{outcome.code} {status}",
            source=source(row),
        )


def source(row: Delivery) -> str:
    return f"campaign {row.campaign_id}, delivery {row.id}"


def has_bounced_long(row: Delivery) -> bool:
    """Say whether this contact's mailbox refused SOFT_BOUNCES mails over SOFT_BOUNCE_DAYS or longer, this one
    included.
    """
    if row.contact_id is None:
        return False
    came_back = Q(bounced_at__isnull=False) & (Q(reply_code__lt=500) | Q(reply__contains="5.2.2"))
    full = Delivery.objects.filter(
        Q(state=State.FAILED, reply_code__gte=500, reply__contains="5.2.2") | came_back, contact_id=row.contact_id
    )
    first = full.order_by("created_at").first()
    span = timedelta(days=settings.SOFT_BOUNCE_DAYS)
    return first is not None and full.count() >= settings.SOFT_BOUNCES and row.created_at - first.created_at >= span


def note_bounce(row: Delivery) -> None:
    """Record the bounce as an event of the contact."""
    from campaigns.tracking import events

    events.record("bounce", key=f"bounce:{row.id}", contact=row.contact, campaign=row.campaign, delivery=row)


class Window:
    """The last replies of one campaign, as this process saw them, and the rules by which they stop it.

    Our own fault (5.7.x): more than PAUSE_POLICY_PERCENT (2) of the last 500 and at least 10. Refused for good: more
    than PAUSE_REFUSED_PERCENT (5) of the last 200.
    """

    POLICY_SPAN, POLICY_LEAST, FAILED_SPAN = 500, 10, 200

    def __init__(self) -> None:
        self._policy: deque[bool] = deque(maxlen=self.POLICY_SPAN)
        self._failed: deque[bool] = deque(maxlen=self.FAILED_SPAN)
        self._last_policy = ""

    def note(self, judged: Judgement, text: str) -> str:
        """Take in one reply and return why the campaign has to be paused, '' when it need not."""
        is_policy = judged.fault is Fault.SENDER
        self._last_policy = text if is_policy else self._last_policy
        self._policy.append(is_policy)
        self._failed.append(judged.is_final and not judged.is_taken)
        if is_policy and sum(self._policy) >= max(
            self.POLICY_LEAST, settings.PAUSE_POLICY_PERCENT / 100 * len(self._policy) + 1
        ):
            return self._stop(
                _(
                    "Receivers refuse us, not single addresses: “%(reply)s”. Have the domain's SPF, DKIM and DMARC "
                    "and the relay checked, then resume; nobody was suppressed and nobody is lost."
                )
                % {"reply": scrub(self._last_policy)[:120]}
            )
        most = settings.PAUSE_REFUSED_PERCENT
        if len(self._failed) == self.FAILED_SPAN and sum(self._failed) > most / 100 * self.FAILED_SPAN:
            return self._stop(
                _(
                    "More than %(percent)s %% of the last 200 mails were refused for good. "
                    "Look at the list's origin before you resume."
                )
                % {"percent": most}
            )
        return ""

    def _stop(self, reason: str) -> str:
        self._policy.clear()
        self._failed.clear()
        return reason
