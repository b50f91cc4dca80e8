"""What has to be done every quarter of a minute, by the beat or by `manage.py send`, whoever comes first.

go_round()
with_work()    # → [12, 7]
"""

from __future__ import annotations

from campaigns.delivery import audience, control, hold, ledger, notices
from campaigns.models import Campaign
from contacts import manners

EVERY = 15.0  # seconds


def go_round() -> None:
    """Start what is due, complete interrupted snapshots, drain notices, sweep, end what is over or done."""
    control.start_due()
    for campaign in Campaign.objects.filter(state=Campaign.State.SENDING, kind="campaign", audience_at=None):
        audience.snapshot(campaign)
    notices.drain()
    ledger.sweep()
    sending = Campaign.objects.filter(state=Campaign.State.SENDING, kind=Campaign.Kind.CAMPAIGN)
    for campaign in sending.filter(send_until__lte=manners.database_now()):
        control.cancel_rows(campaign)  # what it promises is over: the rest is not sent
    for campaign_id in sending.values_list("pk", flat=True):
        ledger.finish(campaign_id)


def with_work() -> list[int]:
    """Return the campaigns that have something to send now; none while sending is held."""
    return [] if hold.active() is not None else ledger.claimable()
