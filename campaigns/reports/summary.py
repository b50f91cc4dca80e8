"""Many campaigns side by side: sent, opened, clicked, shared, bought; two queries a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns.models import Campaign, Delivery, Engagement
from campaigns.reports import words
from campaigns.reports.shapes import Rate


@dataclass(frozen=True)
class Row:
    """One campaign's line."""

    campaign: Campaign
    sent: int
    opened: Rate
    clicked: Rate
    shared: int
    bought: int

    @property
    def sent_text(self) -> str:
        return words.number(self.sent)

    @property
    def opened_text(self) -> str:
        return words.rate(self.opened, short=True)

    @property
    def clicked_text(self) -> str:
        return words.rate(self.clicked, short=True)


def of_many(campaigns: Sequence[Campaign]) -> list[Row]:
    """Return a row for each campaign, in the given order.

    Reads:   Delivery and Engagement of these campaigns: two queries.
    """
    ids = [campaign.pk for campaign in campaigns]
    mails = {
        row["campaign"]: row
        for row in Delivery.objects.filter(campaign__in=ids, state=Delivery.State.SENT)
        .order_by()
        .values("campaign")
        .annotate(
            sent=Count("pk"),
            opens=Count("pk", filter=Q(tracks_opens=True)),
            clicks=Count("pk", filter=Q(tracks_clicks=True)),
        )
    }
    counted = Engagement.objects.filter(campaign__in=ids).order_by().values_list("campaign", "kind")
    people = {(campaign, kind): n for campaign, kind, n in counted.annotate(n=Count("pk"))}
    rows = []
    for campaign in campaigns:
        mail = mails.get(campaign.pk, {"sent": 0, "opens": 0, "clicks": 0})
        rows.append(
            Row(
                campaign,
                mail["sent"],
                Rate(people.get((campaign.pk, "open"), 0), mail["opens"]),
                Rate(people.get((campaign.pk, "click"), 0), mail["clicks"]),
                people.get((campaign.pk, "share_intent"), 0),
                people.get((campaign.pk, "conversion"), 0),
            )
        )
    return rows
