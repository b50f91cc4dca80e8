"""Our own DKIM signature, for relays that do not sign: RSA-SHA256, relaxed/relaxed, over the bytes that go out.

    signer = signer_for("mail.brand.example")      # None without a key in DKIM_KEYS
    signer.signature(headers, body)                # → b"DKIM-Signature: v=1; a=rsa-sha256; …\r\n"

Source: RFC 6376 (signatures), 8301 (RSA-SHA256, 2,048 bits), 8058 (both List-Unsubscribe headers are covered).
"""

from __future__ import annotations

import binascii
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

COVERED = (
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-unsubscribe", b"list-unsubscribe-post", b"list-id", b"feedback-id",
)  # fmt: skip
FOLD = re.compile(rb"\r\n(?=[ \t])")
SPACES = re.compile(rb"[ \t]+")
LINE_END_SPACES = re.compile(rb"[ \t]+(?=\r\n)")
MORE_SPACES = re.compile(rb"[ \t]{2,}|\t")
STRING = 255  # octets that one string of a TXT record holds


class Signer:
    """The key of one domain under one selector."""

    def __init__(self, domain: str, selector: str, pem: bytes) -> None:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        self.domain, self.selector = domain, selector
        self.key: RSAPrivateKey = load_pem_private_key(pem, password=None)  # type: ignore[assignment]

    def signature(self, headers: bytes, body: bytes) -> bytes:
        """Return the DKIM-Signature header to put in front. From is named twice, so none can be added."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        lines = canonical_headers(headers)
        names = [name for name in COVERED if name in lines]
        opening = (
            b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=%s;\r\n s=%s;\r\n h=%s;\r\n bh=%s;\r\n b="
        ) % (
            self.domain.encode(),
            self.selector.encode(),
            b":\r\n ".join([b"from", *names]),
            binascii.b2a_base64(hashlib.sha256(canonical_body(body)).digest(), newline=False),
        )
        own = next(iter(canonical_headers(opening).values()))
        signed = b"".join(lines[name] + b"\r\n" for name in names) + own
        made = binascii.b2a_base64(self.key.sign(signed, PKCS1v15(), SHA256()), newline=False)
        return opening + b"\r\n ".join(made[at : at + 72] for at in range(0, len(made), 72)) + b"\r\n"

    @property
    def name(self) -> str:
        """The name in the DNS under which receivers look for the key."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def public(self) -> str:
        """What stands behind `p=` in the record."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        raw = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return binascii.b2a_base64(raw, newline=False).decode()

    @property
    def record(self) -> str:
        """The TXT record to publish, as a zone file has it: strings of at most 255 octets, read as one."""
        text = f"v=DKIM1; k=rsa; p={self.public}"
        return " ".join(f'"{text[at : at + STRING]}"' for at in range(0, len(text), STRING))


def signer_for(domain: str) -> Signer | None:
    """Return who signs for a sender's domain (in ASCII), or None: the relay signs, or nobody."""
    key = settings.DKIM_KEYS.get(domain)
    return _loaded(domain, *key) if key else None


@lru_cache(maxsize=64)
def _loaded(domain: str, selector: str, pem: bytes) -> Signer:
    return Signer(domain, selector, pem)


def canonical_headers(headers: bytes) -> dict[bytes, bytes]:
    """Return each header as `relaxed` wants it, by its lower-case name (RFC 6376 §3.4.2); our mails have none twice."""
    found = {}
    for line in FOLD.sub(b"", headers).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            name = name.strip().lower()
            found[name] = name + b":" + SPACES.sub(b" ", value).strip(b" ")
    return found


def canonical_body(body: bytes) -> bytes:
    """Return the body as `relaxed` wants it (RFC 6376 §3.4.4): spaces joined, empty lines at the end left out."""
    joined = MORE_SPACES.sub(b" ", LINE_END_SPACES.sub(b"", body)).rstrip(b"\r\n")
    return joined + b"\r\n" if joined else b""
