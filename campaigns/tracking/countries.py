"""The country of an address, from a file on this machine; nobody is asked. Without a file, nothing is known.

    of("198.51.100.7")     # → "FR", or "" when the file does not know or none is set

Only a person's own hit with her consent gets one: a proxy's or a scanner's country is where its machines stand.
"""

from __future__ import annotations

import logging
import os
import time
from functools import lru_cache

import maxminddb
from django.conf import settings

logger = logging.getLogger(__name__)
LOOK_EVERY = 60.0  # seconds; the file is renewed every few weeks while the ingest runs on


class _File:
    def __init__(self) -> None:
        self.path, self.changed_at, self.looked_at = "", 0.0, float("-inf")
        self.reader: maxminddb.Reader | None = None

    def look(self) -> None:
        """Open the file when it is another than before."""
        path = settings.COUNTRY_DATABASE
        if path == self.path and time.monotonic() - self.looked_at < LOOK_EVERY:
            return
        self.looked_at = time.monotonic()
        try:
            changed_at = os.stat(path).st_mtime if path else 0.0
            if (path, changed_at) == (self.path, self.changed_at):
                return
            self.path, self.changed_at = path, changed_at
            self.reader = maxminddb.open_database(path, maxminddb.MODE_AUTO) if path else None
        except (OSError, maxminddb.InvalidDatabaseError) as why:
            self.reader = None
            logger.warning("no country is noted: COUNTRY_DATABASE cannot be read: %s", why)
        _known.cache_clear()


_FILE = _File()


def of(address: str) -> str:
    """Return the two letters of ISO 3166 of the address's country, '' when unknown."""
    if not settings.COUNTRY_DATABASE:
        return ""
    _FILE.look()
    return _known(address)


@lru_cache(maxsize=4096)
def _known(address: str) -> str:
    if _FILE.reader is None:
        return ""
    try:
        found = _FILE.reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return ""
    country = found.get("country") if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else None
    return code[:2] if isinstance(code, str) else ""
