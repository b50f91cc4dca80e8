"""Tasks of this floor: ids in, one verb, nothing else. They carry hints; the ledger is the truth."""

from __future__ import annotations

import threading
from typing import Any

from celery import shared_task, signals
from django.conf import settings

from campaigns.delivery import mailbox, rounds, sender, understudy
from campaigns.reports import ahead
from campaigns.tracking import retention
from contacts import hints

TURN = 50.0  # seconds that one task sends before it hints again
STOP = threading.Event()


@signals.worker_shutting_down.connect
def stop_sending(**_: Any) -> None:
    """Let a stopping worker finish the mails on the wire and give the others back."""
    STOP.set()


@signals.worker_init.connect
def prepare_for_a_lost_broker(**_: Any) -> None:
    """Keep somebody in this worker who sends while the broker is away."""
    understudy.begin(STOP)


@shared_task(ignore_result=True)
def send_campaign(campaign_id: int) -> None:
    """Send what a campaign has ready now, for at most TURN seconds; the beat hints again while anything is left."""
    sender.run(campaign_id, seconds=TURN, stop=STOP)


@shared_task(ignore_result=True)
def go_round() -> None:
    """Start what is due, drain notices, settle the rows of dead senders, hint at all that has work."""
    rounds.go_round()
    for campaign_id in rounds.to_hint():
        send_campaign.apply_async((campaign_id,), expires=rounds.EVERY)


@shared_task(ignore_result=True)
def read_bounces() -> None:
    """Read the bounce mailbox, where one is set."""
    if settings.BOUNCE_MAILBOX:
        mailbox.read_all()


@shared_task(ignore_result=True)
def count_reports() -> None:
    """Count the reports of large campaigns before somebody asks for them."""
    ahead.count()


@shared_task(ignore_result=True)
def forget_events() -> None:
    """Empty old hits and delete old events."""
    retention.forget()


def hint(campaign_id: int) -> None:
    """Tell a worker, once the caller's transaction holds, that a campaign has work."""
    hints.tell(send_campaign, campaign_id)
