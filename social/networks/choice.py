"""A marketer's choice of networks: for the brand, and where she says more, for a campaign, a segment, a language.

    chosen = of(brand, "fr", campaign=may, contact=ann)
    chosen["x"].is_enabled, chosen["x"].label, chosen["x"].text

Of several choices for one network the more particular wins: segment before campaign before language before brand. Words
that the winner leaves empty come from the next. A closed network's rows stay and show nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from campaigns.models import Campaign
from contacts.models import Brand, Contact
from contacts.segments.predicate import matches
from contacts.segments.rules import BadRule
from social.models import NetworkSetting


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a network is shown, where, under which words, and the words to be shared on it."""

    is_enabled: bool
    position: int
    label: str
    text: str


def of(
    brand: Brand, language: str, campaign: Campaign | None = None, contact: Contact | None = None
) -> dict[str, Choice]:
    """Return what was chosen, by the network's key.

    Reads:   NetworkSetting of the brand; the segments it names, for this contact only. One query without segments.
    """
    if not brand.pk:
        return {}
    here = Q(campaign=None) | Q(campaign=campaign) if campaign is not None else Q(campaign=None)
    rows = NetworkSetting.objects.filter(here, brand=brand, language__in=("", language)).select_related("segment")
    known: dict[int, bool] = {}
    chosen: dict[str, Choice] = {}
    for row in sorted(rows, key=_particular):
        if row.segment_id is None or _is_in(row, contact, known):
            chosen[row.network] = _over(chosen.get(row.network), row, language)
    return chosen


def _particular(row: NetworkSetting) -> tuple[bool, bool, bool, int]:
    return row.segment_id is not None, row.campaign_id is not None, bool(row.language), row.pk


def _is_in(row: NetworkSetting, contact: Contact | None, known: dict[int, bool]) -> bool:
    if contact is None or row.segment is None:
        return False
    if row.segment.pk not in known:
        try:
            known[row.segment.pk] = matches(row.segment.rules, contact)
        except BadRule:  # a segment that names what is gone leaves the page as it is for everybody
            known[row.segment.pk] = False
    return known[row.segment.pk]


def _over(below: Choice | None, row: NetworkSetting, language: str) -> Choice:
    return Choice(
        is_enabled=row.is_enabled,
        position=row.position,
        label=_words(row.label, language) or (below.label if below else ""),
        text=_words(row.text, language) or (below.text if below else ""),
    )


def _words(written: object, language: str) -> str:
    return str(written.get(language) or "") if isinstance(written, dict) else ""
