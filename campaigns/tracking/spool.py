"""The spool: each web process appends its hits to a file of its own, one write per hit, before it answers.

    spool = Spool(folder)
    spool.append(line("c", token, 3, flags="", environ=environ))     # in the file when this returns, or OSError

A file is named only once its lock is held, and the lock is held until the process ends, however it ends. So whoever
gets the lock of a file knows that nobody writes to it any more. What a killed process wrote is there: the kernel
has it.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings

SUFFIX = ".spool"
ROTATE_AT = 64 * 1024 * 1024  # bytes; a file that is read can then be deleted, also under steady load
LONGEST = 4000  # bytes; an append below one page is atomic among processes on every file system we know
now = time.time_ns
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def folder() -> Path:
    """Return where this node's spool files lie."""
    return Path(settings.VAR_DIR) / "spool"


def alarm() -> str:
    """Return a sentence when the disk of VAR_DIR has less room than DISK_ALARM_MB, '' while there is enough."""
    free = shutil.disk_usage(settings.VAR_DIR).free // 1_000_000
    if free >= settings.DISK_ALARM_MB:
        return ""
    return f"the disk of {settings.VAR_DIR} has {free} MB left; when it is full, opens and clicks are not stored"


def line(kind: str, token: str, number: int, flags: str, environ: dict[str, Any]) -> bytes:
    """Return one hit as a line: time in ns, kind, token, number, flags, address, browser, referrer, language."""
    get = environ.get
    agent, referer = get("HTTP_USER_AGENT", "")[:400], get("HTTP_REFERER", "")[:200]
    language = get("HTTP_ACCEPT_LANGUAGE", "")[:35]
    if not f"{agent}{referer}{language}".isprintable():
        # a visitor's own tab or line break must not make a column or a line
        agent, referer, language = (CONTROL.sub(" ", said) for said in (agent, referer, language))
    return (
        f"{now()}\t{kind}\t{token}\t{number}\t{flags}\t{get('REMOTE_ADDR', '')}\t{agent}\t{referer}\t{language}\n"
    ).encode("latin-1", "replace")


class Spool:
    """This process's file in the folder, opened at its first hit and anew after a fork. Safe between threads."""

    def __init__(self, where: Path | None = None, rotate_at: int = ROTATE_AT) -> None:
        self.where = where or folder()
        self.rotate_at = rotate_at
        self.reset()
        os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """Forget the file: it belongs to the parent, and so does its lock."""
        self.descriptor = -1
        self.written = 0
        self.lock = threading.Lock()

    def append(self, record: bytes) -> None:
        """Put the line into the file.

        Raises:  OSError when the disk takes no more; then the hit is not stored and must not be acknowledged.
        """
        if self.descriptor < 0 or self.written >= self.rotate_at:
            self._rotate()
        size = len(record)
        if os.write(self.descriptor, record) != size:
            self._rotate(force=True)  # half a line is in the old file: the ingest counts it as torn
            if os.write(self.descriptor, record) != size:
                raise OSError("The spool took half a line twice; free some disk space.")
        self.written += size

    def _rotate(self, *, force: bool = False) -> None:
        with self.lock:
            if self.descriptor >= 0 and self.written < self.rotate_at and not force:
                return  # another thread was first
            fresh = self._create()
            if self.descriptor < 0:
                self.descriptor = fresh
            else:
                # The number stays, so a thread in the middle of a write meets the old file or the new, never none.
                os.dup2(fresh, self.descriptor, inheritable=False)
                os.close(fresh)
            self.written = 0

    def _create(self) -> int:
        """Return the descriptor of a new file that is locked before anybody can see it."""
        self.where.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}-{os.getpid()}-{secrets.token_hex(4)}"
        hidden, final = self.where / f".{name}", self.where / f"{name}{SUFFIX}"
        descriptor = os.open(hidden, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(hidden, final)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def close(self) -> None:
        """Let the file go: the ingest may delete it once read."""
        with self.lock:
            if self.descriptor >= 0:
                os.close(self.descriptor)
            self.descriptor = -1


def is_abandoned(path: Path) -> bool:
    """Say whether nobody writes to the file any more: its lock is free."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
