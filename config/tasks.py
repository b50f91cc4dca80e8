"""Tasks of the roof: ids in, one verb, nothing else."""

from __future__ import annotations

from celery import shared_task


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Show that a worker takes what beat sends."""
