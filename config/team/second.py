"""The second proof at the sign-in: six digits of a telephone that change every 30 seconds, or a recovery code.

factor = second.begin(marie)             # shows second.uri(factor) as a QR
codes = second.confirm(factor, "123456") # → ten recovery codes, shown once
second.prove(factor, "654321")           # → True, and never again for the same code

Source: RFC 6238 (TOTP; SHA-1, 6 digits, 30 seconds: what every telephone's app knows).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from config.team.models import SecondFactor
from contacts import audit

STEP = 30  # seconds
SKEW = (0, -1, 1)  # steps by which a telephone's clock may be wrong; RFC 6238, 5.2
CODES = 10  # recovery codes
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1: they are copied from paper


def begin(user: User) -> SecondFactor:
    """Return the person's factor with a fresh secret, not yet in force; a confirmed one is left as it is."""
    found = SecondFactor.objects.filter(user=user).first()
    return found or SecondFactor.objects.create(user=user, secret=secrets.token_bytes(20))


def uri(factor: SecondFactor) -> str:
    """Return the otpauth:// address that the telephone reads from the QR code."""
    return _totp(factor).get_provisioning_uri(factor.user.get_username(), "Fanfare")


def confirm(factor: SecondFactor, code: str) -> list[str]:
    """Put the factor in force and return ten recovery codes, which nobody can read again; [] for a wrong code."""
    with transaction.atomic():
        if not prove(factor, code):
            return []
        codes = ["-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(CODES)]
        SecondFactor.objects.filter(pk=factor.pk).update(
            confirmed_at=timezone.now(), recovery=[_hash(code) for code in codes]
        )
        audit.record(factor.user, "switched on two-step sign-in of", factor.user)
    return codes


def prove(factor: SecondFactor, code: str) -> bool:
    """Say whether the code is the telephone's of now, or an unused recovery code; either is used up by it."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().get(pk=factor.pk)
        code = code.strip().lower().replace(" ", "")
        if step := _step(factor, code):
            factor.last_step = step
        elif _hash(code) in factor.recovery:
            factor.recovery.remove(_hash(code))
            audit.record(factor.user, "used a recovery code of", factor.user, left=len(factor.recovery))
        else:
            return False
        factor.save(update_fields=["last_step", "recovery"])
    return True


def drop(user: User, *, by: User) -> None:
    """Switch the second proof off: her own wish, or an administrator's when the telephone is lost."""
    if SecondFactor.objects.filter(user=user).delete()[0]:
        audit.record(by, "switched off two-step sign-in of", user)


def _step(factor: SecondFactor, code: str) -> int:
    """Return the time step whose digits these are, 0 for none and for one that was used already."""
    now = int(time.time() // STEP)
    for step in (now + skew for skew in SKEW):
        if step > factor.last_step and hmac.compare_digest(_totp(factor).generate(step * STEP), code.encode()):
            return step
    return 0


def _totp(factor: SecondFactor) -> TOTP:
    return TOTP(bytes(factor.secret), 6, SHA1(), STEP)  # noqa: S303 - RFC 6238's own; telephones know no other


def _hash(code: str) -> str:
    return hashlib.sha256(code.replace("-", "").encode()).hexdigest()  # 49 bits of chance: no dictionary helps
