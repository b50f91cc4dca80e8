"""A repeated request gets the first answer; it never acts twice.

status, answer = once(request.auth.prefix, request.headers["Idempotency-Key"], request.body, lambda: redeem(...))
status, answer = once_outside(prefix, key, body, lambda: send_a_test(...))    # asks others: no transaction is open

Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import IdempotencyKey

Answer = tuple[int, dict[str, Any]]
SEALED = "sealed"  # instead of an answer that holds a secret
LONGEST_OUTSIDE = timedelta(minutes=2)  # a call to others that has no answer by then died with its process


class Conflict(Exception):
    """The key was used before with another request."""


class Running(Exception):
    """The same request is being answered at this moment."""


class Undone(Exception):
    """Raised by an act whose answer is to be kept although what it wrote so far is not: a refusal found late."""

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        self.status, self.answer = status, answer


def once(
    client: str, key: str, request: bytes | dict[str, Any], act: Callable[[], Answer], *, is_secret: bool = False
) -> Answer:
    """Act and return (status, answer), or return what the same request was answered before.

    Writes:  the IdempotencyKey row first, so that a second request waits for the first; then what `act` writes,
             in the same transaction. Refusals (409, 422 …) are answers too and are kept. An exception keeps nothing,
             Undone only its answer. The answer of a secret is kept sealed: the table alone does not tell it.
    Raises:  Conflict when the key belongs to a different request.
    """
    digest = _digest(request)
    try:
        return _first(client, key, digest, act, is_secret)
    except Undone as late:
        said = late.status, late.answer
    return _first(
        client, key, digest, lambda: said, is_secret
    )  # who came between with the same key has answered for both


def once_outside(client: str, key: str, request: bytes | dict[str, Any], act: Callable[[], Answer]) -> Answer:
    """Do what `once` does for an act that asks other servers: nobody waits for a lock while they think.

    Writes:  the IdempotencyKey row by itself; what `act` writes, in its own transactions; the answer. An exception
             frees the key; after a `kill -9` it is free LONGEST_OUTSIDE later.
    Raises:  Conflict, Running.
    """
    digest = _digest(request)
    row_id = _take(client, key, digest)
    if row_id is None:
        row = IdempotencyKey.objects.get(client=client, key=key)
        if row.request_hash != digest or row.status is not None:
            return _earlier(row, digest)
        dead = IdempotencyKey.objects.filter(
            pk=row.pk, status=None, created_at=row.created_at, created_at__lte=timezone.now() - LONGEST_OUTSIDE
        )
        if not dead.update(created_at=timezone.now()):
            raise Running(_("The same request is being answered at this moment. Ask again in a few seconds."))
        row_id = row.pk
    try:
        status, answer = act()
    except BaseException:
        IdempotencyKey.objects.filter(pk=row_id, status=None).delete()
        raise
    return _keep(row_id, status, answer, is_secret=False)


def _first(client: str, key: str, digest: str, act: Callable[[], Answer], is_secret: bool) -> Answer:
    with transaction.atomic():
        row_id = _take(client, key, digest)
        if row_id is None:
            return _earlier(IdempotencyKey.objects.get(client=client, key=key), digest)
        return _keep(row_id, *act(), is_secret=is_secret)


def _keep(row_id: int, status: int, answer: dict[str, Any], *, is_secret: bool) -> Answer:
    text = json.dumps(answer, cls=DjangoJSONEncoder)
    # A text in the JSON column: PostgreSQL's jsonb would sort the fields, and the answer come back in other bytes.
    stored = json.dumps({SEALED: _sealer().encrypt(text.encode()).decode()} if is_secret else text)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_idempotencykey SET status = %s, answer = %s WHERE id = %s", [status, stored, row_id]
        )
    kept: dict[str, Any] = json.loads(text)
    return status, kept


def _take(client: str, key: str, digest: str) -> int | None:
    """Return the id of the new row, or None when the key is there; waits for who is taking it at this moment."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_idempotencykey (client, key, request_hash, created_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (client, key) DO NOTHING RETURNING id",
            [client, key, digest, now],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _earlier(row: IdempotencyKey, digest: str) -> Answer:
    if row.request_hash != digest or row.status is None:
        raise Conflict(
            _("The idempotency key %(key)s was used for a different request. Use a new key.") % {"key": row.key}
        )
    kept = row.answer
    if isinstance(kept, dict) and SEALED in kept:
        kept = _sealer().decrypt(kept[SEALED])
    answer: dict[str, Any] = json.loads(kept) if isinstance(kept, (str, bytes)) else kept or {}
    return row.status, answer


def _sealer() -> Fernet:
    """Return what opens and closes kept secrets, with a key of its own made of SECRET_KEY."""
    own = hashlib.blake2b(b"idempotency", key=hashlib.sha256(settings.SECRET_KEY.encode()).digest(), digest_size=32)
    return Fernet(base64.urlsafe_b64encode(own.digest()))


def _digest(request: bytes | dict[str, Any]) -> str:
    if isinstance(request, dict):
        request = json.dumps(request, sort_keys=True, cls=DjangoJSONEncoder).encode()
    return hashlib.sha256(request).hexdigest()
