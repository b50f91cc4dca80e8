"""Codes that people type: Crockford base32 with a check character, forgiving to read, hard to guess.

make()                        # → "7K2M9PQRWXG": ten random characters (50 bits) and one check character
display("7K2M9PQRWXG")        # → "7K2M9-PQRWX-G"
make_like("SPRING-#####-#####-#")   # → "SPRING7K2M9PQRWXG": a pattern, its last # checks the others
normalise("7k2m9 pqrwx-g")    # → "7K2M9PQRWXG"; O reads as 0, I and L as 1, spaces and hyphens fall away
is_valid("7K2M9PQRWXG")       # → True; a wrong character or two swapped ones make it False

The check character is of the same alphabet, so any keyboard can type it: a sum over GF(32) with a different power of
the generator at each place, which finds every single wrong character and every swap of two.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from itertools import islice

from django.conf import settings
from django.utils.translation import gettext as _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
LENGTH = 10  # random characters: 50 bits; 100,000 live codes and a guess a second hit one in 350 years
GROUP = 5
ANY = "#"  # in a pattern: one random character; the last one checks the others
LONGEST_PATTERN = 40  # characters, as long as a code may be

_VALUE = {letter: number for number, letter in enumerate(ALPHABET)}
_READ_AS = str.maketrans("OIL", "011", " -\t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014_./")
_POLYNOMIAL = 0b100101  # x⁵ + x² + 1, primitive over GF(2)


def make(length: int = LENGTH) -> str:
    """Return a new random code of `length` characters plus its check character, without separators."""
    body = "".join(secrets.choice(ALPHABET) for _step in range(length))
    return body + check_character(body)


def make_like(pattern: str) -> str:
    """Return a new random code of this pattern, as it is stored: capitals, no separators."""
    spots = pattern.count(ANY)
    return fill(pattern, make(spots - 1))


def fill(pattern: str, letters: str) -> str:
    """Return the pattern with these letters in place of its #, as it is stored."""
    given = iter(letters)
    return "".join(next(given) if spot == ANY else spot for spot in pattern.upper() if spot == ANY or spot.isalnum())


def pattern_error(pattern: str) -> str:
    """Return what is wrong with a pattern, or ''."""
    if len(pattern) > LONGEST_PATTERN or not re.fullmatch(r"[A-Za-z0-9#\- ]*", pattern):
        return _("A pattern has up to 40 letters, digits, hyphens and #.")
    if pattern.count(ANY) <= LENGTH:
        return _("Put at least 11 # into the pattern: 10 at random, so that nobody guesses one, and one to check them.")
    return ""


def read_like(pattern: str, raw: str) -> str:
    """Return what was typed as a code of this pattern is stored, forgiving as `normalise`; '' when it is none."""
    spots, typed = [one for one in pattern.upper() if one == ANY or one.isalnum()], squeeze(raw)
    if len(spots) != len(typed):
        return ""
    letters = ""
    for spot, letter in zip(spots, typed, strict=True):
        if spot == ANY:
            letters += normalise(letter)
        elif normalise(spot) != normalise(letter):
            return ""
    return fill(pattern, letters) if is_valid(letters) else ""


def display_like(pattern: str, code: str) -> str:
    """Return a code of this pattern with the pattern's hyphens, for print."""
    letters = iter(code)
    return "".join(next(letters, "") if spot == ANY or spot.isalnum() else spot for spot in pattern)


def check_character(body: str) -> str:
    """Return the character that makes `body` a valid code.

    Raises:  KeyError when a character is not of the alphabet; normalise first.
    """
    total = 0
    for place, letter in enumerate(body, start=1):
        total ^= _times(_power(place), _VALUE[letter])
    return ALPHABET[total]


def normalise(raw: str) -> str:
    """Return what was typed in capitals, without separators, O read as 0, I and L as 1."""
    return raw.upper().translate(_READ_AS)


def squeeze(raw: str) -> str:
    """Return a partner's own code as it is stored: capitals, no spaces or hyphens, its letters left alone."""
    return "".join(letter for letter in raw.upper() if letter.isalnum())


def is_valid(code: str) -> bool:
    """Say whether a normalised code is one of ours: long enough, of the alphabet, check character right."""
    if len(code) <= LENGTH or any(letter not in _VALUE for letter in code):
        return False
    return check_character(code[:-1]) == code[-1]


def display(code: str) -> str:
    """Return a code in groups for print and screen; a partner's own code stays as it is."""
    if not is_valid(code):
        return code
    letters = iter(code[:-1])
    groups = []
    while group := "".join(islice(letters, GROUP)):
        groups.append(group)
    return "-".join([*groups, code[-1]])


def fingerprint(raw: str) -> str:
    """Return 16 hex digits by which a tried code can be recognised again but not read (keyed with SECRET_KEY)."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"code:" + normalise(raw)[:200].encode(), hashlib.sha256).hexdigest()[:16]


def _power(exponent: int) -> int:
    value = 1
    for _step in range(exponent % 31):
        value = _times(value, 2)
    return value


def _times(a: int, b: int) -> int:
    """Return a·b in GF(32)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 32:
            a ^= _POLYNOMIAL
        b >>= 1
    return product
