"""The broker as the operator sees it: does it answer, and what does the filesystem one leave behind."""

from __future__ import annotations

import time
from pathlib import Path

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

KEEP = 3600  # seconds that a processed message stays, for a look after an accident


def sweep(older_than: float = KEEP) -> int:
    """Delete processed messages of the filesystem broker and return how many; 0 for any other broker."""
    folder = getattr(settings, "BROKER_DIR", None)
    if folder is None:
        return 0
    gone = 0
    for message in Path(folder / "processed").glob("*.msg"):
        try:
            if time.time() - message.stat().st_mtime > older_than:
                message.unlink()
                gone += 1
        except FileNotFoundError:  # a second sweep was faster
            continue
    return gone


def complaint() -> str:
    """Return why the broker cannot be used, '' when it can."""
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
    except (OperationalError, OSError) as why:
        return f"{type(why).__name__}: {why}"
    return ""
