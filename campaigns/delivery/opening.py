"""Opening a connection to a relay: the standard library connects, secures and signs in; one deadline covers it all.

opened = open_connection(Access(host="mx.example.com", port=587, tls="starttls", username="u", password="…"))
opened.sock, opened.pipelining, opened.size_limit
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Seconds for greeting, TLS and sign-in together. RFC 5321 §4.5.3.2.1 would wait 300 for the greeting alone; a relay of
# one's own answers within one, and a turn in which nothing can be opened holds up the next campaign.
OPEN_DEADLINE = 30.0


class CannotOpen(Exception):
    """The relay cannot be used now; the message says why, without address or password."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a relay is reached. `tls`: "none", "starttls" or "implicit"; never falls back to clear text."""

    host: str
    port: int
    tls: str = "none"
    username: str = ""
    password: str = ""
    timeout: float = 600.0  # seconds; caps every phase
    ca_file: str = ""  # certificates to trust besides the system's, for a relay of one's own


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection ready for MAIL: its socket and what EHLO promised. `size_limit` in octets, 0 = none."""

    sock: socket.socket
    pipelining: bool
    size: bool
    size_limit: int


class Line(smtplib.SMTP):
    """smtplib's client, which can be cut from another thread and speaks TLS from the start when told to."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.wire: socket.socket | None = None
        self.is_cut = False
        super().__init__(timeout=access.timeout)
        self._host = access.host  # what starttls verifies; smtplib sets it only when its constructor connects

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire = plain.dup()  # the same connection: shutting it down wakes whoever reads, in TLS as well
        if self.access.tls == "implicit":
            return context(self.access).wrap_socket(plain, server_hostname=host)
        return plain

    def cut(self) -> None:
        self.is_cut = True
        if self.wire is not None:
            with contextlib.suppress(OSError):
                self.wire.shutdown(socket.SHUT_RDWR)


def context(access: Access) -> ssl.SSLContext:
    """Return TLS settings that verify the relay's name, TLS 1.2 or newer."""
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if access.ca_file:
        made.load_verify_locations(access.ca_file)
    return made


@contextlib.contextmanager
def deadline(line: Line, seconds: float) -> Iterator[None]:
    """Cut the line when the time is over. smtplib's own timeout starts anew with every byte a dripping server sends."""
    watch = threading.Timer(seconds, line.cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def open_connection(access: Access) -> Opened:
    """Connect, secure and sign in within OPEN_DEADLINE seconds.

    Raises:  CannotOpen with the phase and the reply.
    """
    line = Line(access)
    try:
        with deadline(line, min(access.timeout, OPEN_DEADLINE)):
            negotiate(line, access)
    except (smtplib.SMTPException, OSError) as why:
        close(line)
        raise CannotOpen("no answer in time" if line.is_cut else sentence(why)) from why
    sock = line.sock
    if sock is None or line.is_cut:
        close(line)
        raise CannotOpen("no answer in time")
    promised: dict[str, Any] = line.esmtp_features
    line.sock = line.file = None  # the socket is ours from here; the line must not close it
    if line.wire is not None:
        line.wire.close()
    sock.setblocking(False)
    limit = promised.get("size", "")
    return Opened(sock, "pipelining" in promised, "size" in promised, int(limit) if limit.isdigit() else 0)


def negotiate(line: Line, access: Access) -> None:
    """Speak until MAIL may follow."""
    code, greeting = line.connect(access.host, access.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, greeting)
    line.ehlo_or_helo_if_needed()
    if access.tls == "starttls":
        line.starttls(context=context(access))
        line.ehlo()
    if access.username:
        line.login(access.username, access.password)


def close(line: Line) -> None:
    """Let go of the sockets."""
    with contextlib.suppress(OSError):
        line.close()
    if line.wire is not None:
        line.wire.close()


def sentence(why: Exception) -> str:
    """Return the reason in a line: reply code and text, or the system's words."""
    if isinstance(why, smtplib.SMTPResponseException):
        text = why.smtp_error.decode("utf-8", "replace") if isinstance(why.smtp_error, bytes) else str(why.smtp_error)
        return f"{why.smtp_code} {text}"[:300]
    return f"{type(why).__name__}: {why}"[:300]
