"""Read a spool file from where the database says that it was read to.

    chunk = read(path, offset=1200, most=500)     # → Chunk(lines=[(1200, b"…")], end=98800, torn=0)

Only whole lines are read. What follows the last line break is left for later while the file's writer lives; when its
lock is free, nobody will finish it: it is counted as torn and passed over, never guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.tracking.hits import Hit
from campaigns.tracking.spool import SUFFIX, is_abandoned
from campaigns.tracking.tokens import Codec, Purpose

READ_AT_ONCE = 1 << 20  # bytes; 2,000 lines are about 500 kB
PURPOSES = {
    "o": int(Purpose.OPEN),
    "c": int(Purpose.CLICK),
    "w": int(Purpose.WEB),
    "f": int(Purpose.OFFER),
    "p": int(Purpose.PREFERENCES),
}


@dataclass(frozen=True)
class Chunk:
    """Whole lines with the offset of each, the offset after the last, and how many torn lines were passed over."""

    lines: Sequence[tuple[int, bytes]]
    end: int
    torn: int = 0


def files(folder: Path) -> list[Path]:
    """Return the spool files of the folder, the oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def read(path: Path, offset: int, most: int) -> Chunk:
    """Return up to `most` whole lines that start at `offset`."""
    abandoned = is_abandoned(path)  # asked first: once the lock is free, what is read next is all there will be
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(READ_AT_ONCE)
    lines: list[tuple[int, bytes]] = []
    at = 0
    while len(lines) < most and (stop := data.find(b"\n", at)) >= 0:
        lines.append((offset + at, data[at:stop]))
        at = stop + 1
    if not lines and data and abandoned:
        return Chunk([], offset + len(data), torn=1)
    return Chunk(lines, offset + at)


def parse(name: str, offset: int, line: bytes, codec: Codec) -> Hit | None:
    """Return the line as a hit, or None when it is damaged; the token's MAC is checked again."""
    try:
        ns, kind, token, number, flags, ip, agent, referer, language = line.decode("utf-8", "replace").split("\t")
        at = dt.datetime.fromtimestamp(int(ns) / 1e9, dt.UTC)
        hit = Hit(kind, at, f"spool:{name}:{offset}", token, int(number), flags, ip, agent, referer, language)
    except (ValueError, OverflowError, OSError):
        return None
    purpose = PURPOSES.get(kind)
    if purpose is None:
        return hit if kind in {"v", "q"} else None
    raw = codec.verify(token, purpose)
    if raw is None:
        return None
    hit.campaign_id, hit.delivery_id = int.from_bytes(raw[1:4], "big"), int.from_bytes(raw[4:8], "big") or None
    return hit
