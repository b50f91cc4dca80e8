"""Where links lead, per node in `var/links.sqlite`: clicks find their way with the database down and after a restart.

    put([link])                                  # at commit of a new or changed link, and by every node's ingest
    Targets(path).get("c:7:3")                   # → "https://shop.example/sale", or None: ask Django

The file is a cache: it may be deleted at any time. Targets with merge tags are not in it, Django answers those.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.encoding import iri_to_uri

from campaigns.models import Link
from campaigns.tracking import references

FRESH_FOR = 1.0  # seconds a process believes its own memory; then it looks into the file again (some microseconds)
MEMORY = 50_000  # targets a process keeps; a link is about 150 bytes
TABLE = "CREATE TABLE IF NOT EXISTS place (key TEXT PRIMARY KEY, url TEXT NOT NULL, expires REAL) WITHOUT ROWID"


def path() -> Path:
    """Return the place of this node's file."""
    return Path(settings.VAR_DIR) / "links.sqlite"


def keys(link: Link) -> list[str]:
    """Return the names by which the front asks for the link: `c:<campaign>:<number>`, `t:<TOKEN>`."""
    numbered = [f"c:{link.campaign_id}:{link.number}"] if link.campaign_id and link.number is not None else []
    return numbered + ([f"t:{link.token}"] if link.token else [])


def is_plain(target: str) -> bool:
    """Say whether the front may redirect there by itself: a web address without merge tags."""
    is_address = target.startswith(("https://", "http://")) and not any(c in target for c in "\r\n\0")
    return is_address and "{{" not in target and "{%" not in target


def put(links: Iterable[Link]) -> int:
    """Write the targets of these links into the node's file, drop those Django must answer; return how many links.

    A target on our own shop keeps slots for the visit's reference and the brand's parameters.
    """
    told = references.hosts()
    known: list[tuple[str, str, float | None]] = []
    dropped: list[tuple[str]] = []
    count = 0
    for link in links:
        count += 1
        expires = link.expires_at.timestamp() if link.expires_at else None
        for key in keys(link):
            if is_plain(link.target):
                known.append((key, placed(link, link.target, told), expires))
            else:
                dropped.append((key,))
    if count:
        with contextlib.closing(_open(path())) as file, file:
            file.executemany("INSERT OR REPLACE INTO place VALUES (?, ?, ?)", known)
            file.executemany("DELETE FROM place WHERE key = ?", dropped)
    return count


def placed(link: Link, target: str, told: dict[str, str]) -> str:
    """Return the link's target with its slots for what the shop is told."""
    campaign = link.campaign.name if link.campaign and any(told.values()) else ""
    return references.place(iri_to_uri(target), told, campaign=campaign, is_scan=link.kind == Link.Kind.QR)


def clear() -> None:
    """Forget every target of this node."""
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path()}{suffix}")


class Targets:
    """One process's view of the file: a small memory over it. Safe between threads; never asks the database."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or path()
        self.lock = threading.Lock()
        self.forget()
        os.register_at_fork(after_in_child=self.forget)  # SQLite connections must not cross a fork

    def forget(self) -> None:
        """Start anew, as a process that was just forked must."""
        self.lock = threading.Lock()
        self.memory: dict[str, tuple[str | None, float]] = {}
        self.connection: sqlite3.Connection | None = None

    def get(self, key: str) -> str | None:
        """Return the target, or None when it is not known here, has merge tags or is expired."""
        remembered = self.memory.get(key)
        now = time.monotonic()
        if remembered is not None and remembered[1] > now:
            return remembered[0]
        target = self._read(key)
        if len(self.memory) >= MEMORY:
            self.memory = {}
        self.memory[key] = (target, now + FRESH_FOR)
        return target

    def _read(self, key: str) -> str | None:
        with self.lock:
            try:
                if self.connection is None:
                    if not self.file.exists():
                        return None
                    self.connection = _open(self.file)
                row = self.connection.execute("SELECT url, expires FROM place WHERE key = ?", (key,)).fetchone()
            except sqlite3.Error:  # damaged or deleted under us: a cache may be; Django knows the target
                self.connection = None
                return None
        if row is None or (row[1] is not None and row[1] < time.time()):
            return None
        return str(row[0])


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=5, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(TABLE)
    return connection
