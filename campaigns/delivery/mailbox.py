"""The bounce mailbox, read by IMAP: each returned mail once, what was understood deleted, the rest left with a flag.

read_all()     # → Counter(bounce=31, complaint=2, auto_reply=4, unknown=1)

`BOUNCE_MAILBOX=imaps://user:password@imap.example.com/INBOX`; reading twice, or after a crash, changes nothing twice.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from campaigns.delivery import bounces, returned

logger = logging.getLogger(__name__)
TIMEOUT = 60.0  # seconds
STEP = 500  # mails a visit; the next visit takes the next
PORTS = {"imaps": 993, "imap+starttls": 143, "imap": 143}
UNDERSTOOD = {"bounce", "complaint", "delay", "relayed", "auto_reply"}


class MailboxAway(Exception):
    """The mailbox cannot be read now; the message says why, without its password."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where the returned mails lie. `tls`: imaps, imap+starttls, or imap for a server on this machine."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    ca_file: str = ""


def described(url: str) -> Mailbox:
    """Return the mailbox that a URL names.

    Raises:  ImproperlyConfigured without showing the password.
    """
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in PORTS or not parts.hostname or not parts.username:
        raise ImproperlyConfigured("Unexpected value in BOUNCE_MAILBOX, use imaps://user:password@host/INBOX")
    return Mailbox(
        parts.scheme,
        parts.hostname,
        port or PORTS[parts.scheme],
        unquote(parts.username),
        unquote(parts.password or ""),
        unquote(parts.path.strip("/")) or "INBOX",
    )


def read_all(mailbox: Mailbox | None = None) -> Counter[str]:
    """Take every unread mail of the mailbox and return how many there were of each kind.

    Writes:  as `bounces.take`; in the mailbox: understood mails deleted, others seen and flagged for a person.
    Raises:  MailboxAway.
    """
    seen: Counter[str] = Counter()
    with opened(mailbox or described(settings.BOUNCE_MAILBOX)) as line:
        for uid in unread(line)[:STEP]:
            kind = bounces.take(fetched(line, uid))
            flags = r"(\Seen \Deleted)" if kind in UNDERSTOOD else r"(\Seen \Flagged)"
            line.uid("STORE", uid, "+FLAGS", flags)
            seen[kind] += 1
        line.expunge()
    if seen:
        logger.info("bounce mailbox %s", " ".join(f"{kind}={n}" for kind, n in sorted(seen.items())))
    return seen


@contextmanager
def opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    """Connect, secure, sign in, choose the folder; sign out at the end."""
    line: imaplib.IMAP4 | None = None
    try:
        line = connected(mailbox)
        line.login(mailbox.user, mailbox.password)
        answer, _told = line.select(quoted(mailbox.folder))
        if answer != "OK":
            raise MailboxAway(f"There is no folder {mailbox.folder} in the bounce mailbox.")
        yield line
    except (imaplib.IMAP4.error, OSError) as why:
        raise MailboxAway(f"The bounce mailbox at {mailbox.host} does not answer: {type(why).__name__}.") from why
    finally:
        if line is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                line.logout()


def connected(mailbox: Mailbox) -> imaplib.IMAP4:
    trust = ssl.create_default_context(cafile=mailbox.ca_file or None)
    if mailbox.scheme == "imaps":
        return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=trust, timeout=TIMEOUT)
    line = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    if mailbox.scheme == "imap+starttls":
        line.starttls(trust)
    return line


def quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unread(line: imaplib.IMAP4) -> list[str]:
    """Return the ids of mails that nobody has taken yet."""
    _answer, found = line.uid("SEARCH", "UNSEEN UNDELETED")
    return found[0].decode("ascii").split() if found and found[0] else []


def fetched(line: imaplib.IMAP4, uid: str) -> bytes:
    """Return the mail's first octets: as many as are ever looked at, so that a huge one costs nothing."""
    _answer, found = line.uid("FETCH", uid, f"(BODY.PEEK[]<0.{returned.MOST}>)")
    return next((part[1] for part in found if isinstance(part, tuple)), b"")
