"""What came back to an envelope sender, read: a bounce, a complaint, an automatic answer, a delay, or nothing we know.

read(raw).kind                      # → "bounce"
read(raw, "b+5a3f…@bounce.brand.example").delivery   # → Token(campaign_id=7, delivery_id=42, purpose=BOUNCE)

The mail is matched by the token of the envelope sender or of our Message-ID, never by an address anybody can write.
Source: RFC 3464 (delivery status), RFC 5965 (feedback), RFC 3834 (automatic answers), and what servers really send.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from campaigns.delivery import replies
from campaigns.delivery.phrases import AUTO_SUBJECT, FULL, RETURNED_SUBJECT, UNKNOWN
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose, Token

MOST = 262_144  # octets looked at: reports come first, the returned mail behind them may be large
DEEPEST = 8  # mails within mails
ADDRESSED = re.compile(r"\bb\+([0-9a-f]{32})@", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@", re.IGNORECASE)
CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ \-](?:[45]\.\d{1,3}\.\d{1,3}|[A-Za-z<#(]))")
MAILERS = re.compile(r"mailer-?daemon|postmaster|mail-?delivery|bounce", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail says. `kind`: bounce, complaint, delay, auto_reply, relayed or unknown; `code` and `text` as an SMTP
    reply would give them.
    """

    kind: str
    delivery: Token | None
    code: int = 0
    text: str = ""


def read(raw: bytes, envelope: str = "") -> Report:
    """Return what a returned mail says; `envelope` is the address that it was delivered to, where that is known.

    Never raises: what cannot be read is "unknown".
    """
    raw = raw[:MOST].replace(b"\0", b"")
    try:
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        parts = list(walk(message))
        kind, code, text = judged(message, parts)
        return Report(kind, token(message, parts, envelope, raw), code, text[:300])
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Report("unknown", None)


def judged(message: Message, parts: list[Message]) -> tuple[str, int, str]:
    """Return kind, code and words, the most certain sign first."""
    if (feedback := first(parts, "message/feedback-report")) is not None:
        kind = (fields(feedback).get("feedback-type") or "abuse").lower()
        return ("relayed" if kind == "not-spam" else "complaint"), 0, f"feedback: {kind}"
    if (status := first(parts, "message/delivery-status")) is not None and (said := from_status(status)):
        return said
    if is_automatic(message):
        return "auto_reply", 0, ""
    return from_words(message, parts)


def walk(message: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the mail and its parts, those of a mail within it too, to a depth nobody needs."""
    yield message
    if depth < DEEPEST and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from walk(part, depth + 1)


def first(parts: list[Message], content_type: str) -> Message | None:
    return next((part for part in parts if part.get_content_type() == content_type), None)


def fields(part: Message) -> dict[str, str]:
    """Return the fields of a report part, lower case, the last recipient's where they are given several times."""
    found: dict[str, str] = {}
    blocks = part.get_payload() if part.is_multipart() else None
    if isinstance(blocks, list):
        for block in blocks:
            found |= {name.lower(): unfolded(value) for name, value in getattr(block, "items", dict)()}
    text = words(part)
    for line in re.sub(r"\r?\n[ \t]+", " ", text).splitlines():
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[A-Za-z-]+", name):
            found.setdefault(name.lower(), value.strip())
    return found


def from_status(part: Message) -> tuple[str, int, str] | None:
    """Return what a delivery-status part says, None when it is empty or cut before it said anything."""
    said = fields(part)
    status = replies.enhanced(said.get("status", ""))
    diagnostic = re.sub(r"^\s*[\w.-]+\s*;\s*", "", said.get("diagnostic-code", ""))
    action = said.get("action", "").split()[0:1]
    if action == ["delayed"]:
        return "delay", 0, diagnostic
    if action and action[0].lower() in {"delivered", "relayed", "expanded"}:
        return "relayed", 0, diagnostic
    if not status and not diagnostic:
        return None
    # RFC 3463 has codes that say nothing (5.0.0); the receiver's own words then say more.
    inner = replies.enhanced(diagnostic)
    status = inner if inner and (not status or status.endswith(".0.0")) else status
    return "bounce", code_of(status, diagnostic), f"{status} {diagnostic}".strip()


def code_of(status: str, text: str) -> int:
    """Return the three digits of the reply in a diagnostic, else one that stands for the status."""
    if found := CODE.search(text):
        return int(found.group(1))
    if status.startswith("4"):
        return 450
    return 552 if status == "5.2.2" else 550


def from_words(message: Message, parts: list[Message]) -> tuple[str, int, str]:
    """Judge a mail without a report by its words: what many servers, and most old ones, still send."""
    text = " ".join(words(part) for part in parts if part.get_content_maintype() == "text")[:20_000]
    title = subject(message)
    is_return = bool(RETURNED_SUBJECT.search(title)) or bool(MAILERS.search(message.get("From", "")))
    if not is_return and message.get("Return-Path", "").strip() != "<>":
        return "unknown", 0, ""
    status, code = replies.enhanced_anywhere(text), CODE.search(text)
    if FULL.search(text):
        return "bounce", 552, f"{status or '5.2.2'} mailbox full"
    if status or code:
        number = int(code.group(1)) if code else code_of(status, "")
        near = text[max(0, code.start()) :][:200] if code else status
        if status and status not in near:
            near = f"{status} {near}"
        return ("delay" if number < 500 and "delayed" in title.lower() else "bounce"), number, " ".join(near.split())
    if UNKNOWN.search(text) or UNKNOWN.search(title):
        return "bounce", 550, "5.1.1 user unknown"
    return "unknown", 0, ""


def is_automatic(message: Message) -> bool:
    """Say whether a person's machine answered: she is away, or a ticket was opened."""
    if message.get_content_type() == "multipart/report":
        return False  # a report, even one that says it is an automatic answer: RFC 3834 §2 excludes them
    submitted = message.get("Auto-Submitted", "").split(";")[0].strip().lower()
    if submitted == "auto-replied" or any(message.get(name) for name in ("X-Autoreply", "X-Autorespond")):
        return True
    if message.get("Precedence", "").strip().lower() == "auto_reply":
        return True
    return bool(AUTO_SUBJECT.search(subject(message))) and not MAILERS.search(message.get("From", ""))


def token(message: Message, parts: list[Message], envelope: str, raw: bytes) -> Token | None:
    """Return our own mail that this is about: by the address it came to, else by the mail that it returns."""
    addressed = [envelope, *(str(message.get(name, "")) for name in ("Delivered-To", "X-Original-To", "Envelope-To"))]
    addressed += [str(each) for each in message.get_all("To", [])]
    inner = [str(part.get(name, "")) for part in parts[1:] for name in ("Return-Path", "Message-ID")]
    places = [*addressed, *inner, raw.decode("ascii", "replace")]
    for text in places:
        for found in (*ADDRESSED.findall(text), *MESSAGE_ID.findall(text)):
            if (known := tokens.read(found.lower(), Purpose.BOUNCE)) is not None:
                return known
    return None


def words(part: Message) -> str:
    """Return a part's text, whatever its encoding claims to be."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        text = payload.decode(charset, "replace")
    except LookupError:
        text = payload.decode("utf-8", "replace")
    return re.sub(r"<[^<>@]{1,300}>", " ", text) if part.get_content_type() == "text/html" else text


def subject(message: Message) -> str:
    """Return the subject's words, as they stand where they are wrongly encoded or not encoded at all."""
    written = next((str(value) for name, value in message.raw_items() if name.lower() == "subject"), "")
    plain = written.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(plain)))
    except (LookupError, ValueError, MessageError):
        return plain


def unfolded(value: object) -> str:
    return " ".join(str(value).split())
