"""Devices × systems of what people did, beside what their like did a year before.

A year before = the campaigns that began within 45 days of the day one year before this one: its opens and clicks.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Event, HourlyTotal
from campaigns.reports import rows, tally
from campaigns.reports.counts import HUMAN, Counts
from campaigns.reports.measures import meaning
from campaigns.reports.shapes import Column, Counted, Rate, Table, Value

YEAR = timedelta(days=365)
AROUND = timedelta(days=45)
KINDS = ("open", "click")


def table(campaign: Campaign, found: Counts) -> Table:
    """Return one row a device and system, the most seen first; the year before only where there was one."""
    names, now = dict(Event.Device.choices), found.by["os"]
    before = year_before(campaign)
    keys = {value for kind, value in now if kind in KINDS} | before.keys()
    total = sum(n for (kind, _value), n in now.items() if kind in KINDS)
    lines: list[list[Value]] = []
    for key in sorted(keys, key=lambda key: (-now["open", key] - now["click", key], -before[key], key)):
        device, _slash, system = key.partition("/")
        counted = [_cell(campaign, kind, device, system, now[kind, key]) for kind in KINDS]
        share = Rate(now["open", key] + now["click", key], total)
        line: list[Value] = [str(names.get(device, device)), system or _("unknown"), *counted, share]
        lines.append([*line, Rate(before[key], before.total())] if before else line)
    year = Column(_("a year before"), "rate", _("The same share in campaigns of this season one year before."))
    return Table(
        "devices",
        _("Devices"),
        [
            Column(_("device")),
            Column(_("system")),
            Column(_("opens"), "number", meaning("loads")),
            Column(_("clicks"), "number", meaning("loads")),
            Column(_("share"), "rate", _("Of all opens and clicks by people who agreed to be measured.")),
            *([year] if before else []),
        ],
        lines,
        note=_("An iPad that asks for desktop pages says it is a Mac, and counts as a computer."),
    )


def _cell(campaign: Campaign, kind: str, device: str, system: str, n: int) -> Counted:
    which = {"kind__exact": kind, "verdict__exact": HUMAN, "device__exact": device, "os__exact": system}
    return Counted(n, rows.events_url(campaign, **which) if n else "")


def year_before(campaign: Campaign) -> Counter[str]:
    """Return the human opens and clicks by "device/system" of the season one year before; empty without any."""
    if campaign.started_at is None:
        return Counter()
    middle = campaign.started_at - YEAR
    season = Campaign.objects.filter(
        kind=Campaign.Kind.CAMPAIGN, started_at__gte=middle - AROUND, started_at__lte=middle + AROUND
    )
    ids = list(season.values_list("pk", flat=True))
    if not ids:
        return Counter()
    mark = ",".join(map(str, ids))[-80:]
    return Counter(dict(tally.kept(campaign, "year before", mark, lambda: _count(ids))))


def _count(ids: list[int]) -> list[list[Any]]:
    totals = HourlyTotal.objects.filter(campaign__in=ids, kind__in=KINDS, dimension="os", verdict=HUMAN)
    return [list(row) for row in totals.order_by().values_list("value").annotate(total=Sum("n"))]
