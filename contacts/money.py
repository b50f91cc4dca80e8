"""Amounts: kept as minor units of one currency, written and read as people do.

money(1250, "EUR", "fr") → "12,50 €"; read_money("12,50", "EUR") → 1250
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision


def money(amount_minor: int, currency: str, language: str) -> str:
    """Return an amount as people of that language write it: €12.50, 12,50 €."""
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    return str(format_currency(amount, currency, locale=locale_of(language)))


def read_money(text: str, currency: str) -> int:
    """Return what a person typed as minor units: "12.50", "12,5", "1 234,00".

    Raises:  ValueError when it is no amount, negative, or finer than the currency's smallest unit.
    """
    cleaned = re.sub(r"[\s\u00a0\u202f'€$£]", "", text)
    whole, mark, part = _split(cleaned)
    precision = get_currency_precision(currency)
    if not re.fullmatch(r"[0-9]{1,12}", whole) or (mark and len(part) > max(precision, 1)):
        raise ValueError(text)
    try:
        amount = Decimal(f"{whole}.{part or 0}").scaleb(precision)
    except InvalidOperation as why:
        raise ValueError(text) from why
    if amount != amount.to_integral_value():
        raise ValueError(text)
    return int(amount)


def locale_of(language: str) -> Locale:
    """Return how a language writes numbers and dates; English for one that is not known."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _split(cleaned: str) -> tuple[str, str, str]:
    """Cut at the last comma or point with one to three digits behind it; the other mark groups thousands."""
    found = re.fullmatch(r"(?P<whole>[0-9.,]*?)(?P<mark>[.,])(?P<part>[0-9]{1,3})", cleaned)
    if not found:
        return cleaned, "", ""
    grouping = re.escape("," if found["mark"] == "." else ".")
    return re.sub(rf"{grouping}(?=[0-9]{{3}}(?:[^0-9]|$))", "", found["whole"]), found["mark"], found["part"]
