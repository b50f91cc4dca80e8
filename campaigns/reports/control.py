"""The control group beside those who got the mail: what would have happened anyway."""

from __future__ import annotations

from datetime import datetime
from math import sqrt
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Delivery
from campaigns.reports import tally, words
from campaigns.reports.measures import meaning
from campaigns.reports.shapes import Group, Rate


def compare(campaign: Campaign) -> tuple[list[Group], str]:
    """Return both groups and what their difference says; nothing for a campaign without a control group.

    Reads:   Delivery joined with Contact.last_ordered_at: one query.
    """
    since = campaign.audience_at or campaign.started_at
    held = Delivery.objects.filter(campaign=campaign, state=Delivery.State.CONTROL)
    if since is None or not held.exists():
        return [], ""
    rows = tally.kept(campaign, "control", "", lambda: _count(campaign, since), rest=200)
    found = {state: Rate(ordered, n) for state, ordered, n in rows}
    treated, control = found.get("sent", Rate(0, 0)), found.get("control", Rate(0, 0))
    groups = [
        Group("treated", _("got the mail"), treated.of, treated, meaning("control")),
        Group("control", _("control group, got nothing"), control.of, control, meaning("control")),
    ]
    return groups, lift(treated, control)


def _count(campaign: Campaign, since: datetime) -> list[list[Any]]:
    rows = (
        Delivery.objects.filter(campaign=campaign, state__in=["sent", "control"])
        .annotate(ordered_at=F("contact__last_ordered_at"))
        .order_by()
        .values("state")
        .annotate(n=Count("pk"), ordered=Count("pk", filter=Q(ordered_at__gte=since)))
    )
    return [[row["state"], row["ordered"], row["n"]] for row in rows]


def lift(treated: Rate, control: Rate) -> str:
    """Return the difference in words; "not shown" is an answer.

    Source:  R. G. Newcombe, Statistics in Medicine 17 (1998), method 10: the interval of a difference from two Wilsons.
    """
    if treated.value is None or control.value is None or treated.says_little or control.says_little:
        return _("Too few people in one of the groups to say what the mail changed.")
    low, high = difference(treated, control)
    span = {"low": words.percent(low), "high": words.percent(high)}
    if low <= 0 <= high:
        return _("No effect on orders is shown: the difference lies between %(low)s and %(high)s points.") % span
    if low > 0:
        return _("The mail brought orders: %(low)s to %(high)s points more than in the control group.") % span
    return _("Fewer orders than in the control group: %(low)s to %(high)s points.") % span


def difference(treated: Rate, control: Rate) -> tuple[float, float]:
    """Return the 95 % interval of treated minus control, as fractions."""
    a, b = treated.value or 0.0, control.value or 0.0
    below = sqrt((a - treated.low) ** 2 + (control.high - b) ** 2)
    above = sqrt((treated.high - a) ** 2 + (b - control.low) ** 2)
    return a - b - below, a - b + above
