"""Some campaigns side by side, step by step, and whether the best and the next differ by more than chance.

compare([spring, summer])       # → Comparison(campaigns, rows); a row is a step with one cell a campaign
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.reports import campaign_report, words
from campaigns.reports.control import difference
from campaigns.reports.shapes import Column, Rate, Step, Table, Value

MOST = 4  # campaigns that fit beside each other


@dataclass(frozen=True)
class Cell:
    """One campaign's number of a step: what is read, and the interval drawn as a band (per cent of the widest)."""

    text: str
    note: str = ""
    left: float = 0.0
    width: float = 0.0
    at: float = 0.0
    has_band: bool = False


@dataclass(frozen=True)
class Row:
    """One step of the funnel across the campaigns."""

    label: str
    definition: str
    cells: Sequence[Cell]
    verdict: str
    is_social: bool


@dataclass(frozen=True)
class Comparison:
    """The campaigns, in the order asked for, and a row for each step that any of them has."""

    campaigns: Sequence[Campaign]
    rows: Sequence[Row]
    table: Table


def compare(campaigns: Sequence[Campaign]) -> Comparison:
    """Return the funnels of at most four campaigns side by side.

    Reads:   each campaign's report.
    """
    chosen = list(campaigns)[:MOST]
    funnels = [{step.key: step for step in campaign_report(campaign).funnel} for campaign in chosen]
    keys = list(dict.fromkeys(key for funnel in funnels for key in funnel))
    rows = [_row([funnel.get(key) for funnel in funnels], chosen) for key in keys]
    return Comparison(chosen, rows, _table(keys, funnels, chosen))


def _row(steps: Sequence[Step | None], campaigns: Sequence[Campaign]) -> Row:
    first = next(step for step in steps if step is not None)
    rates = [step.rate if step is not None else None for step in steps]
    widest = max((rate.high for rate in rates if rate is not None and not rate.says_little), default=0) or 1
    cells = [_cell(step, rate, widest) for step, rate in zip(steps, rates, strict=True)]
    return Row(first.label, first.definition, cells, _verdict(rates, campaigns), first.is_social)


def _cell(step: Step | None, rate: Rate | None, widest: float) -> Cell:
    if step is None:
        return Cell("—")
    if step.money is not None:
        return Cell(words.money(step.money))
    if rate is None or rate.value is None or rate.says_little:
        return Cell(words.number(step.n), words.rate(rate) if rate else "")
    scale = 100 / widest
    text = words.number(step.n)
    return Cell(
        text, words.rate(rate, short=True), rate.low * scale, (rate.high - rate.low) * scale, rate.value * scale, True
    )


def _verdict(rates: Sequence[Rate | None], campaigns: Sequence[Campaign]) -> str:
    """Say whether the best is shown to be better than the next.

    Source:  R. G. Newcombe, Statistics in Medicine 17 (1998), method 10, as for the control group.
    """
    known = [(rate.value, place) for place, rate in enumerate(rates) if rate is not None and rate.value is not None]
    if len(known) < 2 or any(rate is not None and rate.says_little for rate in rates):
        return ""
    (_best, best), (_next, second) = sorted(known, reverse=True)[:2]
    one, other = rates[best], rates[second]
    if one is None or other is None:
        return ""
    low, high = difference(one, other)
    if low <= 0:
        return _("no difference is shown")
    span = {"name": campaigns[best].name, "low": words.percent(low), "high": words.percent(high)}
    return _("%(name)s is ahead by %(low)s to %(high)s points") % span


def _table(keys: Sequence[str], funnels: Sequence[dict[str, Step]], campaigns: Sequence[Campaign]) -> Table:
    """Return the same as plain rows, one a step and campaign, for download."""
    columns = [
        Column(_("step")), Column(_("campaign")), Column(_("n"), "number"), Column(_("of"), "number"),
        Column(_("rate"), "rate"), Column(_("amount"), "money"),
    ]  # fmt: skip
    rows: list[list[Value]] = [
        [step.label, campaign.name, step.n, step.of or None, step.rate, step.money]
        for key in keys
        for campaign, funnel in zip(campaigns, funnels, strict=True)
        if (step := funnel.get(key)) is not None
    ]
    return Table("comparison", _("Compared"), columns, rows)
