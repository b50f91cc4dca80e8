"""Level 2: the word or the link of a post. Who read the post types the word, or opens its link, and is bound to it.

word = publish(brand, "instagram", "confetti", post_url="https://…", cap=500)
proof = use("Confetti ", ann, brand)     # → FanProof(level=2); twice gives the same proof and counts once
code = open_link(word, seen="instagram") # the post's link gives a code of minutes, typed in the same field
rotate(word)                             # the old word explains itself, the new one (returned) works
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from campaigns.tracking.tokens import public_token
from contacts.models import Brand, Contact
from social.fans import pairing, proofs
from social.models import FanCode, FanProof, FanWord
from social.models.fans import FanLevel
from social.offers import attempts
from social.offers.reasons import Reason, Refused

logger = logging.getLogger(__name__)

METHOD, BY_LINK = "word", "link"
LINK_LIFE = timedelta(minutes=30)  # from the post to the mail and its page; too short to be passed around
BURST = timedelta(minutes=10)
ELSEWHERE_LEAST, ELSEWHERE_SHARE = 3, 0.2  # people seen from another network, and their part of all whose is known

# Easy to spell in English and French alike, nothing to mistake for a promise or a name.
FRESH = [
    "acacia", "amande", "anis", "atlas", "avocado", "bambou", "basil", "bistro", "bonbon", "bravo", "brioche",
    "cactus", "camomille", "canari", "caramel", "carnaval", "cascade", "cerise", "chamois", "chiffon", "citron",
    "clarinet", "cobalt", "cocoa", "colibri", "confetti", "coral", "cosmos", "cumin", "dahlia", "domino", "duo",
    "eclair", "ellipse", "fandango", "festival", "figaro", "flamingo", "flora", "fondant", "galaxy", "gazelle",
    "genepi", "ginger", "granite", "harmony", "horizon", "igloo", "indigo", "iris", "jasmine", "jonquille", "kiwi",
    "lagoon", "lantern", "lavande", "lilas", "limonade", "lotus", "lupin", "macaron", "magnolia", "mandarin",
    "mango", "melon", "menthe", "mimosa", "mistral", "moka", "mosaic", "muscat", "nectar", "olive", "opal",
    "orchid", "origami", "oslo", "panda", "papaya", "papillon", "paprika", "parasol", "pastel", "pavlova", "peony",
    "piano", "pistache", "polka", "pollen", "poppy", "praline", "quartz", "quinoa", "raisin", "rhapsody",
    "rosemary", "saffron", "salsa", "samba", "sapphire", "sesame", "sirocco", "solo", "sonata", "sorbet", "tango",
    "tempo", "thym", "topaz", "tulip", "vanille", "velvet", "verveine", "violet", "waltz", "zebra", "zen", "zephyr",
]  # fmt: skip


def normalise(raw: str) -> str:
    """Return a word as it is compared and stored: small letters, single spaces, no leading #."""
    return " ".join(raw.replace("\x00", "").casefold().replace("#", " ").split())[:40]


def fresh(brand: Brand) -> str:
    """Return a word that the brand never used: one of our list, with a number once they run out."""
    used = set(FanWord.objects.filter(brand=brand).values_list("word", flat=True))
    free = [word for word in FRESH if word not in used]
    while not free:
        free = [word for word in (f"{secrets.choice(FRESH)} {secrets.randbelow(900) + 100}",) if word not in used]
    return secrets.choice(free)


def publish(
    brand: Brand,
    network: str,
    word: str,
    *,
    post_url: str = "",
    cap: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    replaces: FanWord | None = None,
) -> FanWord:
    """Return a new word for one post on one network, with its link.

    Raises:  ValueError when it is empty; IntegrityError when the brand used it before: a word is never used twice.
    """
    if not normalise(word):
        raise ValueError("The word is empty.")
    return FanWord.objects.create(
        brand=brand,
        network=network,
        word=normalise(word),
        token=public_token(80),
        post_url=post_url,
        cap=cap,
        starts_at=starts_at or timezone.now(),
        ends_at=ends_at,
        replaces=replaces,
        burst_limit=replaces.burst_limit if replaces else FanWord._meta.get_field("burst_limit").default,
    )


def rotate(word: FanWord, new: str = "") -> FanWord:
    """Retire a word that leaked and return its successor for the same post, with what was left of the cap.

    Without a new word one of our own is taken. A word that was replaced before returns the successor it has.

    Writes:  FanWord.rotated_at of the old one, a new FanWord. Proofs given by the old one stay.
    """
    with transaction.atomic():
        mine = FanWord.objects.filter(pk=word.pk, rotated_at__isnull=True).update(rotated_at=timezone.now())
        word.refresh_from_db()
        known = word.successors.order_by("pk").first()
        if not mine and known is not None:
            return known
        left = None if word.cap is None else max(word.cap - word.used, 0)
        return publish(
            word.brand,
            word.network,
            new or fresh(word.brand),
            post_url=word.post_url,
            cap=left,
            ends_at=word.ends_at,
            replaces=word,
        )


def by_token(token: str) -> FanWord | None:
    """Return the word whose post carries this link."""
    return FanWord.objects.filter(token=token).select_related("brand").first()


def check_open(word: FanWord, *, counting: bool = True) -> None:
    """Refuse a word outside its days, after it was replaced, and (`counting`) when its cap is reached.

    Raises:  Refused(WORD_UNKNOWN | WORD_ROTATED | WORD_USED_UP).
    """
    at = timezone.now()
    if word.starts_at > at or (word.ends_at and word.ends_at <= at):
        raise Refused(Reason.WORD_UNKNOWN)
    if word.rotated_at is not None:
        raise Refused(Reason.WORD_ROTATED)
    if counting and word.cap is not None and word.used >= word.cap:
        raise Refused(Reason.WORD_USED_UP)


def open_link(word: FanWord, *, seen: str = "") -> FanCode:
    """Return the code that a person who opened the post's link takes to her offer page, good for half an hour.

    Writes:  FanCode; the word's alarm when too many come from elsewhere.
    Raises:  Refused as `check_open`.
    """
    check_open(word)
    made = pairing.make(FanCode.Kind.LINK, network=word.network, life=LINK_LIFE, word=word, seen=seen)
    if seen and seen != word.network:
        watch(word)
    return made


def use(raw: str, contact: Contact, brand: Brand, *, network: str = "", seen: str = "") -> FanProof:
    """Return the proof that this contact knows the word or opened the link; the same one when she types it again.

    Writes:  FanProof and FanWord.used + 1, together; Attempt for a wrong word.
    Raises:  Refused(WORD_UNKNOWN | WORD_ROTATED | WORD_USED_UP | TOO_MANY_ATTEMPTS).
    """
    who = f"contact:{contact.pk}"
    attempts.brake(who)
    try:
        return _by_code(raw, contact, brand, network) or _by_word(raw, contact, brand, network, seen)
    except Refused as why:
        attempts.note(why.reason, normalise(raw), who=who)
        raise


def _by_word(raw: str, contact: Contact, brand: Brand, network: str, seen: str) -> FanProof:
    found = FanWord.objects.filter(brand=brand, word=normalise(raw))
    word = (found.filter(network=network) if network else found).first()
    if word is None:
        raise Refused(Reason.WORD_UNKNOWN)
    return _bind(word, contact, METHOD, seen)


def _by_code(raw: str, contact: Contact, brand: Brand, network: str) -> FanProof | None:
    """Bind her to the post whose link gave this code; None when it is no such code."""
    code = pairing.find(FanCode.Kind.LINK, raw)
    word = code.word if code else None
    if code is None or word is None or word.brand_id != brand.pk or (network and word.network != network):
        return None
    with transaction.atomic():
        if code.contact_id != contact.pk and not pairing.spend(code, contact):
            raise Refused(Reason.WORD_UNKNOWN)
        return _bind(word, contact, BY_LINK, code.seen)


def _bind(word: FanWord, contact: Contact, method: str, seen: str) -> FanProof:
    now = timezone.now()
    known = FanProof.objects.filter(contact=contact, word=word).first()
    if known is not None and (known.revoked_at or known.expires_at is None or known.expires_at > now):
        return known
    check_open(word, counting=known is None)
    if known is not None:
        return proofs.renew(known)
    evidence = {"post": word.post_url, **({"seen": seen} if seen else {})}
    try:
        with transaction.atomic():
            proof = _count_and_create(word, contact, method, evidence)
    except IntegrityError:  # she pressed twice at once: the other press made it, and its count stands
        return FanProof.objects.get(contact=contact, word=word)
    watch(word)
    return proof


def _count_and_create(word: FanWord, contact: Contact, method: str, evidence: dict[str, str]) -> FanProof:
    room = Q(cap__isnull=True) | Q(used__lt=F("cap"))
    if not FanWord.objects.filter(room, pk=word.pk, rotated_at__isnull=True).update(used=F("used") + 1):
        raise Refused(Reason.WORD_USED_UP)
    return proofs.give(contact, word.network, FanLevel.NETWORK_LINK, method, evidence, word=word)


# --- Leaks -----------------------------------------------------------------------------------------------------------


def leaks(word: FanWord, at: datetime | None = None) -> list[str]:
    """Return why the word may have left its post: `burst`, `elsewhere`; empty when nothing speaks for it.

    `burst`      more claims within ten minutes than the word's limit
    `elsewhere`  at least three people, and a fifth of those of whom it is known, came from another network
    """
    now = at or timezone.now()
    found = []
    if FanProof.objects.filter(word=word, verified_at__gt=now - BURST).count() > word.burst_limit:
        found.append("burst")
    seen = seen_on(word)
    other = sum(n for network, n in seen.items() if network != word.network)
    if other >= ELSEWHERE_LEAST and other >= ELSEWHERE_SHARE * sum(seen.values()):
        found.append("elsewhere")
    return found


def seen_on(word: FanWord) -> dict[str, int]:
    """Return how many people came to the word from which network, of those of whom it is known."""
    counts: dict[str, int] = {}
    opened = FanCode.objects.filter(word=word).exclude(seen="").values_list("seen", flat=True)
    typed = FanProof.objects.filter(word=word, method=METHOD, evidence__has_key="seen")
    for network in [*opened, *(str(one) for one in typed.values_list("evidence__seen", flat=True))]:
        counts[network] = counts.get(network, 0) + 1
    return counts


def watch(word: FanWord) -> None:
    """Raise the word's alarm when it leaks, once; it stays until the word is replaced or somebody calls it off.

    Writes:  FanWord.alarm, alarmed_at; one line of the log.
    """
    if word.alarmed_at is not None:
        return
    why = leaks(word)
    if why and FanWord.objects.filter(pk=word.pk, alarmed_at__isnull=True).update(alarm=why, alarmed_at=timezone.now()):
        logger.warning("word=%s may have leaked: %s", word.pk, ", ".join(why))


def call_off(word: FanWord) -> None:
    """Take the alarm back; it is raised again only by twice the claims.

    Writes:  FanWord.
    """
    FanWord.objects.filter(pk=word.pk).update(alarm=[], alarmed_at=None, burst_limit=F("burst_limit") * 2)
