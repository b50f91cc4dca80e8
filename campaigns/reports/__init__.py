"""What a campaign brought: the funnel from sent to revenue, rates with their doubt, series, links, devices.

    report = campaign_report(campaign)
    report.funnel[1]            # Step(key="opened", n=387, of=12480, …).rate → Rate(387, 12480), low 0.028, high 0.034
    report.sentence             # "12,480 mails sent; 387 people clicked (3.1 %; 2.8–3.4 %)."

Everything comes from rollups and indexed tables, never from a scan of events. Upper floors add sections by
settings.REPORT_SECTIONS: modules with `section(campaign) -> Section | None`. Definitions are in docs/measures.md.
"""

from __future__ import annotations

from campaigns.models import Campaign
from campaigns.reports.shapes import (
    CampaignReport,
    Cell,
    Column,
    Group,
    Money,
    Point,
    Rate,
    Section,
    Step,
    Table,
)

__all__ = [
    "CampaignReport",
    "Cell",
    "Column",
    "Group",
    "Money",
    "Point",
    "Rate",
    "Section",
    "Step",
    "Table",
    "campaign_report",
]


def campaign_report(campaign: Campaign) -> CampaignReport:
    """Return everything that is known about one campaign's outcome.

    Reads:   Delivery counts by state, HourlyTotal, Engagement, LinkEngagement of the campaign, and the sections' own.
    """
    from campaigns.reports.build import report  # the builder loads the sections, which import this package

    return report(campaign)
