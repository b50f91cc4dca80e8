"""Celery's application. It carries hints ("campaign 7 has work"); the database is the truth.

celery -A config.celery worker -P threads
celery -A config.celery beat
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from celery import Celery, signals
from celery.beat import PersistentScheduler
from django.db import DatabaseError, close_old_connections
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

logger = logging.getLogger(__name__)

TRANSPORT_ALIASES["filesystem"] = "config.whole_files:Transport"
app = Celery("fanfare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks()

BEAT_EVERY = 20.0  # seconds between signs of life of beat


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Leave logging as settings.LOGGING made it; a connected receiver stops Celery from replacing it."""


@signals.worker_ready.connect
def worker_is_ready(**_: Any) -> None:
    """Show at once that a worker lives; from then on beat's task does."""
    note("worker")


class BeatingScheduler(PersistentScheduler):
    """Celery's scheduler that also notes, in the database, that beat is alive. Two beats at once do no harm."""

    last_noted_at = 0.0  # monotonic seconds

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if time.monotonic() - self.last_noted_at >= BEAT_EVERY:
            self.last_noted_at = time.monotonic()
            note("beat")
        return min(float(super().tick(*args, **kwargs)), BEAT_EVERY)


def note(service: str) -> None:
    """Write a sign of life; a database that is away must not stop the service."""
    from contacts import heartbeats  # models exist only after django.setup()

    close_old_connections()
    try:
        heartbeats.beat(service)
    except DatabaseError:
        logger.warning("the database did not take the sign of life of %s", service)
