"""What did we learn: at most three sentences of the last campaign, each with its number, its doubt and what to do next.

lessons.of(Outcome(name="Autumn", pk=12, sent=12_480, measured=12_480, clicked=387, …))
# → [Lesson("“Autumn” was clicked by 387 of 12,480 people (3.1 %; 2.8–3.4 %).", "Begin the next one from it", …), …]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _

from campaigns.reports.shapes import Rate

MOST = 3  # sentences


@dataclass(frozen=True)
class Outcome:
    """The last campaign's people: who got it, who could be measured, who acted; `remark` compares its clicks."""

    pk: int
    name: str
    sent: int
    measured: int
    clicked: int
    shared: int
    redeemed: int
    remark: str = ""


@dataclass(frozen=True)
class Lesson:
    """A sentence and the press that follows from it; `is_post` for one that makes something."""

    text: str
    press: str
    url: str
    is_post: bool = False


def of(outcome: Outcome) -> list[Lesson]:
    """Return the lessons of one campaign, the one about its clicks first; of what nobody did nothing is said."""
    return list(_said(outcome))[:MOST]


def _said(o: Outcome) -> Iterator[Lesson]:
    if o.measured:
        words = {"name": o.name, "rate": told(Rate(o.clicked, o.measured)), "remark": o.remark}
        text = (
            _("“%(name)s” was clicked by %(rate)s, %(remark)s.")
            if o.remark
            else _("“%(name)s” was clicked by %(rate)s.")
        )
        again = reverse("admin:campaigns_campaign_duplicate", args=[o.pk])
        yield Lesson(text % words, _("Begin the next one from it"), again, is_post=True)
    if o.shared:
        text = _("It was shared by %(rate)s.") % {"rate": told(Rate(o.shared, o.sent))}
        yield Lesson(text, _("See whom they brought"), reverse("admin:social_sharelink_trees"))
    if o.redeemed:
        text = _("Its offer was redeemed by %(rate)s.") % {"rate": told(Rate(o.redeemed, o.sent))}
        yield Lesson(text, _("See the offers"), reverse("admin:social_offer_changelist"))


def told(rate: Rate) -> str:
    """Return “387 of 12,480 people (3.1 %; 2.8–3.4 %)”; below 30 people the interval alone would fill a line."""
    words = {"n": localize(rate.n), "of": localize(rate.of)}
    if rate.says_little or rate.value is None:
        return _("%(n)s of %(of)s people (too few for a rate)") % words
    words |= {"rate": _one(rate.value), "low": _one(rate.low), "high": _one(rate.high)}
    return _("%(n)s of %(of)s people (%(rate)s %%; %(low)s–%(high)s %%)") % words


def _one(part: float) -> str:
    return str(localize(round(100 * part, 1)))
