"""Tokens in the URLs of a mail: who (one delivery) and what for, unforgeable, without a database.

    token = make(Purpose.CLICK, campaign.pk, delivery.pk)     # 32 lower-case hex digits
    read(token, Purpose.CLICK)                                # → Token(campaign_id=7, delivery_id=42, purpose=CLICK)
    url(Purpose.CLICK, token, 3)                              # → https://go.brand.com/c/5a3f…/3

16 bytes: key id 4 bits, purpose 4, campaign 24, delivery 32, MAC 64 (BLAKE2b, keyed per key and purpose).
Delivery 0 is a crowd token: the campaign without a person. Layout and limits are in docs/tracking.md.
"""

from __future__ import annotations

import binascii
import enum
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: what people mistake or mind
MAX_CAMPAIGN = 2**24 - 1
MAX_DELIVERY = 2**32 - 1


class Purpose(enum.IntEnum):
    """What a token opens. A token of one purpose is refused for every other."""

    OPEN = 1
    CLICK = 2
    WEB = 3
    UNSUBSCRIBE = 4
    PREFERENCES = 5
    OFFER = 6
    SHARE = 7
    BOUNCE = 8
    CONFIRM = 9


_unhex, _equal = binascii.unhexlify, hmac.compare_digest  # unhexlify takes no white space
_PURPOSES = {int(purpose): purpose for purpose in Purpose}
PATHS = {
    Purpose.OPEN: "/o/{}.gif",
    Purpose.CLICK: "/c/{}",
    Purpose.WEB: "/w/{}",
    Purpose.UNSUBSCRIBE: "/u/{}",
    Purpose.PREFERENCES: "/p/{}",
    Purpose.OFFER: "/f/{}",
    Purpose.SHARE: "/s/{}",
    Purpose.CONFIRM: "/confirm/{}",
}


class Token(NamedTuple):
    """What a valid token says; `delivery_id` 0 means the crowd."""

    campaign_id: int
    delivery_id: int
    purpose: Purpose


class Codec:
    """Makes and reads tokens with one key ring; one keyed hash state per key and purpose, copied for each token."""

    def __init__(self, ring: Iterable[tuple[int, bytes]]) -> None:
        keys = dict(ring)
        self.signing_key = next(iter(keys))
        self.states = {
            (key_id << 4) | purpose: hashlib.blake2b(
                digest_size=8, key=hmac.digest(key, b"fanfare token " + purpose.name.lower().encode(), "sha256")
            )
            for key_id, key in keys.items()
            for purpose in Purpose
        }

    def make(self, purpose: Purpose, campaign_id: int, delivery_id: int = 0) -> str:
        """Return the token as 32 lower-case hex digits.

        Raises:  ValueError when an id does not fit (campaigns up to 16.7 million, deliveries up to 4.29 billion).
        """
        if not 0 < campaign_id <= MAX_CAMPAIGN or not 0 <= delivery_id <= MAX_DELIVERY:
            raise ValueError(f"Campaign {campaign_id} or delivery {delivery_id} does not fit a token.")
        head = (self.signing_key << 4) | purpose
        payload = bytes([head]) + campaign_id.to_bytes(3, "big") + delivery_id.to_bytes(4, "big")
        state = self.states[head].copy()
        state.update(payload)
        return (payload + state.digest()).hex()

    def maker(self, purpose: Purpose, campaign_id: int) -> Callable[[int], str]:
        """Return `make` for the many deliveries of one campaign: the part they share is hashed once.

        Raises:  ValueError when the campaign's id does not fit; the maker does for a delivery's.
        """
        self.make(purpose, campaign_id)
        head = (self.signing_key << 4) | int(purpose)
        front = bytes([head]) + campaign_id.to_bytes(3, "big")
        state = self.states[head].copy()
        state.update(front)
        copy, front_hex = state.copy, front.hex()

        def make(delivery_id: int) -> str:
            try:
                own = delivery_id.to_bytes(4, "big")
            except OverflowError as why:
                raise ValueError(f"Delivery {delivery_id} does not fit a token.") from why
            hashed = copy()
            hashed.update(own)
            return front_hex + (own + hashed.digest()).hex()

        return make

    def read(self, token: str, purpose: Purpose | None = None) -> Token | None:
        """Return what the token says, or None when it is forged, cut, of an unknown key or of another purpose."""
        raw = self.verify(token, purpose)
        if raw is None:
            return None
        return Token(int.from_bytes(raw[1:4], "big"), int.from_bytes(raw[4:8], "big"), _PURPOSES[raw[0] & 15])

    def verify(self, token: str, purpose: int | None = None) -> bytes | None:
        """Return the token's 16 bytes when its MAC and purpose are right, else None; either case of hex is read.

        A QR code is printed in capitals, and some mail servers fold addresses to lower case.
        """
        try:
            raw = _unhex(token)
        except ValueError:
            return None
        if len(raw) != 16 or (purpose is not None and raw[0] & 15 != purpose):
            return None
        known = self.states.get(raw[0])
        if known is None:
            return None
        state = known.copy()
        state.update(raw[:8])
        return raw if _equal(state.digest(), raw[8:]) else None


@lru_cache(maxsize=8)
def _codec(ring: tuple[tuple[int, bytes], ...]) -> Codec:
    return Codec(ring)


def codec() -> Codec:
    """Return the codec of settings.TOKEN_KEYS."""
    return _codec(tuple(settings.TOKEN_KEYS))


def make(purpose: Purpose, campaign_id: int, delivery_id: int = 0) -> str:
    """Return a token signed with the first key of the ring; without a delivery it is a crowd token."""
    return codec().make(purpose, campaign_id, delivery_id)


def read(token: str, purpose: Purpose | None = None) -> Token | None:
    """Return what a token says, or None; any key of the ring verifies, upper-case hex too."""
    return codec().read(token, purpose)


def url(purpose: Purpose, token: str, number: int | None = None) -> str:
    """Return the token's address under settings.TRACKING_URL; `number` is the link's, for clicks.

    Raises:  KeyError for BOUNCE, which has no page: it lives in the envelope sender.
    """
    address = f"{settings.TRACKING_URL}{PATHS[purpose].format(token)}"
    return address if number is None else f"{address}/{number}"


def public_token(bits: int = 80) -> str:
    """Return a random token in Crockford base32: 16 characters for a visit (80 bits), 26 for a claim (128 bits)."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(-(-bits // 5)))


def normalise_public(text: str) -> str:
    """Return a public token as stored: capitals, without hyphens, spaces and NUL bytes, O as 0, I and L as 1."""
    return text.upper().translate(_TYPED)


# PostgreSQL cannot even be asked for a text with a NUL byte.
_TYPED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\0": None})
