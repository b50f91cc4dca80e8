"""Between a line and a row: whose hit it is, whether she agreed, and what the rules say.

    ours = locate(hits)            # campaign, delivery, link and contact found; without consent: a crowd hit
    changes = classify(ours)       # verdicts set; returns stored events that late evidence turned
    acts = [act_of(hit) for hit in ours]

Nothing here writes.
"""

# ruff: noqa: S608 - what is put into these statements are our own names and placeholders
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count

from campaigns.delivery.database import is_postgresql
from campaigns.models import Event, Link
from campaigns.tracking import bulk, countries, neighbours
from campaigns.tracking import classify as rules
from campaigns.tracking.classify import RULESET, Seen
from campaigns.tracking.hits import Hit
from campaigns.tracking.neighbours import Stored
from campaigns.tracking.rollups import Act, Change
from contacts.models import Consent

KINDS = {
    "o": Event.Kind.OPEN.value,
    "c": Event.Kind.CLICK.value,
    "w": Event.Kind.WEB_VIEW.value,
    "f": Event.Kind.OFFER_VIEW.value,
}
PURPOSES = {
    "o": Consent.Purpose.OPEN_TRACKING,
    "c": Consent.Purpose.CLICK_TRACKING,
    "w": Consent.Purpose.CLICK_TRACKING,  # one reads it by a click
    "f": Consent.Purpose.CLICK_TRACKING,  # the page is a service she asked for, that we note it is not
}


class Owner(NamedTuple):
    """Whose mail a delivery was: the times are as the database keeps them, read by `bulk.moment` when needed."""

    campaign_id: int
    contact_id: int
    opens_since: str | datetime | None
    clicks_since: str | datetime | None
    sent_at: str | datetime | None


@dataclass(frozen=True, slots=True)
class Located:
    """Hits with campaign, link and contact; for the rules the deliveries' owners, and campaigns' links by number."""

    hits: list[Hit]
    owners: dict[int, Owner]
    links: dict[int, dict[int, int]]


def locate(hits: Sequence[Hit]) -> Located:
    """Return the hits whose campaign (and link) exists, each with its contact if she agreed at the time and agrees now.

    Reads:   Campaign, Link, Delivery with Contact: three queries a batch. The contacts are locked (PostgreSQL), so a
             withdrawal waits for us or we see it.
    """
    campaigns = _campaigns({hit.campaign_id for hit in hits if hit.campaign_id})
    links = _numbered(campaigns)
    owners = _owners({hit.delivery_id for hit in hits if hit.delivery_id})
    found = []
    for hit in hits:
        if hit.campaign_id not in campaigns:
            continue
        if hit.kind == "c":
            hit.link_id = links.get(hit.campaign_id, NO_LINKS).get(hit.number)
            if hit.link_id is None:
                continue
        owner = owners.get(hit.delivery_id or 0)
        if owner is not None and owner.campaign_id == hit.campaign_id and _agreed(owner, hit):
            hit.contact_id = owner.contact_id
        else:
            hit.delivery_id = None  # the crowd: no person, no address
        found.append(hit)
    return Located(found, owners, links)


NO_LINKS: dict[int, int] = {}


def _agreed(owner: Owner, hit: Hit) -> bool:
    """Say whether she agreed before the hit and still agrees now."""
    purpose = PURPOSES[hit.kind]
    since = bulk.moment(owner.opens_since if purpose == Consent.Purpose.OPEN_TRACKING else owner.clicks_since)
    return since is not None and since <= hit.at


def _campaigns(ids: set[int]) -> set[int]:
    if not ids:
        return set()
    sql = f"SELECT id FROM campaigns_campaign WHERE id {bulk.among()}"
    return {pk for (pk,) in bulk.rows(sql, [bulk.ids(ids)])}


def _numbered(campaigns: set[int]) -> dict[int, dict[int, int]]:
    """Return each campaign's links by their number."""
    if not campaigns:
        return {}
    found: dict[int, dict[int, int]] = defaultdict(dict)
    sql = f"SELECT campaign_id, number, id FROM campaigns_link WHERE number IS NOT NULL AND campaign_id {bulk.among()}"
    for campaign, number, pk in bulk.rows(sql, [bulk.ids(campaigns)]):
        found[campaign][number] = pk
    return found


def _owners(deliveries: set[int]) -> dict[int, Owner]:
    if not deliveries:
        return {}
    lock = "FOR NO KEY UPDATE OF p" if is_postgresql() else ""
    times = ", ".join(map(bulk.raw, ("p.open_tracking_at", "p.click_tracking_at", "d.sent_at")))
    sql = f"""SELECT d.id, d.campaign_id, p.id, {times}
              FROM campaigns_delivery d JOIN contacts_contact p ON p.id = d.contact_id
              WHERE d.id {bulk.among()} ORDER BY p.id {lock}"""
    return {pk: Owner(*row) for pk, *row in bulk.rows(sql, [bulk.ids(deliveries)])}


def classify(located: Located) -> list[Change]:
    """Set every hit's verdict, and return stored events whose verdict changes by what these hits show.

    Reads:   Event rows of the same deliveries near each delivery's hits. What robots and proxies did by their own
             name speaks neither for nor against a person.
    """
    persons: dict[int, list[Hit]] = defaultdict(list)
    for hit in located.hits:
        look_at(hit)
        if hit.delivery_id is not None and hit.verdict in PEOPLE:
            persons[hit.delivery_id].append(hit)
    return _judge(persons, located) if persons else []


PEOPLE = {rules.HUMAN, rules.UNKNOWN}


def look_at(hit: Hit) -> None:
    """Set verdict, rule, device and system by what the line tells alone."""
    seen = rules.from_flags(hit.flags, rules.look(hit.kind, hit.user_agent))
    hit.verdict, hit.rule, hit.device, hit.os, hit.network = seen
    hit.ruleset = RULESET


def settle_public(hit: Hit, link: Link) -> None:
    """Give a hit on a public token its verdict, link and campaign; whose link it is says nothing about the visitor."""
    look_at(hit)
    hit.link_id, hit.campaign_id = link.pk, link.campaign_id


def _judge(persons: dict[int, list[Hit]], located: Located) -> list[Change]:
    spans = {pk: (min(hit.at for hit in hits), max(hit.at for hit in hits)) for pk, hits in persons.items()}
    stored = neighbours.near(spans)
    changes: list[Change] = []
    for delivery, hits in persons.items():
        old = stored.get(delivery)
        if old is None and len(hits) == 1 and hits[0].kind != "c":
            continue  # one open alone: no rule over sequences has anything to say
        owner = located.owners[delivery]
        fresh = [_seen(hit) for hit in hits]
        known = [(row, seen_of(row)) for row in old or ()]
        rules.judge(
            [*fresh, *(seen for _, seen in known)],
            links_in_mail=len(located.links.get(owner.campaign_id, NO_LINKS)),
            sent_at=bulk.moment(owner.sent_at),
        )
        for hit, seen in zip(hits, fresh, strict=True):
            hit.verdict, hit.rule = seen.verdict, seen.rule
        if known:
            reach = neighbours.within(known, *spans[delivery])
            changes += changes_of(reach)
    return changes


def links_by_campaign(campaigns: Iterable[int | None]) -> dict[int | None, int]:
    """Return how many links the mails of each campaign have."""
    counted = Link.objects.filter(campaign__in=[pk for pk in campaigns if pk], number__isnull=False)
    return dict(counted.values_list("campaign_id").annotate(n=Count("pk")))


def _seen(hit: Hit) -> Seen:
    return Seen(hit.kind, hit.at, hit.link_id or 0, hit.ip_prefix, hit.verdict, hit.rule)


def seen_of(event: Event | Stored) -> Seen:
    """Return a stored event as the rules see it, from its line alone; emptied after 30 days it stays as it is."""
    verdict, rule = event.verdict, event.rule
    if rule != "R1" and event.user_agent:
        kind = "o" if event.kind == Event.Kind.OPEN else "c"
        verdict, rule = rules.look(kind, event.user_agent)[:2]
    elif rule != "R1" and event.ip_prefix:
        verdict, rule = rules.look("c", "")[:2]
    return Seen(event.kind, event.at, event.link_id or 0, event.ip_prefix, verdict, rule)


def changes_of(pairs: Sequence[tuple[Event, Seen]] | Sequence[tuple[Stored, Seen]]) -> list[Change]:
    """Return the changes to make for stored events whose verdict or rule is another now."""
    return [
        Change(event.pk, seen.verdict, seen.rule, RULESET)
        for event, seen in pairs
        if (event.verdict, event.rule) != (seen.verdict, seen.rule)
    ]


def act_of(hit: Hit) -> Act:
    """Return the hit as an event: for the crowd without address, browser and delivery."""
    is_person = hit.contact_id is not None
    return Act(
        KINDS[hit.kind], hit.at, hit.key, hit.verdict, hit.rule, hit.ruleset,
        hit.campaign_id, hit.contact_id, hit.delivery_id, hit.link_id, hit.network, hit.device, hit.os, "", None,
        hit.ip_prefix if is_person else "", hit.user_agent[:400] if is_person else "",
        countries.of(hit.ip) if is_person and hit.verdict == rules.HUMAN else "",
    )  # fmt: skip
