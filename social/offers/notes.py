"""Redemptions heard of later: noted by a phone without network, on paper, or by a real till in its nightly file.

    keep(till, [{"id": "…", "code": "7K2M9-PQRWX-G", "at": "2026-05-02T14:02:00Z"}])    # from the phone, each once
    on_paper(place, "14:02 7K2M9-PQRWX-G 50,00 A-17", day=date(2026, 5, 2), by=manager)
    settle(note, by=manager)     # → the note: redeemed as of its moment, or refused with where and when it was used

A note is settled once. The rules asked are those of the moment it was noted; the claim must still be free.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from contacts import audit
from contacts.money import read_money
from social.models import Place, TillNote
from social.offers.asking import Who
from social.offers.reasons import Reason, Refused, sentence
from social.offers.redemption import redeem
from social.tills import Till

MOST_AT_ONCE = 200  # notes of one upload
OLDEST = timedelta(days=14)
SHOWN_FOR = timedelta(days=1)
State = TillNote.State


def keep(till: Till, wished: Iterable[Mapping[str, Any]]) -> list[str]:
    """Keep what a phone noted and return the ids it may forget. What cannot be read is kept as far as it can.

    Writes:  TillNote, once per id; a clock that runs wrong is brought back to now.
    """
    kept = []
    for one in list(wished)[:MOST_AT_ONCE]:
        ident, code = str(one.get("id", ""))[:64], str(one.get("code", "")).strip()[:400]
        if not ident:
            continue
        if code and "\x00" not in code:
            _note(till, ident, code, one)
        kept.append(ident)
    return kept


def _note(till: Till, ident: str, code: str, one: Mapping[str, Any]) -> None:
    TillNote.objects.get_or_create(
        key=f"phone:{till.device.pk}:{ident}",
        defaults={
            "place": till.place,
            "device": till.device,
            "staff": till.staff,
            "source": TillNote.Source.PHONE,
            "code": code,
            "noted_at": moment(one.get("at")),
            "amount_minor": amount(str(one.get("amount", "")), "EUR"),
            "order_reference": _printable(one.get("order")),
        },
    )


def moment(value: Any) -> datetime:
    """Return the time of a note, now for one that cannot be, lies ahead, or is older than two weeks."""
    now = timezone.now()
    try:
        at = parse_datetime(str(value))
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at) or not now - OLDEST < at <= now:
        return now
    return at


def amount(typed: str, currency: str) -> int | None:
    """Return an amount as people write it, None when there is none or it cannot be read."""
    try:
        return read_money(typed, currency) if typed.strip() else None
    except ValueError:
        return None


def on_paper(place: Place, text: str, *, day: date, by: User) -> tuple[list[TillNote], list[str]]:
    """Keep a paper's lines "14:02 CODE [amount] [order number]" and return the notes and the lines not understood.

    Writes:  TillNote, once per place, day and line.
    """
    made, unclear = [], []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        read = re.fullmatch(r"(\d{1,2})[:hH.](\d{2})\s+(\S+)(?:\s+(\d[\d.,]*))?(?:\s+(\S.*))?", line)
        at = _at(place, day, read[1], read[2]) if read else None
        if read is None or at is None:
            unclear.append(line[:120])
            continue
        digest = hashlib.sha256(line.encode()).hexdigest()[:24]
        note, _new = TillNote.objects.get_or_create(
            key=f"paper:{place.pk}:{day.isoformat()}:{digest}",
            defaults={
                "place": place,
                "source": TillNote.Source.PAPER,
                "code": read[3][:400],
                "noted_at": at,
                "amount_minor": amount(read[4] or "", "EUR"),
                "order_reference": _printable(read[5]),
            },
        )
        made.append(note)
    audit.record(by, "entered paper notes", place, n=len(made))
    return made, unclear


def _at(place: Place, day: date, hour: str, minute: str) -> datetime | None:
    try:
        return datetime.combine(day, time(int(hour), int(minute)), ZoneInfo(place.time_zone))
    except ValueError:
        return None


def settle(note: TillNote, *, by: User | None) -> TillNote:
    """Redeem what was noted, as of its moment, or keep why not; a settled note stays as it is.

    Writes:  what `redeem` writes; TillNote.state, reason and detail; its code is emptied once redeemed.
    """
    if note.state in (State.SETTLED, State.DROPPED):
        return note
    who = Who(client=f"note:{note.pk}", device=note.device, staff=note.staff, user=by)
    tries = TillNote.objects.filter(pk=note.pk).exclude(state__in=(State.SETTLED, State.DROPPED))
    now = timezone.now()
    try:
        made = redeem(
            note.code, place=note.place, who=who, key=f"{note.key}:{note.state}"[:200], amount_minor=note.amount_minor,
            order_reference=note.order_reference, at=min(note.noted_at, now),
        )  # fmt: skip
    except Refused as why:
        tries.update(state=State.COLLISION, reason=str(why.reason), detail=why.answer()["detail"], settled_at=now)
    else:
        tries.update(state=State.SETTLED, redemption=made, reason="", detail={}, settled_at=now, code="")
    note.refresh_from_db()
    return note


def settle_all(notes: QuerySet[TillNote], *, by: User | None) -> tuple[int, int]:
    """Settle these, oldest first, for the first use wins; return how many were redeemed and how many refused."""
    done = [settle(note, by=by) for note in notes.filter(state=State.WAITING).order_by("noted_at", "pk")]
    redeemed = sum(1 for note in done if note.state == State.SETTLED)
    return redeemed, len(done) - redeemed


def drop(notes: QuerySet[TillNote], *, by: User) -> int:
    """Put notes aside that nobody can settle; what they said stays."""
    n = notes.exclude(state=State.SETTLED).update(state=State.DROPPED, settled_at=timezone.now())
    audit.record(by, "put notes aside", None, n=n)
    return n


def of_late(place: Place) -> list[TillNote]:
    """Return a shop's notes that wait, that were refused, and that were settled within the day, newest first."""
    rows = TillNote.objects.filter(place=place).exclude(state=State.DROPPED)
    fresh = Q(settled_at__gt=timezone.now() - SHOWN_FOR) | Q(state=State.WAITING)
    return list(rows.filter(fresh).select_related("place").order_by("-noted_at")[:50])


def sentence_of(note: TillNote) -> str:
    """Return why a note was refused, with where and when the code was used."""
    return sentence(note.reason, note.detail) if note.reason in Reason.values else ""


def _printable(value: Any) -> str:
    return "".join(letter for letter in str(value or "").strip() if letter.isprintable())[:120]
