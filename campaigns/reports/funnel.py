"""The funnel as a table, for downloads."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from campaigns.reports.shapes import CampaignReport, Column, Table


def funnel_table(found: CampaignReport) -> Table:
    """Return the funnel as a table, for download."""
    names = [_("step"), _("n"), _("of"), _("rate"), _("low"), _("high"), _("definition")]
    rows: list[list[Any]] = []
    for step in found.funnel:
        rate = step.rate
        doubt = [rate, rate.low, rate.high] if rate else [None, None, None]
        rows.append([step.label, step.money or step.n, step.of or None, *doubt, step.definition])
    return Table("funnel", _("Funnel"), [Column(name) for name in names], rows)
