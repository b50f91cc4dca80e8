"""An SMTP server for tests: keeps every mail, writes Message-IDs to disk before it says 250, and misbehaves by script.

with Sink(script=lambda phase, n, line: "450 later" if phase == "rcpt" and n == 1 else None) as sink:
    …                       # sink.port
sink.messages               # → [b"From: …", …]

A script is asked at each phase (greeting, ehlo, mail, rcpt, data, body, dot; n counts from 1 over all connections)
and answers a
reply, or DROP, HANG, DRIP, or None for the usual one.
"""

import contextlib
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

DROP, HANG, DRIP, TAKE_AND_DROP = "<drop>", "<hang>", "<drip>", "<take and drop>"
Script = Callable[[str, int, str], str | None]


class Hangup(Exception):
    pass


class Sink:
    def __init__(
        self,
        script: Script | None = None,
        *,
        features: tuple[str, ...] = ("PIPELINING", "SIZE 1000000"),
        journal: Path | None = None,
    ):
        self.script = script or (lambda phase, n, line: None)
        self.features = features
        self.journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if journal else None
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.commands: list[str] = []
        self.seen: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(None)  # whatever a library made the default
        self.port = self.listener.getsockname()[1]

    def __enter__(self) -> "Sink":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.closing.set()
        self.listener.close()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        self.seen["connection"] += 1
        lines = sock.makefile("rb")
        try:
            self._talk(sock, lines)
        except (Hangup, OSError, ValueError):
            pass
        finally:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            lines.close()
            sock.close()

    def _answer(self, sock, phase: str, line: str, usual: str) -> bool:
        """Answer by script or as usual; say whether that was a yes."""
        with self.lock:
            self.seen[phase] += 1
            n = self.seen[phase]
        reply = self.script(phase, n, line) or usual
        if reply == DROP:
            raise Hangup
        if reply == HANG:
            self.closing.wait(60)
            raise Hangup
        if reply == DRIP:
            for byte in (usual + "\r\n").encode() * 100:
                sock.sendall(bytes([byte]) if byte not in b"\r\n" else b"-")
                time.sleep(0.05)
            raise Hangup
        sock.sendall(reply.encode() + b"\r\n")
        if reply.startswith("421"):
            raise Hangup
        return reply[0] in "23"

    def _talk(self, sock, lines) -> None:
        if not self._answer(sock, "greeting", "", "220 sink"):
            raise Hangup
        recipient = ""
        while line := lines.readline(100_000):
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self.commands.append(text)
            verb = text[:4].upper()
            if verb == "EHLO":
                words = ["sink", *self.features]
                usual = "\r\n".join(f"250{'-' if word != words[-1] else ' '}{word}" for word in words)
                self._answer(sock, "ehlo", text, usual)
            elif verb == "MAIL":
                self._answer(sock, "mail", text, "250 ok")
                recipient = ""
            elif verb == "RCPT":
                if self._answer(sock, "rcpt", text, "250 ok"):
                    recipient = text[text.index("<") + 1 : text.index(">")]
            elif verb == "DATA":
                if not recipient:
                    sock.sendall(b"503 5.5.1 no valid recipient\r\n")
                elif self._answer(sock, "data", text, "354 go on"):
                    self._body(sock, lines, recipient)
                    recipient = ""
            elif verb == "QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 ok\r\n")
                recipient = ""

    def _body(self, sock, lines, recipient: str) -> None:
        if self.script("body", self.seen["body"] + 1, recipient) == DROP:
            self.seen["body"] += 1
            lines.readline()
            raise Hangup
        self.seen["body"] += 1
        body = []
        while (line := lines.readline()) != b".\r\n":
            if not line:
                raise Hangup
            body.append(line)
        with self.lock:
            n = self.seen["dot"] + 1
        planned = self.script("dot", n, recipient)
        if planned in {TAKE_AND_DROP, HANG} or planned is None or planned.startswith("250"):
            self._keep(b"".join(body), recipient)
        if planned == TAKE_AND_DROP:
            self.seen["dot"] += 1
            raise Hangup
        self._answer(sock, "dot", recipient, f"250 2.0.0 taken {len(self.messages)}")

    def _keep(self, message: bytes, recipient: str) -> None:
        with self.lock:
            self.messages.append(message)
            self.recipients.append(recipient)
            if self.journal is not None:
                os.write(self.journal, recipient.encode() + b"\n")
                os.fsync(self.journal)
