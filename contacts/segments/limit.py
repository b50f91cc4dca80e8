"""Reading that is stopped by the database itself when it takes too long.

with limit.seconds(0.8):
    n = people.count()          # raises TooLong after 0.8 s
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

LEAST = 20  # ms that PostgreSQL gives a statement: even taking the limit back takes one or two
STEPS = 20_000  # of SQLite's machine between two looks at the clock; under a millisecond


class TooLong(Exception):
    """The time was over before the answer came."""


@contextmanager
def seconds(most: float) -> Iterator[None]:
    """Stop what is read inside after `most` seconds.

    Raises:  TooLong.
    """
    until = time.monotonic() + most
    try:
        with _postgres(until) if connection.vendor == "postgresql" else _sqlite(until):
            yield
    except OperationalError as why:
        if time.monotonic() < until - 0.02:
            raise
        raise TooLong from why


@contextmanager
def _postgres(until: float) -> Iterator[None]:
    """Give each statement what is left of the time; compiling plans takes longer than such a question may."""

    def leave_less(execute: Callable[..., Any], *question: Any) -> Any:
        left = until - time.monotonic()
        if left <= 0:
            raise TooLong
        _set(f"{max(LEAST, int(left * 1000))}ms", "off")
        return execute(*question)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout'), current_setting('jit')")
            before = cursor.fetchone()
        with connection.execute_wrapper(leave_less):
            yield
        _set(*before)


def _set(timeout: str, jit: str) -> None:
    with connection.wrap_database_errors:  # the limit of the statement before holds for this one too
        connection.connection.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('jit', %s, true)", [timeout, jit]
        )


@contextmanager
def _sqlite(until: float) -> Iterator[None]:
    connection.ensure_connection()
    raw = connection.connection
    raw.set_progress_handler(lambda: 1 if time.monotonic() > until else 0, STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
