"""Sign a message so that its receiver can tell that it is ours, whole and recent.

headers("event-812", body, now, ["whsec_…"])     # → {"webhook-id": "event-812", "webhook-timestamp": "1779…", …}

Source: Standard Webhooks 1.0.0 (symmetric signatures, `v1`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
BYTES = 32  # of a secret; the standard asks for 24 to 64


def new_secret() -> str:
    """Return a signing secret as Standard Webhooks writes it: `whsec_` and base64 of 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def headers(message_id: str, body: bytes, at: datetime, signing: Sequence[str]) -> dict[str, str]:
    """Return the headers that carry id, time and one signature for each secret (two while a secret is rotated)."""
    seconds = str(int(at.timestamp()))
    signed = [signature(secret, message_id, seconds, body) for secret in signing]
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": " ".join(signed)}


def signature(secret: str, message_id: str, seconds: str, body: bytes) -> str:
    """Return `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = message_id.encode() + b"." + seconds.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
