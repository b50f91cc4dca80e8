"""Between a line and a row: whose hit it is, whether she agreed, and what the rules say.

    ours = locate(hits)            # campaign, delivery, link and contact found; without consent: a crowd hit
    changes = classify(ours)       # verdicts set; returns stored events that late evidence turned
    acts = [act_of(hit) for hit in ours]

Nothing here writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count

from campaigns.models import Campaign, Delivery, Event, Link
from campaigns.tracking import classify as rules
from campaigns.tracking.classify import RULESET, Seen
from campaigns.tracking.hits import Hit
from campaigns.tracking.rollups import Act, Change
from contacts.consent import tracking_allowed
from contacts.models import Consent, Contact

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


def locate(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits whose campaign (and link) exists, each with its contact if she agreed at the time and agrees now.

    Reads:   Campaign, Delivery, Link, Contact: four queries a batch. The contacts are locked (PostgreSQL), so a
             withdrawal waits for us or we see it.
    """
    campaigns = set(Campaign.objects.filter(pk__in={hit.campaign_id for hit in hits}).values_list("pk", flat=True))
    numbers = _numbers(hits)
    found = [hit for hit in hits if hit.campaign_id in campaigns]
    found = [hit for hit in found if hit.kind != "c" or (hit.campaign_id, hit.number) in numbers]
    deliveries = {
        pk: (campaign, contact)
        for pk, campaign, contact in Delivery.objects.filter(
            pk__in={hit.delivery_id for hit in found if hit.delivery_id}
        ).values_list("pk", "campaign_id", "contact_id")
    }
    contacts = _contacts({contact for _, contact in deliveries.values() if contact})
    for hit in found:
        if hit.kind == "c":
            hit.link_id = numbers[hit.campaign_id, hit.number]
        campaign, contact_id = deliveries.get(hit.delivery_id or 0, (None, None))
        contact = contacts.get(contact_id or 0) if campaign == hit.campaign_id else None
        if contact is not None and tracking_allowed(contact, PURPOSES[hit.kind], hit.at):
            hit.contact_id = contact.pk
        else:
            hit.delivery_id = None  # the crowd: no person, no address
    return found


def _numbers(hits: Sequence[Hit]) -> dict[tuple[int | None, int | None], int]:
    clicks = [hit for hit in hits if hit.kind == "c"]
    if not clicks:
        return {}
    links = Link.objects.filter(
        campaign__in={hit.campaign_id for hit in clicks}, number__in={hit.number for hit in clicks}
    )
    return {(campaign, number): pk for campaign, number, pk in links.values_list("campaign_id", "number", "pk")}


def _contacts(ids: set[int]) -> dict[int, Contact]:
    rows = (
        Contact.objects.filter(pk__in=ids)
        .select_for_update(no_key=True)
        .order_by("pk")
        .only("pk", "open_tracking_at", "click_tracking_at")
    )
    return {contact.pk: contact for contact in rows} if ids else {}


def classify(hits: Sequence[Hit]) -> list[Change]:
    """Set every hit's verdict, and return stored events whose verdict changes by what these hits show.

    Reads:   Event rows of the same deliveries within a minute of the batch, Link counts, Delivery.sent_at.
    """
    for hit in hits:
        look_at(hit)
    persons: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.delivery_id is not None:
            persons[hit.delivery_id].append(hit)
    return _judge(persons) if persons else []


def look_at(hit: Hit) -> None:
    """Set verdict, rule, device and system by what the line tells alone."""
    seen = rules.from_flags(hit.flags, rules.look(hit.kind, hit.user_agent))
    hit.verdict, hit.rule, hit.device, hit.os = seen
    hit.ruleset = RULESET


def settle_public(hit: Hit, link: Link) -> None:
    """Give a hit on a public token its verdict, link and campaign; whose link it is says nothing about the visitor."""
    look_at(hit)
    hit.link_id, hit.campaign_id = link.pk, link.campaign_id


def _judge(persons: dict[int, list[Hit]]) -> list[Change]:
    everything = [hit for hits in persons.values() for hit in hits]
    first, last = min(hit.at for hit in everything), max(hit.at for hit in everything)
    stored = _stored(persons, first - rules.WINDOW, last + rules.WINDOW)
    sent = dict(Delivery.objects.filter(pk__in=persons).values_list("pk", "sent_at"))
    links = links_by_campaign({hit.campaign_id for hit in everything})
    changes: list[Change] = []
    for delivery, hits in persons.items():
        fresh = [_seen(hit) for hit in hits]
        old = [(event, seen_of(event)) for event in stored.get(delivery, [])]
        everyone = [*fresh, *(seen for _, seen in old)]
        if len(everyone) > 1 or hits[0].kind == "c":
            in_mail = links.get(hits[0].campaign_id, 0)
            rules.judge(everyone, links_in_mail=in_mail, sent_at=sent.get(delivery))
        for hit, seen in zip(hits, fresh, strict=True):
            hit.verdict, hit.rule = seen.verdict, seen.rule
        changes += changes_of(old)
    return changes


def _stored(deliveries: Iterable[int], first: Any, last: Any) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    kinds = list(KINDS.values())
    for event in Event.objects.filter(delivery__in=list(deliveries), kind__in=kinds, at__gte=first, at__lte=last):
        found[event.delivery_id or 0].append(event)
    return found


def links_by_campaign(campaigns: Iterable[int | None]) -> dict[int | None, int]:
    """Return how many links the mails of each campaign have."""
    counted = Link.objects.filter(campaign__in=[pk for pk in campaigns if pk], number__isnull=False)
    return dict(counted.values_list("campaign_id").annotate(n=Count("pk")))


def _seen(hit: Hit) -> Seen:
    return Seen(hit.kind, hit.at, hit.link_id or 0, hit.ip_prefix, hit.verdict, hit.rule)


def seen_of(event: Event) -> Seen:
    """Return a stored event as the rules see it, from its line alone; emptied after 30 days it stays as it is."""
    verdict, rule = event.verdict, event.rule
    if rule != "R1" and event.user_agent:
        kind = "o" if event.kind == Event.Kind.OPEN else "c"
        verdict, rule = rules.look(kind, event.user_agent)[:2]
    elif rule != "R1" and event.ip_prefix:
        verdict, rule = rules.look("c", "")[:2]
    return Seen(event.kind, event.at, event.link_id or 0, event.ip_prefix, verdict, rule)


def changes_of(pairs: Sequence[tuple[Event, Seen]]) -> list[Change]:
    """Return the changes to make for stored events whose verdict or rule is another now."""
    return [
        Change(event, seen.verdict, seen.rule, RULESET)
        for event, seen in pairs
        if (event.verdict, event.rule) != (seen.verdict, seen.rule)
    ]


def act_of(hit: Hit) -> Act:
    """Return the hit as an event: for the crowd without address, browser and delivery."""
    is_person = hit.contact_id is not None
    return Act(
        kind=KINDS[hit.kind],
        at=hit.at,
        key=hit.key,
        verdict=hit.verdict,
        rule=hit.rule,
        ruleset=hit.ruleset,
        campaign_id=hit.campaign_id,
        contact_id=hit.contact_id,
        delivery_id=hit.delivery_id,
        link_id=hit.link_id,
        device=hit.device,
        os=hit.os,
        ip_prefix=hit.ip_prefix if is_person else "",
        user_agent=hit.user_agent[:400] if is_person else "",
    )
