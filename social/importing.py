"""Past orders from a file: loaded with their lines for segments and RFM, without any credit to a campaign.

job = plan(file, source="shop", currency="EUR")
jobs.run(job.pk)
job.counts      # → {"created": 9_980, "updated": 0, "unchanged": 0, "rejected": 3, "lines": 21_403}

One line of the file is one article; lines of one order follow each other. Loading again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from babel.numbers import get_currency_precision
from django.core.files.base import File
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts import jobs
from contacts.importing import listed, mapping
from contacts.importing.reader import BadFile, Row, Rows
from contacts.models import Job
from contacts.money import read_money
from social.conversions import BadOrder, Line, record_order
from social.models import Order, OrderLine, Place

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


KIND = "orders"
AT_ONCE = 5  # orders a transaction: SQLite's lock is free again within 20 ms


def plan(file: File[Any], *, source: str, currency: str, by: Any = None, hint: bool = True) -> Job:
    """Write the job that loads the orders of a CSV or spreadsheet and return it.

    Raises:  BadFile when orders or their days cannot be told, or the currency is none.
    """
    currency = currency.strip().upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise BadFile(_("Write the currency as three letters, for example EUR."))
    return listed.plan(KIND, file, Orders, {"source": source.strip()[:80], "currency": currency}, by=by, hint=hint)


def work(run: jobs.Run) -> None:
    """Do the job from where it stands.

    Writes:  Order(is_attributed=False) and OrderLine.
    """
    listed.take_in(run, Orders)


class Orders:
    """The orders of one file: which column is what, and the shop they belong to."""

    first: Sequence[Row] = ()

    def __init__(self, rows: Rows, job: Job) -> None:
        self.source, self.currency = job.parameters["source"], job.parameters["currency"]
        self.columns: dict[str, int] = {}
        for n, header in enumerate(rows.headers):
            self.columns.setdefault(KNOWN.get(mapping.plain(header), ""), n)
        if "reference" not in self.columns or "ordered_at" not in self.columns:
            raise BadFile(
                _(
                    "No column holds the order number, or none its date (the columns are: %(headers)s). Call them "
                    "“order number” and “order date”."
                )
                % {"headers": ", ".join(rows.headers[:20])}
            )
        self.places = {name.casefold(): place for place in Place.objects.all() for name in (place.slug, place.name)}

    def batches(self, rows: Iterator[Row]) -> Iterator[list[Row]]:
        """Yield the lines of some whole orders at a time."""
        some: list[Row] = []
        for n, (_reference, group) in enumerate(groupby(rows, self._reference), start=1):
            some += group
            if n % AT_ONCE == 0:
                yield some
                some = []
        if some:
            yield some

    def take(self, rows: list[Row]) -> tuple[dict[str, int], listed.Refused]:
        """Record the orders of these lines; an order is taken as a whole or not at all."""
        counts, refused = dict.fromkeys(("created", "updated", "unchanged"), 0), []
        for reference, group in groupby(rows, self._reference):
            lines = list(group)
            known = self._known(reference)
            try:
                self._record(reference, lines)
            except BadOrder as why:
                refused += [(row.line, str(why), row.values) for row in lines]
            else:
                became = "unchanged" if known and known == self._known(reference) else "updated" if known else "created"
                counts[became] += 1
        return counts, refused

    def _reference(self, row: Row) -> str:
        return self._cell(row, "reference")

    def _known(self, reference: str) -> Any:
        """Return what stands of this order, to see whether the file brings news; None when it is new."""
        found = Order.objects.filter(source=self.source, reference=reference[:120])
        order = found.values_list("pk", "amount_minor", "returned_minor", "contact_id").first()
        lines = OrderLine.objects.filter(order_id=order[0]).order_by("number") if order else OrderLine.objects.none()
        return order and (order, list(lines.values_list("number", "quantity", "returned_quantity", "unit_minor")))

    def _record(self, reference: str, rows: Sequence[Row]) -> None:
        first = rows[0]

        def said(name: str) -> str:
            return self._cell(first, name)

        broken = next((row.error for row in rows if row.error), "")
        if broken or not reference:
            raise BadOrder(broken or _("The order number is missing."))
        lines = [self._line(n, row) for n, row in enumerate(rows, start=1)]
        summed = sum(line.quantity * line.unit_minor for line in lines)
        total = self._minor(said("total")) if said("total") else summed
        record_order(
            self.source, reference[:120], amount_minor=total,
            returned_minor=min(total, sum(line.returned * line.unit_minor for line in lines)),
            currency=self.currency, ordered_at=_moment(said("ordered_at")), lines=lines, card=said("card"),
            shop_id=said("shop_id"), email=said("email"), place=self.places.get(said("place").casefold()),
            is_attributed=False,
        )  # fmt: skip

    def _cell(self, row: Row, name: str) -> str:
        n = self.columns.get(name, -1)
        return row.values[n] if 0 <= n < len(row.values) else ""

    def _line(self, n: int, row: Row) -> Line:
        return Line(
            number=n,
            sku=self._cell(row, "sku")[:80],
            title=self._cell(row, "title")[:200],
            category=self._cell(row, "category")[:120],
            size=self._cell(row, "size")[:40],
            quantity=_count(self._cell(row, "quantity") or "1"),
            returned=_count(self._cell(row, "returned") or "0"),
            unit_minor=self._minor(self._cell(row, "unit") or "0"),
        )

    def _minor(self, text: str) -> int:
        """Return 12.50, 12,50 or 1,012.50 in the currency's smallest unit; what is finer is rounded."""
        try:
            return read_money(text, self.currency)
        except ValueError:
            pass
        try:
            amount = Decimal(text.replace(" ", "").replace("\u00a0", "").replace(",", "."))
        except InvalidOperation:
            raise BadOrder(_("“%(value)s” is no amount. Write it like 12.50.") % {"value": text[:40]}) from None
        if not amount.is_finite() or not 0 <= amount < 10**10:
            raise BadOrder(_("“%(value)s” is no amount of an order.") % {"value": text[:40]})
        return int(amount.scaleb(get_currency_precision(self.currency)).to_integral_value())


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise BadOrder(_("“%(value)s” is no quantity.") % {"value": text[:40]})
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None and (day := mapping.to_date(text)):
        moment = datetime.combine(datetime.fromisoformat(day).date(), time(12))
    if moment is None:
        raise BadOrder(_("“%(value)s” is no date. Write it like 2026-05-01.") % {"value": text[:40]})
    return timezone.make_aware(moment) if moment.tzinfo is None else moment
