"""Characters as people see them: a family emoji or an e with its accent is one.

graphemes("e\\u0301 👩‍👩‍👧")         # → ["é", " ", "👩‍👩‍👧"]
weight("日本 https", unit="weighted")  # → 2·2 + 6, as X counts
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

ZERO_WIDTH_JOINER = "\u200d"
# X counts these as one, everything else as two. Source: twitter-text configuration v3.
LIGHT_RANGES = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))


def _extends(char: str) -> bool:
    """Whether the character hangs on the one before it: marks, variation selectors, skin tones, tags, joiners."""
    code = ord(char)
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in (ZERO_WIDTH_JOINER, "\u200c")
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
    )


def _is_flag_half(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def _hangul(char: str) -> str:
    """The part of a Korean syllable that a character is: L, V, T, LV, LVT or ''."""
    code = ord(char)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return ""


HANGUL_JOINS = {"L": ("L", "V", "LV", "LVT"), "LV": ("V", "T"), "V": ("V", "T"), "LVT": ("T",), "T": ("T",)}


def _joins(cluster: str, char: str) -> bool:
    """Whether `char` continues `cluster`. Source: Unicode annex 29, without the Indic conjuncts."""
    last = cluster[-1]
    if last == "\r":
        return char == "\n"
    if unicodedata.category(last) in ("Cc", "Zl", "Zp"):
        return False
    if _extends(char):
        return True
    if last == ZERO_WIDTH_JOINER and len(cluster) > 1 and unicodedata.category(char) == "So":
        return True
    if _is_flag_half(char) and all(map(_is_flag_half, cluster)):
        return len(cluster) % 2 == 1
    return _hangul(char) in HANGUL_JOINS.get(_hangul(last), ())


def graphemes(text: str) -> list[str]:
    """Return the text cut into characters as people see them; joined again they give the same text."""
    clusters: list[str] = []
    for char in text:
        if clusters and _joins(clusters[-1], char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _weight_of(cluster: str) -> int:
    """What X counts for one character: an emoji two, however long its sequence; other marks add their own."""
    if ZERO_WIDTH_JOINER in cluster or any(unicodedata.category(c) == "So" or _is_flag_half(c) for c in cluster):
        return 2
    composed = unicodedata.normalize("NFC", cluster)
    return sum(1 if any(a <= ord(c) <= b for a, b in LIGHT_RANGES) else 2 for c in composed)


def weight(clusters: str | Iterable[str], *, unit: str) -> int:
    """Return the length as a network counts it: `graphemes`, or `weighted` as X does."""
    cut = graphemes(clusters) if isinstance(clusters, str) else list(clusters)
    return sum(map(_weight_of, cut)) if unit == "weighted" else len(cut)
