"""On which ground we may write to a contact, by brand; the ledger as a file: who agreed to what, by which words.

of(ann)                                # → [Ground(brand=maison, basis="consent", since=…, words="Write me …"), …]
for row in ledger(Consent.objects.filter(topic=letters)): …      # header, then one row per yes or no, for a CSV file
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from contacts.models import Brand, Consent, Contact, Subscription
from contacts.models.consent import Basis

STRENGTH = [Basis.NONE, Basis.SERVICE, Basis.CUSTOMER, Basis.CONSENT]  # the strongest of a brand's topics counts
HEADER = (
    "time_utc", "contact", "address_hash", "email", "purpose", "given", "brand", "topic", "basis", "how", "by",
    "language", "wording", "wording_sha256", "evidence",
)  # fmt: skip
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what a spreadsheet would run


@dataclass(frozen=True)
class Ground:
    """The basis on which one brand may write to a contact; `basis` none: it may not."""

    brand: Brand
    basis: str
    since: datetime | None
    words: str = ""

    @property
    def label(self) -> str:
        return str(Basis(self.basis).label)


def of(contact: Contact) -> list[Ground]:
    """Return the ground of each brand that has topics, "none" where nothing holds.

    Reads:   her subscriptions as they stand; the newest yes in the ledger for the words.
    """
    held = contact.subscriptions.filter(state=Subscription.State.SUBSCRIBED).select_related("topic__brand")
    best: dict[int, Subscription] = {}
    for row in held:
        known = best.get(row.topic.brand_id)
        if known is None or _strength(row) > _strength(known):
            best[row.topic.brand_id] = row
    words = _words(contact)
    return [
        Ground(brand, best[brand.pk].basis, best[brand.pk].subscribed_at, words.get(best[brand.pk].topic_id, ""))
        if brand.pk in best
        else Ground(brand, Basis.NONE, None)
        for brand in Brand.objects.filter(archived_at=None).order_by("name")
    ]


def _strength(row: Subscription) -> int:
    return STRENGTH.index(Basis(row.basis))


def _words(contact: Contact) -> dict[int | None, str]:
    rows = Consent.objects.filter(contact=contact, purpose=Consent.Purpose.EMAIL, is_given=True).order_by("at")
    return dict(rows.values_list("topic_id", "wording"))


def ledger(rows: QuerySet[Consent]) -> Iterator[tuple[str, ...]]:
    """Yield the header and one row per entry of the ledger, oldest first, read in pieces."""
    yield HEADER
    for row in rows.select_related("contact", "brand", "topic").order_by("at", "pk").iterator(2000):
        yield tuple(plain(value) for value in _cells(row))


def _cells(row: Consent) -> tuple[Any, ...]:
    return (
        row.at.isoformat(), row.contact_id or "", row.address_hash, (row.contact.email if row.contact else "") or "",
        row.purpose, "yes" if row.is_given else "no", row.brand.slug if row.brand else "",
        row.topic.slug if row.topic else "", row.basis, row.method, row.actor, row.language, row.wording,
        row.wording_hash, json.dumps(row.evidence, ensure_ascii=False) if row.evidence else "",
    )  # fmt: skip


def plain(value: Any) -> str:
    """Return the cell as text that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(STARTS_FORMULA) else text


class _Line:
    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the rows as lines of CSV (RFC 4180)."""
    writer = csv.writer(_Line())
    return (writer.writerow(row) for row in rows)
