"""Times as a marketer says them: a day, an hour and the place whose clocks are meant.

moment("2026-05-01T18:00", "Europe/Paris")   # → 16:00 UTC
told(at)                                     # → 'Friday 1 May 2026 18:00 (Paris)'
"""

from __future__ import annotations

import zoneinfo
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.delivery import control

OFFERED = (  # west to east, a place for each clock that many people live by
    "Pacific/Honolulu", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York",
    "America/Guadeloupe", "America/Martinique", "America/Cayenne", "America/Sao_Paulo", "Atlantic/Azores", "UTC",
    "Europe/London", "Europe/Lisbon", "Africa/Casablanca", "Europe/Paris", "Europe/Brussels", "Europe/Zurich",
    "Europe/Berlin", "Europe/Madrid", "Europe/Rome", "Africa/Algiers", "Africa/Tunis", "Africa/Lagos", "Europe/Athens",
    "Africa/Johannesburg", "Europe/Istanbul", "Asia/Beirut", "Indian/Mayotte", "Asia/Dubai", "Indian/Reunion",
    "Asia/Kolkata", "Asia/Bangkok", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
    "Pacific/Noumea", "Pacific/Auckland", "Pacific/Tahiti",
)  # fmt: skip


def offered() -> list[tuple[str, str]]:
    """Return the zones to choose from as (name, words), the site's own first."""
    names = [settings.TIME_ZONE, *(name for name in OFFERED if name != settings.TIME_ZONE)]
    return [(name, place(name)) for name in names]


def place(name: str) -> str:
    """Return a zone as people call it: its town."""
    return name.rpartition("/")[2].replace("_", " ")


def moment(words: str, zone: str) -> datetime:
    """Return the moment that a form's day and time mean by a place's clocks; the site's when none is named.

    Raises:  control.Refused for what is no time, for a place that nobody knows, and for an hour that the clocks of that
             place leave out on that day.
    """
    try:
        clocks = zoneinfo.ZoneInfo(zone or settings.TIME_ZONE)
        local = datetime.fromisoformat(words).replace(tzinfo=clocks)
        there = local.astimezone(zoneinfo.ZoneInfo("UTC")).astimezone(clocks)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
        raise control.Refused(_("Choose a day and a time for the start.")) from None
    if there.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise control.Refused(_("The clocks go forward in that hour, so it does not exist. Choose another."))
    return local


def told(at: datetime) -> str:
    """Return a moment by the clocks of the place where it was said, with the site's beside when they differ."""
    here = timezone.localtime(at)
    words = date_format(here, "DATETIME_FORMAT")
    clocks = getattr(at.tzinfo, "key", "") or settings.TIME_ZONE
    if at.utcoffset() == here.utcoffset():
        return f"{words} ({place(settings.TIME_ZONE)})"
    there = date_format(at, "DATETIME_FORMAT")
    return f"{there} ({place(clocks)}), {words} ({place(settings.TIME_ZONE)})"
