"""How a report says numbers: in the reader's language, each rate with its n and its doubt.

number(12480)                   # → "12,480"
rate(Rate(387, 12480))          # → "3.1 % (387 of 12,480; 2.8–3.4 %)"
rate(Rate(2, 7))                # → "2 of 7: too few to say a rate"
"""

from __future__ import annotations

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.reports.shapes import Counted, Money, Rate, Value
from contacts.money import money as written


def number(n: int) -> str:
    """Return a whole number as the reader's language groups it."""
    return number_format(n, force_grouping=True)


def percent(fraction: float) -> str:
    """Return a fraction as per cent with one decimal, without the sign."""
    return number_format(round(fraction * 100, 1), decimal_pos=1)


def rate(value: Rate, *, short: bool = False) -> str:
    """Return a rate with n and interval; with few people asked, the people and no rate."""
    of = {"n": number(value.n), "of": number(value.of)}
    if value.value is None:
        return _("nobody to count")
    if value.says_little:
        return _("%(n)s of %(of)s: too few to say a rate") % of
    span = {"rate": percent(value.value), "low": percent(value.low), "high": percent(value.high), **of}
    if short:
        return _whole(_("%(rate)s %% (%(low)s–%(high)s %%)") % span)
    return _whole(_("%(rate)s %% (%(n)s of %(of)s; %(low)s–%(high)s %%)") % span)


def _whole(text: str) -> str:
    """Keep a number and its sign on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def money(value: Money) -> str:
    """Return an amount with its currency, as the reader's language writes it."""
    return written(value.minor, value.currency, get_language() or "en")


def cell(value: Value) -> str:
    """Return any cell of a table as a person reads it."""
    if isinstance(value, Counted):
        return number(value.n)
    if isinstance(value, Rate):
        return rate(value, short=True)
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, bool) or value is None:
        return {None: "—", True: _("yes"), False: _("no")}[value]
    if isinstance(value, int):
        return number(value)
    if isinstance(value, float):
        return number_format(value, decimal_pos=1)
    return value if isinstance(value, str) else date_format(localtime(value), "SHORT_DATETIME_FORMAT")


def raw(value: Value) -> str:
    """Return a cell for a download: plain numbers, ISO times, and no text that a spreadsheet would run.

    Source:  OWASP, CSV injection: cells that begin with = + - @ tab or carriage return.
    """
    if isinstance(value, Counted):
        return str(value.n)
    if isinstance(value, Rate):
        return "" if value.value is None else f"{value.value:.6f}"
    if isinstance(value, Money):
        return f"{value.minor} {value.currency}"
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return value.isoformat()
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"} else value
