"""What SpamAssassin thinks of a mail, where its client `spamc` is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

SCORE = re.compile(rb"^\s*(-?\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)\s*$", re.MULTILINE)
TIMEOUT = 20  # seconds; spamd's own default is far longer


@dataclass(frozen=True, slots=True)
class Score:
    """Points, and from how many on a mail counts as spam."""

    points: float
    limit: float


def score(message: bytes) -> Score | None:
    """Return the score of a whole message; None without spamc, or when its daemon does not answer."""
    program = shutil.which("spamc")
    if program is None:
        return None
    try:
        told = subprocess.run([program, "-c"], input=message, capture_output=True, timeout=TIMEOUT, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = SCORE.search(told.stdout)
    if found is None or float(found[2]) == 0:  # spamc prints 0/0 when no daemon answers
        return None
    return Score(float(found[1]), float(found[2]))
