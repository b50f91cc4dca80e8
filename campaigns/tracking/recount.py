"""Count the raw events again and compare with what the rollups say; late rules over old events.

differences(campaign)     # → [] : every total equals its rows
rebuild(campaign)         # write the recount over the rollups
reclassify(campaign)      # the rules of today over the hits of the last 30 days; → how many verdicts moved
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.db import transaction

from campaigns.models import Campaign, Engagement, Event, HourlyTotal, LinkEngagement
from campaigns.tracking import classify, retention, rollups, sorting
from campaigns.tracking.rollups import Act, Sums
from contacts import manners


class Incomplete(RuntimeError):
    """Retention has begun to delete the campaign's events: its totals know more than a recount could."""


def differences(campaign: Campaign) -> list[str]:
    """Return one line for each rollup row that differs from the recount of the campaign's events; [] when all agree.

    Reads:   every Event of the campaign, in chunks. Campaigns whose events retention has begun to delete differ.
    """
    counted, stored = _flat(rollups.sums(_acts(campaign))), _flat(_stored(campaign))
    return [
        f"{key}: rollup {stored.get(key)}, rows {counted.get(key)}"
        for key in sorted(counted.keys() | stored.keys(), key=str)
        if counted.get(key) != stored.get(key)
    ]


def rebuild(campaign: Campaign) -> None:
    """Replace the campaign's rollups by a recount of its events.

    Writes:  HourlyTotal, Engagement, LinkEngagement of the campaign, in one transaction.
    Raises:  Incomplete when retention has begun to delete its events.
    """
    if retention.is_begun(campaign):
        raise Incomplete(f"Campaign {campaign.pk}: events of it were deleted by age; its totals are kept as they are.")
    with transaction.atomic():
        counted = rollups.sums(_acts(campaign))
        counted.last = {}  # a contact's last act may belong to another campaign; it only ever moves forward
        HourlyTotal.objects.filter(campaign=campaign).delete()
        Engagement.objects.filter(campaign=campaign, contact__isnull=False).delete()
        LinkEngagement.objects.filter(link__campaign=campaign, contact__isnull=False).delete()
        rollups.write(counted)


def _acts(campaign: Campaign) -> Iterator[Act]:
    columns = list(Act.__slots__)
    for row in Event.objects.filter(campaign=campaign).values_list(*columns).iterator(chunk_size=5000):
        yield Act(*row)


def _stored(campaign: Campaign) -> Sums:
    result = Sums()
    for t in HourlyTotal.objects.filter(campaign=campaign):
        result.totals[t.campaign_id, t.hour, t.kind, t.verdict, t.dimension, t.value] = t.n
    for e in Engagement.objects.filter(campaign=campaign, contact__isnull=False):
        result.people[e.campaign_id, e.contact_id or 0, e.kind] = (e.first_at, e.last_at, e.n)
    for c in LinkEngagement.objects.filter(link__campaign=campaign, contact__isnull=False):
        result.links[c.link_id, c.contact_id or 0] = (c.first_at, c.last_at, c.n)
    return result


def _flat(sums: Sums) -> dict[Any, Any]:
    totals = {("total", *key): n for key, n in sums.totals.items()}
    people = {("people", *key): span for key, span in sums.people.items()}
    return {**totals, **people, **{("links", *key): span for key, span in sums.links.items()}}


def reclassify(campaign: Campaign) -> int:
    """Let today's rules judge the campaign's stored hits again, and return how many verdicts moved.

    Reads:   open and click events of persons, not older than 30 days, one delivery after the other.
    Writes:  Event and every rollup, 200 deliveries a transaction.
    """
    links = sorting.links_by_campaign([campaign.pk]).get(campaign.pk, 0)
    hits = Event.objects.filter(
        campaign=campaign,
        kind__in=["open", "click"],
        delivery__isnull=False,
        at__gte=retention.raw_since(),
    ).exclude(rule="", user_agent="", ip_prefix="")
    moved = 0
    changes: list[rollups.Change] = []
    rows = hits.select_related("delivery").order_by("delivery_id", "at").iterator(chunk_size=2000)
    for _, group in groupby(rows, key=lambda event: event.delivery_id):
        pairs = [(event, sorting.seen_of(event)) for event in group]
        sent_at = pairs[0][0].delivery.sent_at if pairs[0][0].delivery else None
        classify.judge([seen for _, seen in pairs], links_in_mail=links, sent_at=sent_at)
        changes += sorting.changes_of(pairs)
        if len(changes) >= 200:
            moved += _move(changes)
            changes = []
    return moved + _move(changes)


def _move(changes: list[rollups.Change]) -> int:
    with manners.write_batch():
        return rollups.move(changes) if changes else 0
