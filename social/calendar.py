"""An offer's last day as an entry for a calendar, with a reminder two days before.

ics(offer, "fr", url="https://…", end=…)     # → bytes of text/calendar. Source: RFC 5545.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from social.models import Offer
from social.offers.value import title_of

REMIND = timedelta(days=2)


def ics(offer: Offer, language: str, *, url: str, uid: str, end: datetime) -> bytes:
    """Return one entry on the offer's last day (of the site's zone), all day, which takes no time of hers."""
    last = timezone.localtime(end - timedelta(minutes=1)).date()
    with translation.override(language):
        words = {"title": title_of(offer, language), "brand": offer.brand.name}
        summary = _("Last day: %(title)s – %(brand)s") % words
        places = [place.name for place in offer.places.filter(archived_at__isnull=True)]
        lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Fanfare//Offers//EN", "METHOD:PUBLISH", "BEGIN:VEVENT",
            f"UID:{uid}", f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{last:%Y%m%d}", f"DTEND;VALUE=DATE:{last + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{escape(summary)}",
            *([f"LOCATION:{escape(', '.join(places))}"] if places else []),
            f"DESCRIPTION:{escape(url)}", f"URL:{url}", "TRANSP:TRANSPARENT",
            "BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escape(summary)}",
            f"TRIGGER:-P{REMIND.days}D", "END:VALARM", "END:VEVENT", "END:VCALENDAR",
        ]  # fmt: skip
    return b"".join(fold(line) for line in lines)


def escape(text: str) -> str:
    """Return a text as a value of RFC 5545 §3.3.11: backslash, semicolon, comma, line breaks."""
    text = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """Return a line of at most 75 bytes a row, characters whole, ended by CRLF. Source: RFC 5545 §3.1."""
    rows, row = [], b""
    for letter in line:
        piece = letter.encode()
        if len(row) + len(piece) > 75:
            rows.append(row)
            row = b" "
        row += piece
    return b"\r\n".join([*rows, row]) + b"\r\n"
