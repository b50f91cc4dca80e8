"""The message on the wire: every header of a correct bulk mail of 2026, a text part, an HTML part, all of it ASCII.

Source: RFC 5322, 2045–2047, 2369 (List-*), 2919 (List-Id), 8058 (one-click), 3834; Gmail's Feedback-ID.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from campaigns.content.merge import INTERNAL
from campaigns.content.program import Program
from campaigns.content.quoted import ascii_address, ascii_domain, header, mailbox
from campaigns.content.recipients import Recipient
from campaigns.models import Campaign, Sender

if TYPE_CHECKING:
    from campaigns.content.compiled import CompiledEmail
    from contacts.models import Brand

# No quoted-printable text can hold "=_", so no body can hold the boundary.
BOUNDARY = b"=_fanfare_part"
PART = (
    b"--"
    + BOUNDARY
    + b"\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)
PLAIN_SUBJECT = re.compile(r"(?!.*=\?)[!-~]([ -~]{0,66}[!-~])?")  # as it stands on one line of 78
TEXT_PART, HTML_PART, END = PART % b"plain", b"\r\n" + PART % b"html", b"\r\n--" + BOUNDARY + b"--\r\n"


def head(campaign: Campaign, sender: Sender, brand: Brand) -> bytes:
    """Return the headers that are the same for the whole campaign."""
    lines = [b"From: " + mailbox(sender.from_name, sender.from_email) + b"\r\n"]
    if sender.reply_to:
        lines.append(b"Reply-To: " + mailbox("", sender.reply_to) + b"\r\n")
    if not campaign.is_service:
        lines.append(list_id(campaign, sender))
        # RFC 8058: this pair and no other; DKIM covers both headers.
        lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        lines.append(b"Precedence: bulk\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\n")
    else:
        lines.append(b"Auto-Submitted: auto-generated\r\n")
    lines.append(header("Feedback-ID", feedback_id(campaign, brand)))
    lines.append(b"MIME-Version: 1.0\r\n")
    lines.append(b'Content-Type: multipart/alternative;\r\n boundary="' + BOUNDARY + b'"\r\n')
    return b"".join(lines)


def list_id(campaign: Campaign, sender: Sender) -> bytes:
    """Return List-Id: stable per topic, in the sender's own domain, never encoded."""
    topic = campaign.topic
    slug = topic.slug if topic else "all"
    domain = ascii_domain(sender.domain)
    name = topic.name if topic and topic.name.isascii() and topic.name.isprintable() else ""
    words = re.sub(r'["\\]', "", name) if len(name) <= 40 else ""
    return (f'List-Id: "{words}"\r\n <{slug}.{domain}>\r\n' if words else f"List-Id: <{slug}.{domain}>\r\n").encode()


def feedback_id(campaign: Campaign, brand: Brand) -> str:
    """Return Gmail's four fields: campaign, topic, kind, sender; stable, opaque, nothing about the person."""
    opaque = hashlib.blake2b(f"{campaign.pk} {campaign.created_at.isoformat()}".encode(), digest_size=5).hexdigest()
    sender = (re.sub(r"[^a-z0-9]", "", brand.slug.lower()) + "fanfare")[:15]
    return f"{opaque}:{campaign.topic.slug if campaign.topic else 'none'}:{campaign.kind}:{sender}"


@lru_cache(maxsize=4)
def _date(second: int) -> bytes:
    return b"\r\nDate: " + formatdate(second).encode() + b"\r\nMessage-ID: <"


def parts(compiled: CompiledEmail) -> Program[bytes]:
    """Return both parts of the mail as one program, behind one place for the headers: a mail is joined once."""
    program: Program[bytes] = Program(b"".join)
    program.pieces += [b"", TEXT_PART]
    program.append(compiled.text)
    program.pieces.append(HTML_PART)
    program.append(compiled.html)
    program.pieces.append(END)
    return program


def message(compiled: CompiledEmail, recipient: Recipient, values: dict[str, Any]) -> bytes:
    """Return the whole message: CRLF line ends, quoted-printable, no line that starts with a dot or passes 998 octets.

    The Message-ID is made of the delivery's bounce token: the same on every retry, opaque, and ours to recognise.
    With a key for the sender's domain the mail is signed.
    Raises:  Unsendable when a value of this one recipient cannot stand in a mail.
    """
    pieces = compiled.parts.filled(values)
    pieces[0] = headers(compiled, recipient, values)
    return finished(compiled, pieces)


def messages(compiled: CompiledEmail, people: Sequence[Recipient], values: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the message of each, the same bytes as `message` makes, evaluated by the column.

    Raises:  Unsendable and whatever one person's values do, all before the first message: then make them one by one.
    """
    subjects = map("".join, compiled.subject.rows(values))
    fronts = [before(compiled, person, subject) for person, subject in zip(people, subjects, strict=True)]
    for pieces in rows(compiled, fronts, values):
        yield finished(compiled, pieces)


def rows(
    compiled: CompiledEmail, fronts: Sequence[bytes], values: Sequence[dict[str, Any]]
) -> Iterator[tuple[bytes, ...]]:
    """Yield the pieces of each, in order. Who did not agree to be measured shares the crowd's tokens: one run each."""
    crowd = compiled.crowd
    is_crowd = [own[INTERNAL]["open"] == crowd["open"] and own[INTERNAL]["click"] == crowd["click"] for own in values]
    kinds = []
    for kind, program in ((False, compiled.parts), (True, compiled.crowd_parts)):
        people = [own for own, one in zip(values, is_crowd, strict=True) if one is kind]
        begun = [front for front, one in zip(fronts, is_crowd, strict=True) if one is kind]
        heads = (front + behind(compiled, own[INTERNAL]) for front, own in zip(begun, people, strict=True))
        kinds.append(program.rows(people, first=heads))
    for one in is_crowd:
        yield next(kinds[one])


def finished(compiled: CompiledEmail, pieces: Sequence[bytes]) -> bytes:
    """Return the pieces as one message, signed where its domain has a key."""
    if compiled.signer is None:
        return b"".join(pieces)
    body = b"".join(pieces[1:])
    return b"".join((compiled.signer.signature(pieces[0], body), pieces[0], body))


def headers(compiled: CompiledEmail, recipient: Recipient, values: dict[str, Any]) -> bytes:
    """Return the message's headers and the empty line behind them."""
    return before(compiled, recipient, compiled.subject(values)) + behind(compiled, values[INTERNAL])


def before(compiled: CompiledEmail, recipient: Recipient, subject: str) -> bytes:
    """Return the headers up to the subject, whose line end the date brings."""
    return b"%sTo: <%s>\r\n%s" % (compiled.head, ascii_address(recipient.email).encode(), subject_line(subject))


def behind(compiled: CompiledEmail, tokens: dict[str, str]) -> bytes:
    """Return the headers that time and tokens make, and the empty line."""
    leave = tokens.get("unsubscribe")
    # Never folded inside the brackets nor encoded: Gmail would show no button.
    ending = f"List-Unsubscribe: <{leave}>\r\n\r\n" if leave else "\r\n"
    return b"%s%s%s%s" % (_date(int(time.time())), tokens["bounce"].encode(), compiled.tail, ending.encode())


def subject_line(subject: str) -> bytes:
    """Return the Subject header without its line end; its own path for the plain short ones, nearly all of them."""
    if PLAIN_SUBJECT.fullmatch(subject):
        return b"Subject: " + subject.encode()
    return header("Subject", subject.strip(" "))[:-2]
