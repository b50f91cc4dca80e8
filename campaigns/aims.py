"""What a campaign is for: its objective names the number that its report leads with, beside a target, an owner, a date.

aim(campaign, 34)     # → Aim(measure="bought", n=34, target=50, …); .sentence: "34 of 50 bought, by 1 May"

The numbers are counted upstairs (`Section.leads`), for friends and orders are known there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.reports import words
from campaigns.reports.measures import label, meaning
from campaigns.reports.shapes import TOO_FEW

LEADING = {  # objective → measure
    Campaign.Objective.AWARENESS: "earned_visit",
    Campaign.Objective.SALES: "conversion",
    Campaign.Objective.LOYALTY: "returned",
}


@dataclass(frozen=True)
class Aim:
    """The leading measure of a campaign: `n` so far, against its target where one is set.

    projected   where it lands on `due_on` at the pace so far; None when that is over, or too few to say
    """

    objective: str
    measure: str
    label: str
    definition: str
    n: int
    target: int | None
    due_on: date | None
    owner: str
    projected: int | None

    @property
    def percent(self) -> int:
        return min(100, 100 * self.n // self.target) if self.target else 0

    @property
    def is_reached(self) -> bool:
        return bool(self.target) and self.n >= (self.target or 0)

    @property
    def sentence(self) -> str:
        """The number, its target and its date, in words."""
        if not self.target:
            return _("%(n)s %(measure)s") % {"n": words.number(self.n), "measure": self.label}
        said = _("%(n)s of %(target)s %(measure)s") % {
            "n": words.number(self.n),
            "target": words.number(self.target),
            "measure": self.label,
        }
        return said + (_(", by %(day)s") % {"day": date_format(self.due_on, "DATE_FORMAT")} if self.due_on else "")

    @property
    def outlook(self) -> str:
        """What is to be expected of it."""
        if not self.target:
            return ""
        if self.is_reached:
            return _("Reached.")
        if self.due_on and self.due_on < timezone.localdate():
            return _("Missed: the date is over.")
        if not self.due_on:
            return ""
        if self.projected is None:
            return _("Too few to say where it lands.")
        return _("At the pace so far about %(n)s by then.") % {"n": words.number(self.projected)}


def aim(campaign: Campaign, n: int) -> Aim:
    """Return what a campaign is for and how far it is; `n` is its leading measure, counted now."""
    key = LEADING[Campaign.Objective(campaign.objective)]
    return Aim(
        objective=campaign.objective,
        measure=key,
        label=label(key),
        definition=meaning(key),
        n=n,
        target=campaign.target,
        due_on=campaign.due_on,
        owner=str(campaign.owner or ""),
        projected=_projected(campaign, n),
    )


def _projected(campaign: Campaign, n: int) -> int | None:
    """Return n drawn on to the end of the due day. Below 30 a straight line says nothing."""
    if n < TOO_FEW or campaign.started_at is None or campaign.due_on is None:
        return None
    end = timezone.make_aware(datetime.combine(campaign.due_on + timedelta(days=1), time.min))
    passed, whole = timezone.now() - campaign.started_at, end - campaign.started_at
    return round(n * (whole / passed)) if timedelta() < passed < whole else None
