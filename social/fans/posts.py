"""What each post brought: a post is a word with those that replaced it.

report()  →  [Post(network="Instagram", url="https://…", words=[…], opened=40, fans=31, claims=28, redeemed=9, …)]
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count

from social.fans import networks
from social.models import Claim, FanCode, FanProof, FanWord

SHOWN = 100  # posts of a report, newest first


@dataclass
class Post:
    """One post with its words, oldest first, and the people it brought; `elsewhere` came from another network."""

    network: str
    url: str
    words: list[FanWord] = field(default_factory=list)
    opened: int = 0
    fans: int = 0
    claims: int = 0
    redeemed: int = 0
    seen: int = 0
    elsewhere: int = 0

    @property
    def current(self) -> FanWord:
        """The word that works now, or worked last."""
        return self.words[-1]


def link_of(word: FanWord) -> str:
    """Return the address that a post carries."""
    return f"{settings.TRACKING_URL}/fan/{word.token}" if word.token else ""


def report() -> list[Post]:
    """Return the latest posts with what came of them.

    Reads:   FanWord, and FanCode, FanProof, Claim counted by word: one query each.
    """
    found = sorted(_chains(), key=lambda chain: chain[-1].starts_at, reverse=True)[:SHOWN]
    every = [word.pk for chain in found for word in chain]
    opened = _count(FanCode.objects.filter(word__in=every).values_list("word").annotate(n=Count("pk")))
    fans = _count(FanProof.objects.filter(word__in=every).values_list("word").annotate(n=Count("contact")))
    claims = Claim.objects.filter(proof__word__in=every).values_list("proof__word")
    taken = _count(claims.annotate(n=Count("pk")))
    used = _count(claims.filter(state=Claim.State.REDEEMED).annotate(n=Count("pk")))
    seen = _seen(every)
    return [
        Post(
            network=networks.name_of(chain[0].network),
            url=chain[0].post_url,
            words=chain,
            opened=sum(opened.get(word.pk, 0) for word in chain),
            fans=sum(fans.get(word.pk, 0) for word in chain),
            claims=sum(taken.get(word.pk, 0) for word in chain),
            redeemed=sum(used.get(word.pk, 0) for word in chain),
            seen=sum(sum(seen.get(word.pk, {}).values()) for word in chain),
            elsewhere=sum(n for word in chain for key, n in seen.get(word.pk, {}).items() if key != word.network),
        )
        for chain in found
    ]


def _chains() -> list[list[FanWord]]:
    words = list(FanWord.objects.select_related("brand").order_by("-pk")[: SHOWN * 5])
    by_pk = {word.pk: word for word in words}
    chains: dict[int, list[FanWord]] = {}
    for word in sorted(words, key=lambda one: one.pk):
        first = word
        while first.replaces_id in by_pk:
            first = by_pk[first.replaces_id]
        chains.setdefault(first.pk, []).append(word)
    return list(chains.values())


def _seen(words: list[int]) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = {}
    opened = FanCode.objects.filter(word__in=words).exclude(seen="").values_list("word", "seen")
    typed = FanProof.objects.filter(word__in=words, method="word", evidence__has_key="seen")
    for pk, network in [*opened, *typed.values_list("word", "evidence__seen")]:
        if pk is not None:
            of_word = counts.setdefault(pk, {})
            of_word[str(network)] = of_word.get(str(network), 0) + 1
    return counts


def _count(rows: object) -> dict[int, int]:
    return dict(rows.order_by())  # type: ignore[attr-defined]
