"""Orders that a shop posts by itself: the signature says who, its header says in which words.

    order = accept(source, body, headers)     # → Order, or BadSignature, BadOrder

| header                     | signature of the raw body        | body                             |
|----------------------------|----------------------------------|----------------------------------|
| `X-Fanfare-Signature`      | `sha256=` + hexadecimal HMAC     | ours, as the API takes it        |
| `X-Shopify-Hmac-Sha256`    | Base64 HMAC-SHA256               | Shopify's order                  |
| `X-WC-Webhook-Signature`   | Base64 HMAC-SHA256               | WooCommerce's order              |

Source: shopify.dev (webhooks, Order), woocommerce.com (webhooks, REST API v3 orders); docs/shops.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs, urlsplit

from babel.numbers import get_currency_precision
from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from social.api import OrderWishSerializer
from social.conversions import BadOrder, Line, record_order
from social.models import Order, OrderSource

LARGEST = 1_000_000  # bytes of a body; an order of 1,000 lines has about 300 kB
MOST_LINES = 1_000

Said = dict[str, Any]  # keyword arguments of record_order, the reference included


class BadSignature(PermissionError):
    """No signature, or another than the secret makes of this body."""


def accept(source: OrderSource, body: bytes, headers: Mapping[str, str]) -> Order:
    """Record the order of a signed body and return it; the same order again adds only what is new.

    Writes:  as `record_order`; OrderSource.last_at, last_problem.
    Raises:  BadSignature; BadOrder with a sentence when the body is no order.
    """
    read = verified(source.secret, body, headers)
    try:
        said = read(_object(body))
        order = record_order(source.slug, said.pop("reference"), **said)
    except BadOrder as why:
        OrderSource.objects.filter(pk=source.pk).update(last_problem=str(why)[:300])
        raise
    OrderSource.objects.filter(pk=source.pk).update(last_at=timezone.now(), last_problem="")
    return order


def verified(secret: str, body: bytes, headers: Mapping[str, str]) -> Callable[[Said], Said]:
    """Return the reader of this body's words.

    Raises:  BadSignature.
    """
    made = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    base64ed = base64.b64encode(made).decode()
    for header, expected, read in (
        ("X-Fanfare-Signature", f"sha256={made.hex()}", ours),
        ("X-Shopify-Hmac-Sha256", base64ed, shopify),
        ("X-WC-Webhook-Signature", base64ed, woocommerce),
    ):
        given = headers.get(header)
        if given is not None:
            if hmac.compare_digest(given.strip().encode(), expected.encode()):
                return read
            break
    raise BadSignature("The signature does not match: sign the raw body with this shop's secret.")


def _object(body: bytes) -> Said:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadOrder("The body is no JSON.") from None
    if not isinstance(found, dict):
        raise BadOrder("The body is no JSON object.")
    return found


# --- three ways of saying the same -----------------------------------------------------------------------------------


def ours(said: Said) -> Said:
    """Return an order in the API's own words."""
    wish = OrderWishSerializer(data={**said, "source": "postback"})
    if not wish.is_valid():
        field, words = next(iter(wish.errors.items()))
        raise BadOrder(f"{field}: {_first(words)}")
    given = dict(wish.validated_data)
    given.pop("source")
    lines = [Line(number, **line) for number, line in enumerate(given.pop("lines", []), 1)]
    return {**given, "lines": lines}


def _first(words: Any) -> str:
    while isinstance(words, list | dict) and words:
        words = next(iter(words.values() if isinstance(words, dict) else words))
    return str(words)


def shopify(said: Said) -> Said:
    """Return Shopify's order: money is text in major units, returns stand in `refunds`."""
    currency = str(said.get("currency", ""))
    returned = _refunded(said)
    lines = [
        Line(
            number,
            sku=_text(item, "sku", 80),
            title=_text(item, "title", 200),
            size=_text(item, "variant_title", 40),
            quantity=_whole(item, "quantity"),
            returned=min(returned.get(str(item.get("id")), 0), _whole(item, "quantity")),
            unit_minor=_minor(item.get("price"), currency),
        )
        for number, item in enumerate(_items(said, "line_items"), 1)
    ]
    amount = _minor(said.get("total_price"), currency)
    left = said.get("current_total_price")
    customer = said.get("customer") if isinstance(said.get("customer"), dict) else {}
    return {
        "reference": _reference(said, "id"),
        "amount_minor": amount,
        "returned_minor": max(amount - _minor(left, currency), 0) if left is not None else None,
        "currency": currency,
        "ordered_at": _time(said.get("created_at")),
        "email": str(said.get("email") or ""),
        "shop_id": str((customer or {}).get("id") or ""),
        "link_reference": _noted(said.get("note_attributes"), "name") or _landed(said.get("landing_site")),
        "channel": "web",
        "lines": lines,
    }


def _refunded(said: Said) -> dict[str, int]:
    """Return how many pieces of each line came back, by the line's id."""
    found: dict[str, int] = {}
    for refund in _items(said, "refunds"):
        for item in _items(refund, "refund_line_items"):
            line = str(item.get("line_item_id"))
            found[line] = found.get(line, 0) + _whole(item, "quantity")
    return found


def woocommerce(said: Said) -> Said:
    """Return WooCommerce's order: a line's `total` is for all its pieces, refunds are negative totals."""
    currency = str(said.get("currency", ""))
    lines = []
    for number, item in enumerate(_items(said, "line_items"), 1):
        quantity = _whole(item, "quantity")
        unit = _minor(item.get("total"), currency) // max(quantity, 1)
        sku, title = _text(item, "sku", 80), _text(item, "name", 200)
        lines.append(Line(number, sku=sku, title=title, quantity=quantity, unit_minor=unit))
    billing = said.get("billing") if isinstance(said.get("billing"), dict) else {}
    amount = _minor(said.get("total"), currency)
    back = sum(abs(_minor(refund.get("total"), currency, signed=True)) for refund in _items(said, "refunds"))
    is_void = str(said.get("status")) in {"cancelled", "failed", "refunded"}
    return {
        "reference": _reference(said, "id"),
        "amount_minor": amount,
        "returned_minor": amount if is_void else min(back, amount),
        "currency": currency,
        "ordered_at": _time(said.get("date_created_gmt")),
        "email": str((billing or {}).get("email") or ""),
        "shop_id": str(said.get("customer_id") or ""),
        "link_reference": _noted(said.get("meta_data"), "key"),
        "channel": "web",
        "lines": lines,
    }


# --- the values ------------------------------------------------------------------------------------------------------


def _items(said: Said, name: str) -> list[Said]:
    found = said.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadOrder(f"{name} is no list of objects.")
    if len(found) > MOST_LINES:
        raise BadOrder(f"{name} has {len(found)} entries; at most {MOST_LINES} are read.")
    return found


def _reference(said: Said, name: str) -> str:
    found = str(said.get(name) or "")[:120]
    if not found:
        raise BadOrder(f"{name} is missing: an order needs its number.")
    return found


def _text(said: Said, name: str, length: int) -> str:
    return str(said.get(name) or "")[:length].replace("\0", "")


def _whole(said: Said, name: str) -> int:
    value = said.get(name, 1)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1_000_000:
        raise BadOrder(f"{name} is {str(value)[:40]!r}, not a whole number.")
    return value


def _minor(value: Any, currency: str, *, signed: bool = False) -> int:
    """Return an amount in major units, text or number, as minor units of its currency."""
    try:
        amount = Decimal(str(value)).scaleb(get_currency_precision(currency))
        whole = int(amount.to_integral_value())
    except (InvalidOperation, ValueError, OverflowError):
        raise BadOrder(f"An amount is {str(value)[:40]!r}, not a number.") from None
    if (whole < 0 and not signed) or abs(whole) > 10**15:
        raise BadOrder(f"An amount is {str(value)[:40]!r}, out of range.")
    return whole


def _time(value: Any) -> datetime:
    try:
        found = parse_datetime(str(value))
    except ValueError:
        found = None
    if found is None:
        raise BadOrder(f"The order's time is {str(value)[:40]!r}; send ISO 8601, for example 2026-05-02T10:15:00Z.")
    return found if timezone.is_aware(found) else found.replace(tzinfo=UTC)


def _noted(entries: Any, key: str) -> str:
    """Return the reference among a shop's notes: [{"name": "ff", "value": "…"}]."""
    notes: Iterable[Any] = entries if isinstance(entries, list) else []
    for note in notes:
        if isinstance(note, dict) and note.get(key) == settings.REFERENCE_PARAMETER:
            return str(note.get("value") or "")[:64]
    return ""


def _landed(page: Any) -> str:
    """Return the reference in the address of the visit's first page."""
    try:
        found = parse_qs(urlsplit(str(page or "")).query).get(settings.REFERENCE_PARAMETER)
    except ValueError:
        return ""
    return found[0][:64] if found else ""
