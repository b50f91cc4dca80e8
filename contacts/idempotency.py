"""A repeated request gets the first answer; it never acts twice.

status, answer = once(request.auth.prefix, request.headers["Idempotency-Key"], request.body, lambda: redeem(...))
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import IdempotencyKey

Answer = tuple[int, dict[str, Any]]


class Conflict(Exception):
    """The key was used before with another request."""


def once(client: str, key: str, request: bytes | dict[str, Any], act: Callable[[], Answer]) -> Answer:
    """Act and return (status, answer), or return what the same request was answered before.

    Writes:  the IdempotencyKey row first, so that a second request waits for the first; then what `act` writes,
             in the same transaction. Refusals (409, 422 …) are answers too and are kept. An exception keeps nothing.
    Raises:  Conflict when the key belongs to a different request.
    """
    digest = _digest(request)
    with transaction.atomic():
        row, is_new = IdempotencyKey.objects.get_or_create(client=client, key=key, defaults={"request_hash": digest})
        if not is_new:
            return _earlier(row, digest)
        status, answer = act()
        row.status, row.answer = status, json.loads(json.dumps(answer, cls=DjangoJSONEncoder))
        row.save(update_fields=["status", "answer"])
        return status, row.answer


def _earlier(row: IdempotencyKey, digest: str) -> Answer:
    if row.request_hash != digest or row.status is None:
        raise Conflict(
            _("The idempotency key %(key)s was used for a different request. Use a new key.") % {"key": row.key}
        )
    return row.status, row.answer or {}


def _digest(request: bytes | dict[str, Any]) -> str:
    if isinstance(request, dict):
        request = json.dumps(request, sort_keys=True, cls=DjangoJSONEncoder).encode()
    return hashlib.sha256(request).hexdigest()
