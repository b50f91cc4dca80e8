"""The demo's mails as their recipients hold them: what the Outbox keeps, read like any mail program reads it.

letter = read(outbox_mail.message)
letter.pixel, letter.clicks, letter.share, letter.offer, letter.unsubscribe
"""

from __future__ import annotations

import email
import html
import re
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from campaigns.models import Campaign, OutboxMail

LINK = re.compile(r"""(?:href|src)=["']([^"']+)["']""")


@dataclass(frozen=True)
class Letter:
    """One mail in somebody's hands: the addresses in it, as paths of our site. '' where the mail has none."""

    pk: int
    recipient: str
    contact_id: int
    links: tuple[str, ...]

    def first(self, prefix: str) -> str:
        """Return the first address under this prefix, '' when there is none."""
        return next((path for path in self.links if path.startswith(prefix)), "")

    @property
    def pixel(self) -> str:
        return self.first("/o/")

    @property
    def clicks(self) -> list[str]:
        return list(dict.fromkeys(path for path in self.links if path.startswith("/c/")))

    @property
    def shares(self) -> list[str]:
        return list(dict.fromkeys(path for path in self.links if path.startswith("/s/")))

    @property
    def offer(self) -> str:
        return self.first("/f/")

    @property
    def web(self) -> str:
        return self.first("/w/")

    @property
    def unsubscribe(self) -> str:
        return self.first("/u/")

    @property
    def confirm(self) -> str:
        return self.first("/confirm/")


def read(message: bytes, *, recipient: str = "", pk: int = 0, contact_id: int = 0) -> Letter:
    """Return what a mail program finds in the message."""
    parsed = email.message_from_bytes(message)
    part = next((part for part in parsed.walk() if part.get_content_type() == "text/html"), parsed)
    body = cast(bytes, part.get_payload(decode=True)).decode()
    paths = []
    for address in LINK.findall(body):
        parts = urlsplit(html.unescape(address))
        paths.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return Letter(pk, recipient or str(parsed["To"]), contact_id, tuple(paths))


def of(campaign: Campaign) -> list[Letter]:
    """Return every mail of a campaign that lies in the Outbox, in the order of its deliveries."""
    kept = OutboxMail.objects.filter(delivery__campaign=campaign).select_related("delivery").order_by("delivery_id")
    return [kept_letter(one) for one in kept.iterator(chunk_size=100)]


def kept_letter(one: OutboxMail) -> Letter:
    """Return a mail of the Outbox as its recipient holds it."""
    contact_id = one.delivery.contact_id if one.delivery else None
    return read(bytes(one.message), recipient=one.recipient, pk=one.pk, contact_id=contact_id or 0)
