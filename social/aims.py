"""The number that each campaign's objective leads with: friends' visits, people who bought, people who came back.

actual([may, june])     # → {7: 34, 8: 0}
Named in settings.REPORT_SECTIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db.models import Count

from campaigns.models import Campaign, Engagement
from campaigns.reports.shapes import Section
from social.models import Credit, EarnedVisit

Objective = Campaign.Objective


def section(campaign: Campaign) -> Section:
    """Return the leading number alone: neither step nor table."""
    return Section(key="aim", title="", leads={campaign.objective: actual([campaign])[campaign.pk]})


def actual(campaigns: Sequence[Campaign]) -> dict[int, int]:
    """Return the leading number of each campaign by its id: at most one query an objective."""
    found = {campaign.pk: 0 for campaign in campaigns}
    for objective, count in COUNTED.items():
        if ids := [campaign.pk for campaign in campaigns if campaign.objective == objective]:
            found |= count(ids)
    return found


def _visits(ids: Sequence[int]) -> dict[int, int]:
    visits = EarnedVisit.objects.filter(share_link__campaign__in=ids, is_sharer=False)
    return dict(visits.order_by().values_list("share_link__campaign").annotate(n=Count("pk")))


def _buyers(ids: Sequence[int]) -> dict[int, int]:
    bought = Engagement.objects.filter(campaign__in=ids, kind="conversion", contact__isnull=False)
    return dict(bought.order_by().values_list("campaign").annotate(n=Count("pk")))


def _returned(ids: Sequence[int]) -> dict[int, int]:
    """Count people whose credited order was not their first."""
    again = Credit.objects.filter(
        campaign__in=ids,
        model=Credit.Model.LAST_TOUCH,
        conversion__contact__isnull=False,
        conversion__order__is_new_customer=False,
    )
    people = Count("conversion__contact", distinct=True)
    return dict(again.order_by().values_list("campaign").annotate(n=people))


COUNTED: dict[str, Callable[[Sequence[int]], dict[int, int]]] = {
    Objective.AWARENESS: _visits,
    Objective.SALES: _buyers,
    Objective.LOYALTY: _returned,
}
