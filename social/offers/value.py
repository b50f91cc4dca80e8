"""What an offer is worth, in words and in money.

headline(offer, "fr") → "20 % de réduction"; discount_minor(offer, 5_000) → 1_000
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from contacts.money import money
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


def until(end: datetime, language: str) -> str:
    """Return the last moment people may count on: a day if it ends with that day, else day and time (site's zone)."""
    local = timezone.localtime(end)
    last = local - timedelta(minutes=1) if local.time() == time.min else local
    with override(language):
        ends_with_day = (last.hour, last.minute) == (23, 59)
        return date_format(last if ends_with_day else local, "DATE_FORMAT" if ends_with_day else "DATETIME_FORMAT")


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
