"""Past orders from a file: loaded with their lines for segments and RFM, without any credit to a campaign.

load(file, source="shop", currency="EUR")     # → Loaded(orders=9_980, lines=21_400, rejected=[(17, "…")])

One line of the file is one article; lines of one order follow each other. Loading again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import IO

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from contacts.importing import mapping, sheets
from contacts.importing.reader import BadFile, Row, open_rows
from contacts.manners import write_batch
from social.conversions import BadOrder, Line, record_order
from social.models import Place

SYNONYMS = {
    "reference": "reference|ordernumber|orderid|order|name|numerodecommande|commande|nocommande",
    "ordered_at": "orderedat|orderdate|date|createdat|paidat|datedecommande",
    "email": "email|emailaddress|courriel|adresseemail|customeremail",
    "card": "card|loyaltycard|cartedefidelite|carte",
    "shop_id": "customerid|shopid|idclient|numeroclient",
    "sku": "sku|lineitemsku|article|reference article|productid",
    "title": "title|lineitemname|product|produit|designation",
    "category": "category|categorie|producttype|type",
    "size": "size|taille|variant",
    "quantity": "quantity|lineitemquantity|quantite|qty",
    "returned": "returned|returnedquantity|retours",
    "unit": "unitprice|lineitemprice|price|prix|prixunitaire",
    "total": "total|amount|montant",
    "place": "place|store|boutique|magasin|location",
}
KNOWN = {name: target for target, names in SYNONYMS.items() for name in names.split("|")}


@dataclass
class Loaded:
    """What became of the file."""

    orders: int = 0
    lines: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)


def load(file: IO[bytes], *, source: str, currency: str) -> Loaded:
    """Load the orders of a CSV or spreadsheet and say what became of its lines.

    Writes:  Order(is_attributed=False) and OrderLine, an order a transaction.
    Raises:  BadFile when orders or their days cannot be told.
    """
    loaded = Loaded()
    places = {name.casefold(): place for place in Place.objects.all() for name in (place.slug, place.name)}
    with sheets.as_text(file) as text:
        rows = open_rows(text)
        columns: dict[str, int] = {}
        for n, header in enumerate(rows.headers):
            columns.setdefault(KNOWN.get(mapping.plain(header), ""), n)
        if "reference" not in columns or "ordered_at" not in columns:
            raise BadFile("Name the columns of the order number and its date: order number, order date.")
        try:
            for _reference, group in groupby(rows, lambda row: _cell(row, columns, "reference")):
                _load(list(group), columns, source, currency, places, loaded)
        finally:
            rows.close()
    return loaded


def _cell(row: Row, columns: dict[str, int], name: str) -> str:
    n = columns.get(name, -1)
    return row.values[n] if 0 <= n < len(row.values) else ""


def _load(
    group: Sequence[Row],
    columns: dict[str, int],
    source: str,
    currency: str,
    places: dict[str, Place],
    loaded: Loaded,
) -> None:
    first = group[0]

    def said(name: str, row: Row = first) -> str:
        return _cell(row, columns, name)

    try:
        if first.error or not said("reference"):
            raise BadOrder(first.error or "The order number is missing.")
        lines = [_line(n, row, columns) for n, row in enumerate(group, start=1)]
        summed = sum(line.quantity * line.unit_minor for line in lines)
        total = _minor(said("total")) if said("total") else summed
        with write_batch():
            record_order(
                source, said("reference")[:120], amount_minor=total,
                returned_minor=min(total, sum(line.returned * line.unit_minor for line in lines)),
                currency=currency, ordered_at=_moment(said("ordered_at")), lines=lines, card=said("card"),
                shop_id=said("shop_id"), email=said("email"), place=places.get(said("place").casefold()),
                is_attributed=False,
            )  # fmt: skip
    except BadOrder as why:
        loaded.rejected += [(row.line, str(why)) for row in group]
        return
    loaded.orders += 1
    loaded.lines += len(group)


def _line(n: int, row: Row, columns: dict[str, int]) -> Line:
    return Line(
        number=n,
        sku=_cell(row, columns, "sku")[:80],
        title=_cell(row, columns, "title")[:200],
        category=_cell(row, columns, "category")[:120],
        size=_cell(row, columns, "size")[:40],
        quantity=_count(_cell(row, columns, "quantity") or "1"),
        returned=_count(_cell(row, columns, "returned") or "0"),
        unit_minor=_minor(_cell(row, columns, "unit") or "0"),
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise BadOrder(f"{text[:40]!r} is no quantity.")
    return int(text)


def _minor(text: str) -> int:
    """Return 12.50 or 12,50 as 1250 minor units."""
    try:
        amount = Decimal(text.replace(" ", "").replace("\u00a0", "").replace(",", ".")) * 100
    except InvalidOperation:
        raise BadOrder(f"{text[:40]!r} is no amount. Write it like 12.50.") from None
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise BadOrder(f"{text[:40]!r} is no amount of an order.")
    return int(amount.to_integral_value())


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None and (day := mapping.to_date(text)):
        moment = datetime.combine(datetime.fromisoformat(day).date(), time(12))
    if moment is None:
        raise BadOrder(f"{text[:40]!r} is no date. Write it like 2026-05-01.")
    return timezone.make_aware(moment) if moment.tzinfo is None else moment
