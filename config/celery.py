"""Celery's application. It carries hints ("campaign 7 has work"); the database is the truth.

celery -A config.celery worker -P threads
celery -A config.celery beat
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("fanfare")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Leave logging as settings.LOGGING made it; a connected receiver stops Celery from replacing it."""
