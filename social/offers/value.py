"""What an offer is worth, in words and in money.

headline(offer, "fr") → "20 % de réduction"; discount_minor(offer, 5_000) → 1_000
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from social.models import Offer, OfferText


def headline(offer: Offer, language: str) -> str:
    """Return the value in a few words: "20 % off", "€5.00 off", "A gift"; '' for free text, whose title says it."""
    with override(language):
        if offer.kind == Offer.Kind.PERCENT:
            return _("%(percent)s%% off") % {"percent": offer.percent}
        if offer.kind == Offer.Kind.AMOUNT:
            return _("%(amount)s off") % {"amount": money(offer.amount_minor or 0, offer.currency, language)}
        return _("A gift") if offer.kind == Offer.Kind.GIFT else ""


def beside(offer: Offer, title: str, language: str) -> str:
    """Return the headline to stand beside a title, '' when the title names the same number already."""
    value = headline(offer, language)
    number = re.search(r"[0-9]+", value)
    named = number is not None and re.search(rf"(?<![0-9]){number[0]}(?![0-9])", title) is not None
    return "" if named or value.casefold() in title.casefold() else value


def discount_minor(offer: Offer, order_minor: int | None) -> int | None:
    """Return the discount on an order of this amount, never more than the order; None when it cannot be told."""
    if offer.kind == Offer.Kind.AMOUNT and offer.amount_minor is not None:
        return offer.amount_minor if order_minor is None else min(offer.amount_minor, order_minor)
    if offer.kind == Offer.Kind.PERCENT and offer.percent is not None and order_minor is not None:
        return order_minor * offer.percent // 100
    return None


def cost_minor(offer: Offer, order_minor: int | None) -> int:
    """Return what one redemption takes from the budget: the cost the marketer set, else the discount, else 0."""
    return offer.cost_minor or discount_minor(offer, order_minor) or 0


def money(amount_minor: int, currency: str, language: str) -> str:
    """Return an amount as people of that language write it: €12.50, 12,50 €."""
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    return format_currency(amount, currency, locale=_locale(language))


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


def until(end: datetime, language: str) -> str:
    """Return the last moment people may count on: a day if it ends at midnight, else a day and a time (site's zone)."""
    local = timezone.localtime(end)
    with override(language):
        if (local.hour, local.minute) == (0, 0):
            return date_format(local - timedelta(seconds=1), "DATE_FORMAT")
        return date_format(local, "DATETIME_FORMAT")


def text_of(offer: Offer, language: str) -> OfferText | None:
    """Return the offer's words in a language, else in the brand's, else in any; None when it has none."""
    texts = {text.language: text for text in offer.texts.all()}
    for wanted in (language, offer.brand.default_language):
        if wanted in texts:
            return texts[wanted]
    return next(iter(texts.values()), None)


def title_of(offer: Offer, language: str) -> str:
    """Return the offer's title for people, or its internal name when nobody wrote one."""
    text = text_of(offer, language)
    return text.title if text else offer.name


def _split(cleaned: str) -> tuple[str, str, str]:
    """Cut at the last comma or point with one to three digits behind it; the other mark groups thousands."""
    found = re.fullmatch(r"(?P<whole>[0-9.,]*?)(?P<mark>[.,])(?P<part>[0-9]{1,3})", cleaned)
    if not found:
        return cleaned, "", ""
    grouping = re.escape("," if found["mark"] == "." else ".")
    return re.sub(rf"{grouping}(?=[0-9]{{3}}(?:[^0-9]|$))", "", found["whole"]), found["mark"], found["part"]


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
