"""Delivery rows for the sender, made without what Django does for each of 27 fields: half of a claim's cost.

They are ordinary instances whose other fields are deferred: reading one asks the database for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models.base import ModelState

from campaigns.models import Delivery

NAMES = (
    "id",
    "campaign_id",
    "contact_id",
    "occasion",
    "state",
    "variant",
    "content_version_id",
    "language",
    "tracks_opens",
    "tracks_clicks",
    "context",
    "fence",
    "attempts",
    "created_at",
)
COLUMNS = ", ".join(NAMES)


def deliveries(sql: str, parameters: Sequence[Any]) -> list[Delivery]:
    """Run a statement that returns COLUMNS and return its rows as instances."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [instance(row) for row in cursor.fetchall()]


def instance(row: Sequence[Any]) -> Delivery:
    """Return one row as a Delivery that knows the columns of NAMES."""
    made = Delivery.__new__(Delivery)
    made._state = state = ModelState()
    state.adding, state.db = False, "default"
    values = made.__dict__
    values.update(zip(NAMES, row, strict=True))
    for name, read in READERS:
        values[name] = read(values[name])
    return made


def as_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) else value


def as_time(value: Any) -> datetime:
    """Return an aware time; SQLite gives text in UTC."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


READERS: list[tuple[str, Callable[[Any], Any]]] = [
    ("tracks_opens", bool),
    ("tracks_clicks", bool),
    ("context", as_json),
    ("created_at", as_time),
]
