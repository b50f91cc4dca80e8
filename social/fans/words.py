"""Level 2: the word of a post. Who read the post knows the word, types it, and the proof is bound to her.

word = publish(brand, "instagram", "confetti", post_url="https://…", cap=500)
proof = use("Confetti ", ann, brand)     # → FanProof(level=2); twice gives the same proof and counts once
rotate(word, "lanterns")                 # the old word explains itself, the new one works
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from contacts.models import Brand, Contact
from social.models import FanProof, FanWord
from social.models.fans import FanLevel
from social.offers import attempts
from social.offers.reasons import Reason, Refused

METHOD = "word"


def normalise(raw: str) -> str:
    """Return a word as it is compared and stored: small letters, single spaces, no leading #."""
    return " ".join(raw.replace("\x00", "").casefold().replace("#", " ").split())[:40]


def publish(
    brand: Brand,
    network: str,
    word: str,
    *,
    post_url: str = "",
    cap: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> FanWord:
    """Return a new word for one post on one network.

    Raises:  ValueError when it is empty; IntegrityError when the brand used it before: a word is never used twice.
    """
    if not normalise(word):
        raise ValueError("The word is empty.")
    return FanWord.objects.create(
        brand=brand,
        network=network,
        word=normalise(word),
        post_url=post_url,
        cap=cap,
        starts_at=starts_at or timezone.now(),
        ends_at=ends_at,
    )


def rotate(word: FanWord, new: str) -> FanWord:
    """Retire a word that leaked and return its successor for the same post, with what was left of the cap.

    Writes:  FanWord.rotated_at of the old one, a new FanWord. Proofs given by the old one stay.
    """
    with transaction.atomic():
        FanWord.objects.filter(pk=word.pk, rotated_at__isnull=True).update(rotated_at=timezone.now())
        word.refresh_from_db()
        left = None if word.cap is None else max(word.cap - word.used, 0)
        return publish(word.brand, word.network, new, post_url=word.post_url, cap=left, ends_at=word.ends_at)


def use(raw: str, contact: Contact, brand: Brand, *, network: str = "") -> FanProof:
    """Return the proof that this contact knows the word; the same one when she types it again.

    Writes:  FanProof and FanWord.used + 1, together; Attempt for a wrong word.
    Raises:  Refused(WORD_UNKNOWN | WORD_ROTATED | WORD_USED_UP | TOO_MANY_ATTEMPTS).
    """
    who = f"contact:{contact.pk}"
    attempts.brake(who)
    found = FanWord.objects.filter(brand=brand, word=normalise(raw))
    word = (found.filter(network=network) if network else found).first()
    try:
        if word is None:
            raise Refused(Reason.WORD_UNKNOWN)
        return _bind(word, contact)
    except Refused as why:
        attempts.note(why.reason, normalise(raw), who=who)
        raise


def _bind(word: FanWord, contact: Contact) -> FanProof:
    known = FanProof.objects.filter(contact=contact, word=word).first()
    if known is not None:
        return known
    now = timezone.now()
    if word.starts_at > now or (word.ends_at and word.ends_at <= now):
        raise Refused(Reason.WORD_UNKNOWN)
    if word.rotated_at is not None:
        raise Refused(Reason.WORD_ROTATED)
    try:
        with transaction.atomic():
            return _count_and_create(word, contact, now)
    except IntegrityError:  # she pressed twice at once: the other press made it, and its count stands
        return FanProof.objects.get(contact=contact, word=word)


def _count_and_create(word: FanWord, contact: Contact, now: datetime) -> FanProof:
    room = Q(cap__isnull=True) | Q(used__lt=F("cap"))
    if not FanWord.objects.filter(room, pk=word.pk, rotated_at__isnull=True).update(used=F("used") + 1):
        raise Refused(Reason.WORD_USED_UP)
    return FanProof.objects.create(
        contact=contact,
        network=word.network,
        level=FanLevel.NETWORK_LINK,
        method=METHOD,
        word=word,
        evidence={"post": word.post_url},
        verified_at=now,
        expires_at=None,
    )
