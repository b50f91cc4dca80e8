"""What a person declares in the preference centre; declared beats inferred, and the two are never mixed.

said = declare(ann, {"frequency": "weekly", "hour": "19", "motivation": ["offer"]})     # → the Preference
sentences(ann)         # → [("How often", "at most one a week"), …] for the 360° page
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import Contact, Preference

EVERY = {Preference.Frequency.WEEKLY: timedelta(days=7), Preference.Frequency.MONTHLY: timedelta(days=30)}
REPLIES = (4, 24, 72)  # hours that the page offers


def of(contact: Contact) -> Preference:
    """Return what the contact declared; an unsaved row that says nothing when she never did."""
    return Preference.objects.filter(contact=contact).first() or Preference(contact=contact)


def declare(contact: Contact, said: Mapping[str, Any], networks: Sequence[str] = ()) -> Preference:
    """Keep what the form says and return it; a value that the form does not offer counts as nothing said.

    Writes:  Preference, when something differs. `networks` are the keys that may be preferred.
    """
    held = of(contact)
    wanted = {
        "frequency": _one_of(said.get("frequency"), Preference.Frequency.values),
        "hour": _number(said.get("hour"), range(24)),
        "network": _one_of(said.get("network"), networks),
        "motivations": [one for one in Preference.Motivation.values if one in (said.get("motivation") or [])],
        "reply_within_hours": _number(said.get("reply_within"), REPLIES),
        "reply_by": _one_of(said.get("reply_by"), Preference.ReplyBy.values),
    }
    if any(getattr(held, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(held, name, value)
        held.save()
    return held


def _one_of(value: Any, known: Sequence[str]) -> str:
    return str(value) if value in known else ""


def _number(value: Any, known: Sequence[int] | range) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and int(text) in known else None


def sentences(contact: Contact) -> list[tuple[str, str]]:
    """Return (question, answer) of what the contact declared, in the reader's language."""
    said = of(contact)
    labels = dict(Preference.Motivation.choices)
    answers = [
        (_("How often"), str(said.get_frequency_display()) if said.frequency else ""),
        (_("Best hour"), f"{said.hour:02d}:00" if said.hour is not None else ""),
        (_("Preferred network"), said.network.capitalize()),
        (_("Follows us for"), ", ".join(str(labels[one]) for one in said.motivations if one in labels)),
        (_("Expects an answer"), _expected(said)),
    ]
    return [(question, answer) for question, answer in answers if answer]


def _expected(said: Preference) -> str:
    within = _("within %(n)d h") % {"n": said.reply_within_hours} if said.reply_within_hours else ""
    return " ".join(word for word in (within, str(said.get_reply_by_display()) if said.reply_by else "") if word)
