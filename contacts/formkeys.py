"""The key in a public form that stands in for a cookie: proof that this page was shown in the last hour.

<input type="hidden" name="key" value="{{ form_key }}">      form_key = make(token, "unsubscribe")
check(request.POST.get("key", ""), token, "unsubscribe")    # → True for an hour

Pages of a token set no cookie, so Django's CSRF cannot work there; the token is the credential and this key shows
that the POST comes from our page.
"""

from __future__ import annotations

import time

from django.utils.crypto import constant_time_compare, salted_hmac

LIFETIME = 3600  # seconds


def make(token: str, purpose: str) -> str:
    """Return a key for this token and purpose, good for one hour."""
    return _key(token, purpose, int(time.time()))


def check(key: str, token: str, purpose: str) -> bool:
    """Say whether the key was made here for this token and purpose within the last hour."""
    stamp, _, _ = key.partition("-")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    age = time.time() - int(stamp)
    return -60 <= age <= LIFETIME and constant_time_compare(key, _key(token, purpose, int(stamp)))


def age(key: str) -> float:
    """Return how many seconds ago the key was made; a person needs more than one to fill a form."""
    stamp, _, _ = key.partition("-")
    return time.time() - int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 else 0.0


def _key(token: str, purpose: str, stamp: int) -> str:
    mac = salted_hmac("fanfare.formkeys", f"{purpose}\n{token}\n{stamp}", algorithm="sha256").hexdigest()
    return f"{stamp}-{mac[:32]}"
