"""The demo's outcome as it is printed: the campaign's report, step by step, and the addresses to open.

print(table(campaign_report(campaign)))
"""

from __future__ import annotations

from typing import Any

from campaigns.reports import CampaignReport, Step
from campaigns.reports.shapes import Money


def steps(report: CampaignReport) -> list[Step]:
    """Return the funnel of the report with the steps of every floor, in order."""
    return [*report.funnel]


def as_dict(report: CampaignReport) -> dict[str, Any]:
    """Return each step's figure under its key: what a program reads of `demo --json`."""
    return {step.key: step.money.minor if step.money else step.n for step in steps(report)}


def table(report: CampaignReport) -> str:
    """Return the funnel as text: label, figure, rate with its interval."""
    rows = [(str(step.label), _figure(step), _rate(step)) for step in steps(report)]
    width = max(len(label) for label, _figure_, _rate_ in rows)
    return "\n".join(f"  {label:<{width}}  {figure:>12}  {rate}".rstrip() for label, figure, rate in rows)


def _figure(step: Step) -> str:
    return money(step.money) if step.money else f"{step.n:,}"


def money(amount: Money) -> str:
    """Return an amount in words: 1,234.50 EUR."""
    from babel.numbers import get_currency_precision

    digits = get_currency_precision(amount.currency)
    return f"{amount.minor / 10**digits:,.{digits}f} {amount.currency}"


def _rate(step: Step) -> str:
    rate = step.rate
    if rate is None or rate.value is None:
        return ""
    return f"{rate.value:6.1%} of {step.of_label}  ({rate.low:.1%} to {rate.high:.1%})"
