"""What one sees of a running campaign beside its numbers: relays, receivers, what happened last.

by_relay(campaign)     # → [Part(name="main", sent=4000, deferred=12, failed=3, waiting=0, note="left alone for 8 s")]
by_domain(campaign)    # → the receivers with the most mails, and the rest as one line
log(campaign)          # → [Line(at=…, words="paused: wrong price", by="marie")]
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Value
from django.db.models.functions import StrIndex, Substr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.delivery import destinations, throttle
from campaigns.delivery.ledger import State
from campaigns.models import Campaign, Delivery, RelayState
from contacts.manners import database_now
from contacts.models import AuditEntry

MOST = 8  # receivers shown; the others are one line
LINES = 12
FRESH = (
    5.0  # seconds an answer is kept at least; else twenty times what it took, so that watching costs no more than 5 %
)


@dataclass(frozen=True, slots=True)
class Part:
    """Mails of one relay or receiver by what became of them; `note` says what holds them up, if anything."""

    name: str
    sent: int = 0
    waiting: int = 0
    deferred: int = 0
    failed: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when, what, by whom."""

    at: datetime
    words: str
    by: str = ""
    is_bad: bool = False


def by_relay(campaign: Campaign) -> list[Part]:
    """Return the relays that had mails of this campaign, the busiest first."""
    rows = _kept(
        f"relays:{campaign.pk}", lambda: _counted(_mails(campaign).exclude(relay="").values_list("relay", "state"))
    )
    notes = {each.name: _relay_note(each) for each in RelayState.objects.all()}
    return _parts(rows, notes)


def by_domain(campaign: Campaign) -> list[Part]:
    """Return the receivers with the most mails, those of one receiver under one name; the rest as the last line."""
    domain = Substr(F("contact__email"), StrIndex(F("contact__email"), Value("@")) + 1)
    rows = _kept(
        f"domains:{campaign.pk}",
        lambda: _counted(
            _mails(campaign).filter(contact__email__isnull=False).annotate(domain=domain).values_list("domain", "state")
        ),
    )
    found = [(destinations.KNOWN.get(name, name), state, n) for name, state, n in rows]
    slowed = {
        name: _("asked for fewer: %(rate)s a second") % {"rate": f"{rate:.2g}"}
        for name, rate in throttle.slowed_domains().items()
    }
    parts = _parts(found, slowed)
    if len(parts) <= MOST + 1:
        return parts
    shown = sorted(parts[MOST:], key=lambda part: not part.note)  # whoever is slowed down is never hidden
    held = [part for part in shown if part.note]
    rest = [part for part in shown if not part.note]
    return [*parts[:MOST], *held, *([_sum(_("%(n)s others") % {"n": len(rest)}, rest)] if rest else [])]


def _mails(campaign: Campaign) -> Any:
    return Delivery.objects.filter(campaign=campaign).exclude(state=State.CONTROL).order_by()


def _counted(rows: Any) -> list[tuple[str, str, int]]:
    return list(rows.annotate(n=Count("pk")))


def _kept(key: str, ask: Callable[[], list[tuple[str, str, int]]]) -> list[tuple[str, str, int]]:
    """Return an answer that several watchers share for a moment."""
    found = cache.get(f"watching:{key}")
    if found is not None:
        return list(found)
    began = time.monotonic()
    asked = ask()
    cache.set(f"watching:{key}", asked, max(FRESH, 20 * (time.monotonic() - began)))
    return asked


NAMES = {
    State.SENT: "sent",
    State.AMBIGUOUS: "sent",
    State.QUEUED: "waiting",
    State.CLAIMED: "waiting",
    State.COMMITTING: "waiting",
    State.DEFERRED: "deferred",
    State.FAILED: "failed",
}


def _parts(rows: Iterable[tuple[str, str, int]], notes: dict[str, str]) -> list[Part]:
    counted: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, state, n in rows:
        if field := NAMES.get(State(state)):
            counted[name][field] += n
    parts = [Part(name, **counts, note=notes.get(name, "")) for name, counts in counted.items()]
    return sorted(parts, key=lambda part: -(part.sent + part.waiting + part.deferred + part.failed))


def _sum(name: str, parts: list[Part]) -> Part:
    fields = ("sent", "waiting", "deferred", "failed")
    return Part(name, *(sum(getattr(part, field) for part in parts) for field in fields))


def _relay_note(relay: RelayState) -> str:
    if relay.open_until is None or relay.open_until <= database_now():
        return ""
    seconds = int((relay.open_until - database_now()).total_seconds()) + 1
    return _("left alone for %(n)s s: %(why)s") % {"n": seconds, "why": relay.last_error[:120]}


# --- What happened last ------------------------------------------------------------

WORDS = {
    "composed": gettext_lazy("written"),
    "copied": gettext_lazy("copied from another campaign"),
    "started campaign": gettext_lazy("started"),
    "scheduled campaign": gettext_lazy("scheduled"),
    "unscheduled campaign": gettext_lazy("the start was taken back"),
    "paused campaign": gettext_lazy("paused"),
    "resumed campaign": gettext_lazy("resumed"),
    "cancelled campaign": gettext_lazy("cancelled"),
    "added people to campaign": gettext_lazy("people were added"),
    "removed people from campaign": gettext_lazy("people were taken out"),
    "changed pace of campaign": gettext_lazy("the pace was changed"),
    "settled mails in doubt": gettext_lazy("mails in doubt were settled"),
    "retried failed mails": gettext_lazy("failed mails are tried again"),
    "mended": gettext_lazy("the mail was mended"),
    "published mail of campaign": gettext_lazy("new words go out"),
    "sent a test of": gettext_lazy("a test was sent"),
}


def log(campaign: Campaign) -> list[Line]:
    """Return what happened last, the newest first: presses, and what relays and receivers did meanwhile."""
    entries = AuditEntry.objects.filter(subject_kind="campaign", subject_id=campaign.pk).order_by("-at", "-pk")
    lines = [
        Line(entry.at, _said(entry), entry.actor_label, entry.verb in {"paused campaign", "cancelled campaign"})
        for entry in entries[:LINES]
    ]
    if campaign.finished_at is not None:
        lines.append(Line(campaign.finished_at, _("ended")))
    if campaign.started_at is not None:
        lines += _of_relays(campaign, campaign.started_at)
    return sorted(lines, key=lambda line: line.at, reverse=True)[:LINES]


def _said(entry: AuditEntry) -> str:
    words, detail = str(WORDS.get(entry.verb, entry.verb)), entry.detail or {}
    if entry.verb == "changed pace of campaign":
        rate = detail.get("per_hour")
        return f"{words}: " + (_("%(n)s an hour") % {"n": rate} if rate else _("as fast as the relays allow"))
    more = detail.get("reason") or detail.get("n") or ""
    if people := detail.get("people"):
        more = ngettext("%(n)s person", "%(n)s people", people) % {"n": people}
    return f"{words}: {more}" if more else words


def _of_relays(campaign: Campaign, since: datetime) -> list[Line]:
    """Relays that failed since the campaign started and are still left alone, and receivers that wanted fewer."""
    failing = RelayState.objects.filter(open_until__gt=database_now())
    lines = [
        Line(database_now(), _("relay %(name)s fails: %(why)s") % {"name": each.name, "why": each.last_error}, "", True)
        for each in failing
    ]
    lines += [
        Line(at, _("%(name)s asked for fewer: %(rate)s a second") % {"name": name, "rate": f"{rate:.2g}"}, "", True)
        for name, rate, at in throttle.slowed_since(since)
    ]
    return lines
