"""What has to be done every quarter of a minute, by the beat or by `manage.py send`, whoever comes first.

go_round()
with_work()    # → [12, 7]
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Count

from campaigns.delivery import audience, control, hold, ledger, notices, pacing, throttle
from campaigns.models import Campaign, Delivery
from contacts import manners

EVERY = 15.0  # seconds


def go_round() -> None:
    """Start what is due, complete interrupted snapshots, drain notices, sweep, look for proof, end what is done."""
    control.start_due()
    for campaign in Campaign.objects.filter(state=Campaign.State.SENDING, kind="campaign", audience_at=None):
        audience.snapshot(campaign)
    notices.drain()
    ledger.sweep()
    ledger.settle_proved()
    ledger.cancel_leftovers()
    throttle.grow()
    pacing.forget_old()
    sending = Campaign.objects.filter(state=Campaign.State.SENDING, kind=Campaign.Kind.CAMPAIGN)
    for campaign in sending.filter(send_until__lte=manners.database_now()):
        control.cancel_rows(campaign)  # what it promises is over: the rest is not sent
    for campaign_id in sending.values_list("pk", flat=True):
        ledger.finish(campaign_id)


SENDERS = {"sqlite": 1, "postgresql": 4}  # processes that send one campaign at once; SQLite has one writer anyway


def to_hint() -> list[int]:
    """Return the campaigns that have work and not yet enough senders on it."""
    most = SENDERS.get(connection.vendor, 1)
    # A live sender renews its leases every RENEW_EVERY; one that did not is dead, though its rows rest until theirs end
    seen_lately = manners.database_now() + timedelta(seconds=ledger.LEASE - 1.5 * ledger.RENEW_EVERY)
    busy = Delivery.objects.filter(
        state__in=[Delivery.State.CLAIMED, Delivery.State.COMMITTING], lease_until__gt=seen_lately
    )
    senders = dict(busy.order_by().values_list("campaign").annotate(n=Count("owner", distinct=True)))
    return [campaign_id for campaign_id in with_work() if senders.get(campaign_id, 0) < most]


def with_work() -> list[int]:
    """Return the campaigns that have something to send now; none while sending is held."""
    return [] if hold.active() is not None else ledger.claimable()
