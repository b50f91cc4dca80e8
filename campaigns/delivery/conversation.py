"""One connection's talk with an SMTP server, without blocking: envelope, body, leave to send, dot, and the next
envelope behind it.

IDLE ──begin──▶ ENVELOPE ──354──▶ BODY ──all written──▶ READY ──finish(next)──▶ (dot out; next mail's ENVELOPE) …

RFC 2920 lets a message's end be the first of a group of commands, so with PIPELINING a mail costs one round trip.
Nothing here writes a dot by itself: `finish` does, and its caller has a committed intent.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections import deque
from enum import Enum

from campaigns.delivery.mail import Mail, Outcome
from campaigns.delivery.opening import Opened

# Seconds per phase. Source: RFC 5321 §4.5.3.2.
ENVELOPE, DATA, BODY, DOT = 300.0, 120.0, 180.0, 600.0
LIMITS = {"mail": ENVELOPE, "rcpt": ENVELOPE, "rset": ENVELOPE, "quit": ENVELOPE, "data": DATA, "dot": DOT}
LONGEST_REPLY = 65_536  # octets of one reply; a server that sends more is not one


class Phase(Enum):
    IDLE = "idle"
    ENVELOPE = "envelope"
    BODY = "body"
    READY = "ready"
    CLOSED = "closed"


class Broken(Exception):
    """The connection is of no more use; the message says why."""


class Conversation:
    """A connection and the mails on it: `current` is being handed over, `dotted` awaits the answer to its dot."""

    def __init__(self, opened: Opened, *, timeout: float = DOT) -> None:
        self.sock = opened.sock
        self.opened = opened
        self.timeout = timeout
        self.phase = Phase.IDLE
        self.current: Mail | None = None
        self.dotted: Mail | None = None
        self.answered = 0
        self.deadline = float("inf")
        self.is_writing = False
        self.is_watched_for_room = False  # what the selector was told; see smtp.Pool
        self.outcomes: list[Outcome] = []
        self._out: deque[memoryview] = deque()
        self._commands: deque[tuple[str, bytes]] = deque()
        self._awaited: deque[str] = deque()
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._refusal: tuple[int, str] | None = None
        self._needs_reset = False
        self._is_dot_out = False

    def begin(self, mail: Mail) -> None:
        """Offer a mail: its envelope goes out, the body follows the server's 354."""
        self.current, self._refusal, self.phase = mail, None, Phase.ENVELOPE
        size = b" SIZE=%d" % len(mail.message) if self.opened.size else b""
        if self._needs_reset:
            self._commands.append(("rset", b"RSET\r\n"))
            self._needs_reset = False
        self._commands.append(("mail", b"MAIL FROM:<%s>%s\r\n" % (mail.envelope_from.encode("ascii"), size)))
        self._commands.append(("rcpt", b"RCPT TO:<%s>\r\n" % mail.recipient.encode("ascii")))
        self._commands.append(("data", b"DATA\r\n"))
        self._push()

    def finish(self, following: Mail | None) -> None:
        """Write the dot of the mail that is READY, and the next one's envelope behind it. Its intent is committed."""
        self.dotted, self.current = self.current, None
        self.phase, self._is_dot_out = Phase.IDLE, False
        self._commands.append(("dot", b".\r\n"))
        if following is not None:
            self.begin(following)
        else:
            self._push()

    def _push(self) -> None:
        """Write as many commands as the server accepts unanswered: all with PIPELINING, else one."""
        group: list[bytes] = []
        while self._commands and (self.opened.pipelining or not (self._awaited or group)):
            kind, command = self._commands.popleft()
            group.append(command)
            self._awaited.append(kind)
            if len(group) == 1 and not self.opened.pipelining:
                break
        if group:
            self._out.append(memoryview(b"".join(group)))
            self._set_deadline()
            self.write()

    def _set_deadline(self) -> None:
        if self._awaited:
            limit = LIMITS[self._awaited[0]]
        elif self.phase is Phase.BODY:
            limit = BODY
        else:
            self.deadline = float("inf")
            return
        self.deadline = time.monotonic() + min(limit, self.timeout)

    def write(self) -> None:
        """Write what the socket takes now. Raises: Broken."""
        try:
            while self._out:
                piece = self._out[0]
                sent = self.sock.send(piece)
                self._is_dot_out = True
                if sent < len(piece):
                    self._out[0] = piece[sent:]
                else:
                    self._out.popleft()
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            self.is_writing = True
            self._is_dot_out = self._is_dot_out or isinstance(self.sock, ssl.SSLSocket)  # TLS may have sent a part
            return
        except OSError as why:
            raise Broken(f"{type(why).__name__} while writing") from why
        self.is_writing = False
        if self.phase is Phase.BODY:
            self.phase = Phase.READY
            self._set_deadline()

    def read(self) -> None:
        """Read what arrived and act on each whole reply. Raises: Broken."""
        while True:
            try:
                received = self.sock.recv(65_536)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as why:
                raise Broken(f"{type(why).__name__} while reading") from why
            if not received:
                raise Broken("connection closed by the relay")
            self._buffer += received
            self._take_lines()
            if not isinstance(self.sock, ssl.SSLSocket):
                return  # select tells when there is more; TLS may hold decrypted bytes that select does not see

    def _take_lines(self) -> None:
        *lines, rest = self._buffer.split(b"\n")
        if len(rest) > LONGEST_REPLY or len(self._lines) > 100:
            raise Broken("endless reply")
        self._buffer = bytearray(rest)
        for line in lines:
            text = line[:2_000].decode("utf-8", "replace").rstrip("\r")
            self._lines.append(text)
            if text[3:4] == "-":
                continue
            codes = {each[:3] for each in self._lines}
            reply, self._lines = " ".join(each[4:] for each in self._lines), []
            # Lines of one reply bear one code (RFC 5321 §4.2.1); what contradicts itself says nothing.
            self._on_reply(int(text[:3]) if len(codes) == 1 and text[:3].isdigit() else 0, reply)

    def _on_reply(self, code: int, text: str) -> None:
        if not self._awaited:
            raise Broken(f"{code} {text}" if code == 421 else "reply without a command")
        kind = self._awaited.popleft()
        if kind == "dot":
            self._on_dot(code, text)
        if code == 421 or not 200 <= code < 600:
            if kind in {"mail", "rcpt", "data"} and code == 421:
                self._refusal = self._refusal or (code, text)
            raise Broken(f"{code} {text}")
        if kind in {"mail", "rcpt"} and code >= 300:
            self._refusal = self._refusal or (code, text)
            if not self.opened.pipelining:
                self._commands.clear()
                self._refuse()
        elif kind == "data":
            self._on_data(code, text)
        elif kind in {"rset", "quit"} and code >= 300:
            raise Broken(f"{code} {text}")
        if self._commands:
            self._push()
        elif self._awaited:
            self._set_deadline()
        elif self.phase is Phase.IDLE:
            self.deadline = float("inf")

    def _on_dot(self, code: int, text: str) -> None:
        mail, self.dotted = self.dotted, None
        if mail is None:
            raise Broken("reply to a dot that was not sent")
        if code // 100 in {2, 4, 5}:
            self.answered += 1
            self.outcomes.append(Outcome(mail, code, text, is_dotted=True))
        else:  # no answer one can understand: the mail may be in
            self.outcomes.append(Outcome(mail, 0, text, is_dotted=True))

    def _on_data(self, code: int, text: str) -> None:
        if self._refusal is None and code == 354 and self.current is not None:
            self.phase = Phase.BODY
            self._out.append(memoryview(self.current.message))
            self._set_deadline()
            self.write()
            return
        if self._refusal is None and code < 400 and code != 354:
            raise Broken(f"{code} to DATA")  # neither leave nor refusal: the replies are out of step
        if self._refusal is None:
            self._refusal = (code, text)
        self._refuse()
        self._set_deadline()
        if code == 354:
            # The server waits for a body though it refused the recipient. Only a dot or the end of the connection leave
            # DATA, and a dot is never written without an intent.
            raise Broken("354 after a refused recipient")

    def _refuse(self) -> None:
        code, text = self._refusal or (0, "")
        if self.current is not None:
            self.outcomes.append(Outcome(self.current, code, text))
            self.answered += 1
        self.current, self._refusal, self.phase, self._needs_reset = None, None, Phase.IDLE, True

    def abandon(self, why: str) -> list[Outcome]:
        """Close without another byte and return what is to be said about the mails on this connection."""
        with contextlib.suppress(OSError):
            self.sock.close()
        self.phase = Phase.CLOSED
        if self.dotted is not None:
            self.outcomes.append(Outcome(self.dotted, 0, why, is_dotted=self._is_dot_out))
        if self.current is not None:
            code, text = self._refusal or (0, why)
            self.outcomes.append(Outcome(self.current, code, text))
        self.current = self.dotted = None
        return self.collect()

    def collect(self) -> list[Outcome]:
        """Return the outcomes since the last call."""
        outcomes, self.outcomes = self.outcomes, []
        return outcomes

    def quit(self, wait: float = 1.0) -> None:
        """Say goodbye and close; an answer is awaited for `wait` seconds at most, and with 0 nothing is said."""
        with contextlib.suppress(OSError):
            if not wait:
                raise TimeoutError
            self.sock.settimeout(wait)
            self.sock.sendall(b"QUIT\r\n")
            self.sock.recv(512)
        with contextlib.suppress(OSError):
            self.sock.close()
        self.phase = Phase.CLOSED
