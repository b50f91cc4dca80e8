"""How text becomes bytes of a mail: quoted-printable runs and slots, RFC 2047 headers, addresses in ASCII.

Every run and slot starts at the beginning of a line and closes it with a soft break, so they join in any order;
no line starts with a dot (`=2E`), none is longer than 78, and every line ends with CRLF.
Source: RFC 2045 §6.7, RFC 2047, RFC 5322 §2.1.1, RFC 5890.
"""

from __future__ import annotations

import binascii
import re
from functools import lru_cache

import idna
from django.utils.translation import gettext as _

CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
BODY_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
SHORT = 60  # characters that may fit one line encoded
SOFT_BREAK = b"=\r\n"
WORD_BYTES = 39  # UTF-8 bytes of one encoded word: 52 of base64 + 12 of frame, short enough beside a header's name
LINE = 78


class Unsendable(ValueError):
    """A value of this one recipient cannot go into a mail; the sentence says which and why."""


def is_easy(text: str) -> bool:
    """Say whether a text is printable ASCII that stands for itself within one line. Faster than a pattern."""
    return (
        text.isascii() and text.isprintable() and "=" not in text and len(text) <= 72 and text[:1] not in {"", ".", "F"}
    )


def quoted(text: str) -> bytes:
    """Return text as quoted-printable lines, closed by a soft break unless it ends a line.

    Raises:  Unsendable for control characters and for halves of surrogate pairs.
    """
    if is_easy(text):
        return text.encode("ascii") + SOFT_BREAK
    if len(text) <= SHORT and text.isprintable():
        data = binascii.b2a_qp(text.encode())
        if b"\n" not in data and not data.startswith((b".", b"From ")):
            return data + SOFT_BREAK
    if not text:
        return b""
    if BODY_CONTROLS.search(text):
        raise Unsendable(_("A value holds a control character."))
    data = binascii.b2a_qp(_utf8(text.replace("\r\n", "\n").replace("\r", "\n")), istext=True)
    data = data.replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n=2E").replace(b"\r\nFrom ", b"\r\n=46rom ")
    if data.startswith((b".", b"From ")):
        data = b"=%02X" % data[0] + data[1:]
    return data if data.endswith(b"\r\n") else data + SOFT_BREAK


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Unsendable(_("A value holds half a character.")) from error


@lru_cache(maxsize=4096)
def header(name: str, value: str) -> bytes:
    """Return one unstructured header line, folded or encoded as needed, with its CRLF.

    Raises:  Unsendable for control characters: a line break there would let a value write headers.
    """
    refuse_controls(value)
    line = f"{name}: {value}"
    if value.isascii() and "=?" not in value and value == value.strip():
        if len(line) <= LINE:
            return line.encode() + b"\r\n"
        if all(len(word) < LINE for word in value.split(" ")):
            return b"\r\n ".join(_fold(line)) + b"\r\n"
    return f"{name}: ".encode() + b"\r\n ".join(encoded_words(value)) + b"\r\n"


def _fold(line: str) -> list[bytes]:
    lines, current = [], ""
    for word in re.findall(r" *[^ ]+", line):
        if current and len(current) + len(word) > LINE - 1:
            lines.append(current)
            current = word[1:]
        else:
            current += word
    return [part.encode() for part in (*lines, current)]


def encoded_words(text: str) -> list[bytes]:
    """Return text as RFC 2047 encoded words of whole characters, to be put one on a line.

    Each is separated from the next by a line break: `=?..?==?..?=` in a row is refused by Yahoo (554).
    """
    chunks, current = [], b""
    for character in text:
        raw = _utf8(character)
        if len(current) + len(raw) > WORD_BYTES:
            chunks.append(current)
            current = b""
        current += raw
    return [b"=?utf-8?B?" + binascii.b2a_base64(chunk, newline=False) + b"?=" for chunk in (*chunks, current)]


def refuse_controls(value: str) -> None:
    """Raise Unsendable when a value for a header holds a control character or a Unicode line break."""
    if CONTROLS.search(value):
        raise Unsendable(_("A value of the mail's header holds a line break or control character."))


def mailbox(name: str, address: str) -> bytes:
    """Return `Name <address>` for From and Reply-To, the name quoted or encoded as needed."""
    refuse_controls(name)
    bare = b"<" + ascii_address(address).encode() + b">"
    if not name:
        return bare
    if not name.isascii() or "=?" in name or len(name) > 60:
        return b"\r\n ".join((*encoded_words(name), bare))
    if ATOMS.fullmatch(name) and name == name.strip():
        return name.encode() + b" " + bare
    return b'"' + re.sub(r'([\\"])', r"\\\1", name).encode() + b'" ' + bare


@lru_cache(maxsize=4096)
def ascii_address(address: str) -> str:
    """Return an address with its domain in ASCII (IDNA 2008, UTS 46).

    Raises:  Unsendable for letters outside ASCII before the @, which few servers accept, and for what is no address.
    """
    local, at, domain = address.rpartition("@")
    if not local.isascii():
        raise Unsendable(_("The address has letters outside ASCII before the @."))
    if not at or len(local) > 64 or not LOCAL_PART.fullmatch(local):
        raise Unsendable(_("The address is not valid."))
    return f"{local}@{ascii_domain(domain)}"


@lru_cache(maxsize=1024)
def ascii_domain(domain: str) -> str:
    """Return a domain in its ASCII form, lower case. Raises: Unsendable when it is none."""
    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except idna.IDNAError as error:
        raise Unsendable(_("The domain of the address is not valid.")) from error
