"""The 360° page of one contact: a dated timeline from all floors, and panels of what each floor knows.

timeline(ann, limit=50)      # → [TimelineEntry(at=…, kind="order", title="Order 1042: 36.00 EUR", …), …], newest first
panels(ann)                  # → [Panel("Orders", …), …]

A source is a module named in settings.TIMELINE_SOURCES with
`entries(contact_id, *, before, limit) -> list[TimelineEntry]` and, if it likes, `panels(contact_id) -> list[Panel]` and
`network_choices() -> list[(key, name)]`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact

Text = str | Promise


@dataclass(frozen=True)
class TimelineEntry:
    """One dated thing that happened with a contact; `url` leads to it in the admin, '' for nowhere."""

    at: datetime
    kind: str
    title: Text
    detail: Text = ""
    url: str = ""


@dataclass(frozen=True)
class Panel:
    """A small table of what one floor knows of a contact. `figures` are (label, value) pairs above it."""

    title: Text
    columns: Sequence[Text] = ()
    rows: Sequence[Sequence[Any]] = ()
    figures: Sequence[tuple[Text, Any]] = field(default_factory=tuple)
    empty: Text = ""
    url: str = ""


@cache
def sources() -> list[ModuleType]:
    """Return the modules that know something of a contact, this floor's first."""
    return [import_module(name) for name in ("contacts.timeline", *settings.TIMELINE_SOURCES)]


def timeline(
    contact: Contact, *, before: datetime | None = None, kinds: Iterable[str] | None = None, limit: int = 50
) -> list[TimelineEntry]:
    """Return what happened before that time, newest first; each source is asked for `limit` entries only."""
    until = before or timezone.now() + timedelta(seconds=1)
    wanted = set(kinds) if kinds is not None else None
    found: list[TimelineEntry] = []
    for source in sources():
        found += _of_kinds(source, contact.pk, until, wanted, limit)
    return heapq.nlargest(limit, found, key=lambda entry: entry.at)


def _of_kinds(
    source: ModuleType, contact_id: int, before: datetime, kinds: set[str] | None, limit: int
) -> list[TimelineEntry]:
    """Return up to `limit` entries of the wanted kinds, asking the source again while others fill its answers."""
    found: list[TimelineEntry] = []
    while True:
        page: list[TimelineEntry] = source.entries(contact_id, before=before, limit=limit)
        found += [entry for entry in page if kinds is None or entry.kind in kinds]
        if kinds is None or len(page) < limit or len(found) >= limit:
            return found[:limit]
        before = min(entry.at for entry in page)


KINDS: dict[str, Text] = {
    "consent": _("consent"), "identity": _("identity"), "request": _("sign-up"), "subscription": _("waiting"),
    "entry": _("first seen"), "mail": _("mail"), "open": _("open"), "click": _("click"), "web_view": _("web version"),
    "offer_view": _("offer seen"), "unsubscribe": _("left"), "bounce": _("bounce"), "complaint": _("complaint"),
    "reply": _("reply"), "share": _("share pressed"), "share_composed": _("share composed"),
    "earned_visit": _("visit of a friend"), "friend": _("friend brought"), "came": _("brought by"),
    "claim": _("claim"), "redeem": _("redemption"), "reverse": _("redemption undone"), "order": _("order"),
    "fan_proof": _("fan"), "merge": _("merge"),
}  # fmt: skip


def kinds() -> list[tuple[str, str]]:
    """Return (kind, words) of what a timeline may show, for the filter above it."""
    return sorted(((kind, str(words)) for kind, words in KINDS.items()), key=lambda one: one[1])


def _with(name: str) -> list[ModuleType]:
    return [source for source in sources() if hasattr(source, name)]


def network_choices() -> list[tuple[str, str]]:
    """Return (key, name) of the networks that a person may prefer, as the upper floors know them."""
    return [choice for source in _with("network_choices") for choice in source.network_choices()]


def panels(contact: Contact) -> list[Panel]:
    """Return what every floor shows of the contact beside the timeline."""
    return [panel for source in _with("panels") for panel in source.panels(contact.pk)]
