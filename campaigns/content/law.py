"""French commercial law in a mail: the word “soldes” outside its weeks, prices that name an older price.

The rules and dates stand in law_fr.json, with their sources and the day they were looked at. When the dates run out the
check says so rather than guess.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.content.findings import Finding
from campaigns.models import Campaign, ContentBody

PARIS = ZoneInfo("Europe/Paris")
SALES = re.compile(r"\bsoldes?\b(?!\s+de\s+(?:vos\s+)?points)", re.IGNORECASE)
STRUCK = re.compile(r"<(?:s|del|strike)\b[^>]*>[^<]*\d[^<]*</", re.IGNORECASE)
LOWEST = re.compile(r"30\s+(?:derniers\s+)?jours|last\s+30\s+days|30\s+days", re.IGNORECASE)


@cache
def rules() -> dict[str, Any]:
    """Return the dated data file."""
    read: dict[str, Any] = json.loads((Path(__file__).parent / "law_fr.json").read_text(encoding="utf-8"))
    return read


def findings(campaign: Campaign, body: ContentBody) -> Iterator[Finding]:
    """Check one body against the day the campaign starts: its schedule, else today."""
    at = campaign.scheduled_at or timezone.now()
    words = _words(body)
    if body.language == "fr" and SALES.search(words):
        yield from _sales(at, body.language)
    yield from _reference_price(words, body.language)


def _words(body: ContentBody) -> str:
    if body.format != ContentBody.Format.BLOCKS:
        return "\n".join((body.subject, body.preheader, html.unescape(body.source)))
    texts = [str(value) for block in body.blocks for value in block.values() if isinstance(value, str)]
    return html.unescape("\n".join((body.subject, body.preheader, *texts)))


def sales_period(day: date) -> tuple[date, date] | None:
    """Return the legal weeks of sales that this day is in, None outside them."""
    periods = [(date.fromisoformat(start), date.fromisoformat(end)) for start, end in rules()["sales"]["periods"]]
    return next((period for period in periods if period[0] <= day <= period[1]), None)


def _sales(at: datetime, language: str) -> Iterator[Finding]:
    day = at.astimezone(PARIS).date()
    last = date.fromisoformat(rules()["sales"]["periods"][-1][1])
    if day > last:
        message = _("The dates of sales after %(day)s are not known here.") % {"day": date_format(last, "DATE_FORMAT")}
        yield Finding("warning", "law.sales_unknown", message, _("Look whether “soldes” is allowed then."), language)
    elif sales_period(day) is None:
        message = _("“Soldes” may be said only in the legal weeks (C. com. L310-3, L310-5); %(day)s is outside.")
        remedy = _("Say “offre” or “prix réduit”, or schedule the mail inside them.")
        named = {"day": date_format(day, "DATE_FORMAT")}
        yield Finding("error", "law.sales", message % named, remedy, language)


def _reference_price(words: str, language: str) -> Iterator[Finding]:
    named = any(word in words.lower() for word in rules()["reference_price"]["words"])
    if (named or STRUCK.search(words)) and not LOWEST.search(words):
        message = _("A price is compared with an older one, without the lowest of the last 30 days (L112-1-1).")
        remedy = _("Use the product block, which shows it, or write it beside.")
        yield Finding("error", "law.lowest_price", message, remedy, language)
