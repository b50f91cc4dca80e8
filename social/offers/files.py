"""Real tills, both ways, by nightly files: the codes they may take, and what they redeemed.

write_codes(file, place=lyon)                    # CSV: code, printed, offer, value, from, until, state
read_redemptions(file, place=lyon)    # → Loaded(redeemed=40, known=3, conflicts=[note], rejected=[(17, "…")])

A line of the till's file is a note like any other, settled at once; a line sent again is known and changes nothing.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from typing import IO, Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts.importing import mapping, sheets
from contacts.importing.reader import BadFile, Row, open_rows
from social.models import Code, Offer, Place, TillNote
from social.offers import codes, notes
from social.offers.value import headline

SYNONYMS = {
    "code": "code|coupon|voucher|bon|codepromo",
    "at": "at|time|date|datetime|redeemedat|heure|datedutilisation",
    "place": "place|store|shop|boutique|magasin|location",
    "amount": "amount|total|montant",
    "currency": "currency|devise",
    "order": "order|ordernumber|orderid|receipt|ticket|numerodecommande|commande",
}
KNOWN = {name: target for target, names in SYNONYMS.items() for name in names.split("|")}


@dataclass
class Loaded:
    """What became of a till's file; the lines of `rejected` could not be read, those of `conflicts` were refused."""

    redeemed: int = 0
    known: int = 0
    conflicts: list[TillNote] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)


def write_codes(file: IO[str], *, place: Place | None = None, offer: Offer | None = None) -> int:
    """Write the codes that a till may meet, with their state, and return how many.

    Reads:   codes of live and paused offers, of this place when one is named.
    """
    rows = Code.objects.filter(offer__state__in=[Offer.State.LIVE, Offer.State.PAUSED], offer__archived_at=None)
    if place is not None:
        rows = rows.filter(Q(offer__places=None) | Q(offer__places=place))
    if offer is not None:
        rows = rows.filter(offer=offer)
    writer = csv.writer(file)
    writer.writerow(["code", "printed", "offer", "value", "from", "until", "state"])
    n = 0
    for code in rows.select_related("offer", "batch").order_by("pk").iterator(2_000):
        pattern = code.batch.pattern if code.batch else ""
        printed = codes.display_like(pattern, code.value) if pattern else codes.display(code.value)
        run = (code.offer.starts_at.isoformat(), code.offer.ends_at.isoformat())
        writer.writerow([code.value, printed, _safe(code.offer.name), headline(code.offer, "en"), *run, code.state])
        n += 1
    return n


def read_redemptions(
    file: IO[bytes], *, place: Place | None = None, by: User | None = None, only: list[Place] | None = None
) -> Loaded:
    """Redeem what a till's file says was redeemed, and list what contradicts.

    Writes:  TillNote per new line, and what settling it writes.
    Raises:  BadFile when codes or times cannot be told.
    """
    loaded = Loaded()
    places = {name.casefold(): one for one in only or Place.objects.all() for name in (one.slug, one.name)}
    with sheets.as_text(file) as text:
        rows = open_rows(text)
        columns: dict[str, int] = {}
        for n, header in enumerate(rows.headers):
            columns.setdefault(KNOWN.get(mapping.plain(header), ""), n)
        try:
            if "code" not in columns or "at" not in columns:
                raise BadFile(_("Name the columns of the code and its time: code, at."))
            for row in rows:
                _line(row, columns, places, place, by, loaded)
        finally:
            rows.close()
    return loaded


def _line(
    row: Row, columns: dict[str, int], places: dict[str, Place], place: Place | None, by: User | None, loaded: Loaded
) -> None:
    said = {name: row.values[n].strip() for name, n in columns.items() if name and n < len(row.values)}
    where = place or places.get(said.get("place", "").casefold())
    problem = row.error or _problem(said, where)
    if problem or where is None:
        loaded.rejected.append((row.line, problem))
        return
    note, is_new = TillNote.objects.get_or_create(key=_key(where, said), defaults=_fields(where, said))
    if not is_new and note.state != TillNote.State.WAITING:
        loaded.known += 1
        return
    if notes.settle(note, by=by).state == TillNote.State.SETTLED:
        loaded.redeemed += 1
    else:
        loaded.conflicts.append(note)


def _problem(said: dict[str, str], place: Place | None) -> str:
    if not said.get("code"):
        return _("The code is missing.")
    if place is None:
        return _("The shop is missing or not known: “%(name)s”.") % {"name": said.get("place", "")[:60]}
    at = _moment(said.get("at", ""))
    if at is None:
        return _("“%(typed)s” is no time. Write it like 2026-05-01T14:02:00+02:00.") % {
            "typed": said.get("at", "")[:40]
        }
    if at > timezone.now():
        return _("The time lies ahead of now.")
    if said.get("amount") and notes.amount(said["amount"], said.get("currency") or "EUR") is None:
        return _("“%(typed)s” is no amount. Write it like 12.50.") % {"typed": said["amount"][:40]}
    return ""


def _key(place: Place, said: dict[str, str]) -> str:
    parts = (codes.squeeze(said["code"]), said["at"], said.get("order", ""))
    return f"file:{place.pk}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"


def _fields(place: Place, said: dict[str, str]) -> dict[str, Any]:
    return {
        "place": place,
        "source": TillNote.Source.FILE,
        "code": said["code"][:400],
        "noted_at": _moment(said["at"]),
        "amount_minor": notes.amount(said.get("amount", ""), said.get("currency") or "EUR"),
        "order_reference": said.get("order", "")[:120],
    }


def _moment(text: str) -> Any:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(at) if at is not None and timezone.is_naive(at) else at


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
