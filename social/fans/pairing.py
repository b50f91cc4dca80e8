"""Short codes that carry something from one screen to another: six characters and one that checks them, used once.

code = make(FanCode.Kind.ASK, network="instagram", life=timedelta(days=2), contact=ann)   # "7K2-M9PQ"
find(FanCode.Kind.ASK, "7k2 m9pq")     # → the FanCode, or None: unknown, used or too old
"""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.models import Contact
from social.models import FanCode, FanWord
from social.offers import codes

LENGTH = 6  # random characters, 30 bits: good for minutes or days, behind the brake of ten wrong tries


def make(
    kind: str,
    *,
    network: str,
    life: timedelta,
    word: FanWord | None = None,
    contact: Contact | None = None,
    seen: str = "",
) -> FanCode:
    """Return a new code.

    Writes:  FanCode.
    """
    until = timezone.now() + life
    for _attempt in range(20):
        try:
            with transaction.atomic():
                return FanCode.objects.create(
                    kind=kind, code=codes.make(LENGTH), word=word, contact=contact, network=network, seen=seen,
                    expires_at=until,
                )  # fmt: skip
        except IntegrityError:  # that code is out already; 30 bits make it rare
            continue
    raise IntegrityError("No free fan code after 20 tries.")


def find(kind: str, raw: str) -> FanCode | None:
    """Return the code that was typed while it holds; small letters, O for 0, spaces and hyphens are understood."""
    typed = codes.normalise(raw)
    if len(typed) != LENGTH + 1 or any(letter not in codes.ALPHABET for letter in typed):
        return None
    if codes.check_character(typed[:-1]) != typed[-1]:
        return None
    found = FanCode.objects.filter(kind=kind, code=typed, expires_at__gt=timezone.now())
    return found.select_related("word__brand", "contact").first()


def spend(code: FanCode, contact: Contact | None = None) -> bool:
    """Mark the code used, by this contact; False when somebody used it before.

    Writes:  FanCode.
    """
    used = {"used_at": timezone.now(), **({"contact": contact} if contact else {})}
    return bool(FanCode.objects.filter(pk=code.pk, used_at__isnull=True).update(**used))


def display(code: str) -> str:
    """Return a code in two groups: 7K2-M9PQ."""
    return f"{code[:3]}-{code[3:]}"
