"""Many campaigns side by side: sent, opened, clicked, shared, bought; three queries a page of small ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns.models import Campaign, Delivery, Engagement, Tally
from campaigns.reports import counts, words
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

    Reads:   Tally of these campaigns; Delivery and Engagement of those that have none: three queries. Where counting
             takes long there is a tally, looked after one by one.
    """
    kept = Tally.objects.filter(campaign__in=campaigns, key__in=["mails", "people"]).values_list("campaign", flat=True)
    large = set(kept)
    small = [campaign.pk for campaign in campaigns if campaign.pk not in large]
    mails, people = _mails(small), _people(small)
    rows = []
    for campaign in campaigns:
        if campaign.pk in large:
            found = counts.read(campaign)
            sent, opens, clicks = found.sent, found.measured_opens, found.measured_clicks
            did = found.people
        else:
            sent, opens, clicks = mails.get(campaign.pk, (0, 0, 0))
            did = people.get(campaign.pk, {})
        rows.append(
            Row(
                campaign,
                sent,
                Rate(did.get("open", 0), opens),
                Rate(did.get("click", 0), clicks),
                did.get("share_intent", 0),
                did.get("conversion", 0),
            )
        )
    return rows


def _mails(ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    rows = (
        Delivery.objects.filter(campaign__in=ids, state=Delivery.State.SENT)
        .order_by()
        .values("campaign")
        .annotate(
            sent=Count("pk"),
            opens=Count("pk", filter=Q(tracks_opens=True)),
            clicks=Count("pk", filter=Q(tracks_clicks=True)),
        )
    )
    return {row["campaign"]: (row["sent"], row["opens"], row["clicks"]) for row in rows}


def _people(ids: Sequence[int]) -> dict[int, dict[str, int]]:
    counted = Engagement.objects.filter(campaign__in=ids).order_by().values_list("campaign", "kind")
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for campaign, kind, n in counted.annotate(n=Count("pk")):
        found[campaign][kind] = n
    return found
