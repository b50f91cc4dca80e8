"""Tasks of the roof: ids in, one verb, nothing else."""

from __future__ import annotations

from celery import shared_task

from config import broker
from config.partners.webhooks import delivering, owing
from config.team import notifying
from contacts import heartbeats


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Show that a worker takes what beat sends: beat's own sign is fresh and the worker's is not when it does not."""
    heartbeats.beat("worker")


@shared_task(ignore_result=True)
def sweep_broker() -> None:
    """Remove the processed messages that the filesystem broker leaves behind."""
    broker.sweep()


@shared_task(ignore_result=True)
def tell_partners() -> None:
    """Write down what webhooks are owed, and send what is due."""
    owing.owe()
    delivering.deliver()


@shared_task(ignore_result=True)
def tell_team() -> None:
    """Mail those of the team who want it what waits for them now."""
    notifying.tell_all()


@shared_task(ignore_result=True)
def forget_webhooks() -> None:
    """Delete old messages of the delivery log."""
    delivering.forget_old()
