"""What a campaign leaves behind: mails in doubt, to be settled by a person, and failed ones that may be tried again.

resend_ambiguous(campaign, request.user, resend=False)    # → 3 mails in doubt count as sent
retry_failed(campaign, request.user)                      # → 12 queued as if new
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.delivery import control, ledger
from campaigns.models import Campaign
from contacts import audit, manners

State = Campaign.State


def resend_ambiguous(campaign: Campaign, by: control.Actor, *, resend: bool) -> int:
    """Settle the mails in doubt, return how many: sent again, or counted as sent.

    Raises:  control.WrongState for sending again in a cancelled campaign: nobody would ever take the rows.
    """
    if resend:
        control.require(campaign, State.SENDING, State.PAUSED, State.FINISHED)
    with transaction.atomic():
        if resend and campaign.state == State.FINISHED:
            control.move(campaign, (State.FINISHED,), State.SENDING, finished_at=None)
        settled = ledger.settle_ambiguous(campaign, resend=resend)
        audit.record(by, "settled mails in doubt", campaign, n=settled, resend=resend)
    control.hint(campaign)
    return settled


def retry_failed(campaign: Campaign, by: control.Actor) -> int:
    """Queue the mails again that failed though their address is not at fault, and return how many.

    They go as if new: the version published last, three days of tries. Addresses that do not exist stay failed.

    Writes:  Delivery FAILED → QUEUED; a finished campaign sends again; an AuditEntry.
    Raises:  control.WrongState for a draft or a cancelled campaign; control.Refused when there is nothing to try or it
             is too late.
    """
    control.require(campaign, State.SENDING, State.PAUSED, State.FINISHED)
    if campaign.send_until is not None and campaign.send_until <= manners.database_now():
        words = _("What this mail promises is over, so it is not sent any more. Duplicate the campaign instead.")
        raise control.Refused(words)
    to = State.SENDING if campaign.state == State.FINISHED else campaign.state
    with transaction.atomic():
        # It locks the campaign: a cancel meanwhile waits and sees the rows.
        control.move(campaign, (campaign.state,), to, finished_at=None)
        again = ledger.requeue_failed(campaign)
        if not again:
            raise control.Refused(_("No failed mail can be tried again: only addresses that do not exist have failed."))
        audit.record(by, "retried failed mails", campaign, n=again)
    control.hint(campaign)
    return again
