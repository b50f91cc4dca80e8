"""Sends in the worker itself while its broker cannot be reached, so that a lost broker holds no mail up.

The broker carries hints only; without them a worker looks into the ledger by itself, every LOOK seconds.
"""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, close_old_connections

from campaigns.delivery import rounds, sender

logger = logging.getLogger(__name__)
LOOK = 4.0  # seconds between looks at the broker
TURN = 10.0  # seconds of sending before the broker is asked again


def begin(stop: threading.Event) -> threading.Thread:
    """Start the understudy's thread and return it."""
    thread = threading.Thread(target=serve, args=(stop,), name="understudy", daemon=True)
    thread.start()
    return thread


def serve(stop: threading.Event) -> None:
    """Look at the broker until stopped, and send while it is away."""
    was_away = False
    while not stop.wait(LOOK):
        is_away = not can_be_reached()
        if is_away and not was_away:
            logger.warning("the broker cannot be reached: sending goes on without it")
        was_away = is_away
        if is_away:
            send(stop)


def send(stop: threading.Event) -> None:
    """Go round once and send what is ready."""
    close_old_connections()
    try:
        rounds.go_round()
        sender.run(seconds=TURN, stop=stop)
    except DatabaseError:
        logger.warning("the database did not answer either; looking again")


def can_be_reached() -> bool:
    """Say whether the broker takes a connection now."""
    from celery import current_app
    from kombu.exceptions import OperationalError

    try:
        with current_app.connection_for_write(connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError):  # kombu says its transports' own errors as OperationalError
        return False
    return True
