"""Tasks of the roof: ids in, one verb, nothing else."""

from __future__ import annotations

from celery import shared_task

from config import broker
from contacts import heartbeats


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Show that a worker takes what beat sends: beat's own sign is fresh and the worker's is not when it does not."""
    heartbeats.beat("worker")


@shared_task(ignore_result=True)
def sweep_broker() -> None:
    """Remove the processed messages that the filesystem broker leaves behind."""
    broker.sweep()
