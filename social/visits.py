"""Visits to friends' pages, read from the spool: a network's robot is evidence of a share, a person is an earned visit.

Named in settings.HIT_HANDLERS; the ingest calls `handle` inside its transaction with the hits on `/v/<token>`.

    robot of the link's own network   → share_composed, once per link
    robot of another network          → share_composed under that network, and ShareLink.observed_network
    person, first time today          → EarnedVisit and earned_visit
    the sharer herself                → nothing: her press on our page marked her visitor key of the day
    machine, proxy, prefetch          → nothing

A visitor key is an HMAC under a salt that is destroyed after the day, so visits never join across days. What it cannot
tell: two people behind one address with the same kind of device count once; one person on two devices counts twice.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from campaigns.models import Event
from campaigns.tracking.hits import Batch, Hit
from campaigns.tracking.rollups import Act
from contacts.signup import ip_prefix
from social.models import DailySalt, EarnedVisit, ShareLink
from social.networks import registry

KINDS = "v"
SALT_GRACE = timedelta(hours=1)  # past midnight: late lines of a spool still meet their day's salt
SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "CrOS", "Linux")


def handle(hits: Sequence[Hit], batch: Batch) -> None:
    """Turn hits on friends' pages into evidence and visits.

    Reads:   ShareLink by token, Event by key, EarnedVisit, DailySalt.
    Writes:  EarnedVisit, DailySalt, ShareLink.composed_at, visited_at, observed_network; events through the batch.
    """
    share_links = _share_links(hits)
    known = [(hit, share_links[hit.token]) for hit in hits if hit.token in share_links]
    robots = [(hit, link, label) for hit, link in known if (label := registry.robot_label(hit.user_agent))]
    _compose(robots, batch)
    seen = {hit.key for hit, _, _ in robots}
    _visit([(hit, link) for hit, link in known if hit.key not in seen and is_person(hit)], batch)


def is_person(hit: Hit) -> bool:
    """Whether the hit counts as somebody's: a human verdict, no prefetch, no HEAD."""
    return hit.verdict == Event.Verdict.HUMAN and not hit.flags


def _share_links(hits: Iterable[Hit]) -> dict[str, ShareLink]:
    tokens = {hit.token for hit in hits}
    found = ShareLink.objects.filter(link__token__in=tokens).select_related("link")
    return {str(share_link.link.token): share_link for share_link in found}


# --- Robots ----------------------------------------------------------------------------------------------------------


def network_of(share_link: ShareLink, label: str) -> str:
    """Return the network that a robot's label is evidence for: the link's own when it confirms it, else the label's."""
    if registry.confirms(share_link.network, label):
        return share_link.network
    return next((key for key, network in registry.networks().items() if label in network.robots), label)


def _compose(found: Sequence[tuple[Hit, ShareLink, str]], batch: Batch) -> None:
    fresh: dict[str, tuple[Hit, ShareLink, str]] = {}
    for hit, share_link, label in found:
        network = network_of(share_link, label)
        fresh.setdefault(f"share_composed:{share_link.pk}:{network}", (hit, share_link, network))
    if not fresh:
        return
    for key in Event.objects.filter(key__in=list(fresh)).values_list("key", flat=True):
        fresh.pop(key, None)
    for key, (hit, share_link, network) in fresh.items():
        _mark_composed(share_link, network, hit.at)
        batch.add(_act("share_composed", key, hit, share_link, network))


def _mark_composed(share_link: ShareLink, network: str, at: datetime) -> None:
    ShareLink.objects.filter(pk=share_link.pk, composed_at__isnull=True).update(composed_at=at)
    if network != share_link.network:
        ShareLink.objects.filter(pk=share_link.pk, observed_network="").update(observed_network=network)


def _act(kind: str, key: str, hit: Hit, share_link: ShareLink, network: str) -> Act:
    return Act(
        kind=kind,
        at=hit.at,
        key=key,
        rule=hit.rule,
        ruleset=hit.ruleset,
        campaign_id=share_link.campaign_id,
        contact_id=share_link.contact_id,
        link_id=share_link.link_id,
        network=network,
        device=hit.device if kind == "earned_visit" else "",
        os=hit.os if kind == "earned_visit" else "",
        subject_kind="share_link",
        subject_id=share_link.pk,
    )


# --- People ----------------------------------------------------------------------------------------------------------


def _visit(found: Sequence[tuple[Hit, ShareLink]], batch: Batch) -> None:
    if not found:
        return
    salts = {day: _salt(day) for day in {hit.at.date() for hit, _ in found}}
    for hit, share_link in found:
        day = hit.at.date()
        visit, is_new = EarnedVisit.objects.get_or_create(
            share_link=share_link,
            day=day,
            visitor_key=visitor_key(salts[day], hit.ip, hit.user_agent, hit.token),
            defaults={"first_at": hit.at, "observed_network": registry.observed(hit.user_agent, hit.referer)},
        )
        if is_new:
            ShareLink.objects.filter(pk=share_link.pk, visited_at__isnull=True).update(visited_at=hit.at)
            batch.add(_act("earned_visit", f"earned_visit:{visit.pk}", hit, share_link, share_link.network))


def visitor_key(salt: str, ip: str, user_agent: str, token: str) -> str:
    """Return who this is today, for this link only, as 32 hex digits that nobody can turn back.

    Source:  design of earned visits: truncated address (/24, /48), kind of device, share token, under the day's salt.
    """
    told = "\n".join((ip_prefix(ip), device_family(user_agent), token.upper()))
    return hmac.digest(bytes.fromhex(salt), told.encode(), hashlib.sha256).hex()[:32]


def device_family(user_agent: str) -> str:
    """Return the kind of device, not the browser: a network's own browser on her phone is still her phone."""
    system = next((name for name in SYSTEMS if name in user_agent), "other")
    return f"{system} mobile" if system == "Android" and "Mobile" in user_agent else system


def origin(prefix: str) -> str:
    """Return a name for a network (/24, /48) that holds for today only, '' for none."""
    if not prefix:
        return ""
    salt = bytes.fromhex(_salt(timezone.now().date()))
    return hmac.digest(salt, f"origin\n{prefix}".encode(), hashlib.sha256).hex()[:32]


def _salt(day: date) -> str:
    row, is_new = DailySalt.objects.get_or_create(day=day, defaults={"salt": secrets.token_hex(32)})
    if is_new:
        forget_salts()
    return row.salt


def forget_salts(now: datetime | None = None) -> int:
    """Destroy the salts of past days, an hour after midnight, and return how many went."""
    today = ((now or timezone.now()) - SALT_GRACE).date()
    return DailySalt.objects.filter(day__lt=today).delete()[0]


def mark_sharer(share_link: ShareLink, ip: str, user_agent: str) -> None:
    """Note that who is at this device today is the sharer: her own visits to her links of this campaign count nothing.

    Writes:  one EarnedVisit(is_sharer) per link of hers, of the day. Called by her press, never by a GET.
    """
    now = timezone.now()
    salt = _salt(now.date())
    hers = Q(pk=share_link.pk)
    if share_link.contact_id:
        hers |= Q(contact_id=share_link.contact_id, campaign_id=share_link.campaign_id)
    EarnedVisit.objects.bulk_create(
        [
            EarnedVisit(
                share_link=link,
                day=now.date(),
                visitor_key=visitor_key(salt, ip, user_agent, str(link.link.token)),
                is_sharer=True,
                first_at=now,
            )
            for link in ShareLink.objects.filter(hers).select_related("link")
        ],
        ignore_conflicts=True,
    )


def is_sharer(share_link: ShareLink, ip: str, user_agent: str) -> bool:
    """Whether this device pressed a share button of this link's owner today. Reads only."""
    today = timezone.now().date()
    salt = DailySalt.objects.filter(day=today).values_list("salt", flat=True).first()
    if salt is None:
        return False
    key = visitor_key(salt, ip, user_agent, str(share_link.link.token))
    return EarnedVisit.objects.filter(share_link=share_link, day=today, visitor_key=key, is_sharer=True).exists()
