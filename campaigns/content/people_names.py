"""Names as people write them, in the language of the mail: capitals, and the form that says whose something is.

tidy("jean-pierre DUPONT")       # → "Jean-Pierre Dupont"
of("Alice", "fr")                # → "d’Alice", in English “Alice’s”
"""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W\d_]+")
PARTICLES = {"de", "du", "des", "la", "le", "van", "von", "der", "den", "di", "da", "dos", "el", "al", "bin", "y"}
# Names whose H is heard, so that French says “de Hans” beside “d’Hélène”.
HEARD_H = frozenset(
    [
        *("hans", "harry", "harold", "helmut", "heidi", "heike", "holger", "hamza", "hassan", "hakim", "hicham"),
        *("hocine", "houria", "habib", "halima", "hamid", "haruki", "hiroshi", "howard", "hudson", "hunter"),
    ]
)
SIBILANTS = ("s", "ß", "x", "z")
OF = {"es": "de {}", "pt": "de {}", "it": "di {}", "nl": "van {}"}


def tidy(name: str) -> str:
    """Return a name with the capitals people give it; one that has both cases already is its owner's choice."""
    name = " ".join(name.split())
    if name != name.upper() and name != name.lower():
        return name
    words = name.lower()
    return WORD.sub(lambda found: _capital(found, words), words)


def _capital(found: re.Match[str], words: str) -> str:
    word, before = found.group(), words[: found.start()]
    is_particle = word in PARTICLES and before.endswith(" ") and len(words) > found.end()
    is_ending = word == "s" and before.endswith(("'", "’"))
    return word if is_particle or is_ending else word[:1].upper() + word[1:]


def of(name: str, language: str) -> str:
    """Return whose something is: de Marie, d’Alice; Marie’s; Maries, Hans’. A language not known here gets the name."""
    name = name.strip()
    short = language[:2]
    if not name:
        return ""
    if short == "fr":
        return f"d’{name}" if _elides(name) else f"de {name}"
    if short == "en":
        return f"{name}’s"
    if short == "de":
        return f"{name}’" if name.lower().endswith(SIBILANTS) else f"{name}s"
    return OF.get(short, "{}").replace("{}", name)


def _elides(name: str) -> bool:
    """Say whether French shortens *de* before a name: before a vowel, a silent H, and Y before a consonant."""
    plain = unicodedata.normalize("NFD", name.lower())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    first = (WORD.findall(letters) or [""])[0]
    if first.startswith("h"):
        return first not in HEARD_H
    if first.startswith("y"):
        return first[1:2] not in set("aeiou") and len(first) > 1
    return first[:1] in set("aeiouœæ")
