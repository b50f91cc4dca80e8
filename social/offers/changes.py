"""What was changed of an offer, when and by whom: the offer itself, its words, limits and days, newest first.

[str(change.what) for change in changes(offer)]    # → ["budget: 1000.00 → 2000.00", "limit in all: 500 → 600"]
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from social.models import Offer, OfferBlackout, OfferLimit, OfferText

SHOWN = 30
QUIET = {"updated_at", "created_at", "id", "offer"}


@dataclass(frozen=True)
class Change:
    """One save: its moment, who did it ('' = the system), and each field as "name: old → new"."""

    at: datetime
    by: str
    what: list[str]


def changes(offer: Offer) -> list[Change]:
    """Return the latest changes, newest first.

    Reads:   the history of Offer, OfferText, OfferLimit, OfferBlackout.
    """
    found = _of_rows(offer.history.order_by("history_date", "history_id"), "")
    for model in (OfferText, OfferLimit, OfferBlackout):
        rows = model.history.filter(offer_id=offer.pk).order_by("history_date", "history_id")
        by_row: dict[int, list[Any]] = {}
        for row in rows:
            by_row.setdefault(row.id, []).append(row)
        for versions in by_row.values():
            found += _of_rows(versions, _name(model, versions[-1]))
    return sorted(found, key=lambda change: change.at, reverse=True)[:SHOWN]


def _name(model: type[Any], row: Any) -> str:
    if model is OfferText:
        return _("words (%(language)s)") % {"language": row.language}
    if model is OfferLimit:
        return _("limit %(scope)s") % {"scope": OfferLimit.Scope(row.scope).label}
    return _("days without redemption %(first)s – %(last)s") % {"first": row.first_day, "last": row.last_day}


def _of_rows(versions: Any, name: str) -> list[Change]:
    found, before = [], None
    for row in versions:
        what = _what(row, before, name)
        if what:
            found.append(Change(row.history_date, str(row.history_user or ""), what))
        before = row
    return found


def _what(row: Any, before: Any, name: str) -> list[str]:
    if row.history_type == "+":
        return [_("%(what)s added") % {"what": name}] if name else [_("offer made")]
    if row.history_type == "-":
        return [_("%(what)s taken away") % {"what": name}]
    if before is None:
        return []
    fields = {field.name: field for field in row.instance_type._meta.fields}
    lines = []
    for one in row.diff_against(before, foreign_keys_are_objs=False).changes:
        if one.field in QUIET:
            continue
        field = fields[one.field]
        label = f"{name}: {field.verbose_name}" if name else str(field.verbose_name)
        lines.append(f"{label}: {_shown(field, one.old)} → {_shown(field, one.new)}")
    return lines


def _shown(field: Any, value: Any) -> str:
    if value in (None, ""):
        return "–"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field.name.endswith("_minor"):
        return f"{value / 100:.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(value)[:80]
