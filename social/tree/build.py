"""Put the tree of a campaign together from the ledger: share links, visits, referrals, credits.

    tree = build(campaign)          # one pass in memory, the rows in short batches; repeating changes nothing
    tree = fresh(campaign)          # built anew while it is small or missing, else as the beat left it
    refresh()                       # the beat: every campaign whose shares moved since its tree was built

A person is one node, whatever she shared on, and whatever letter: a friend shares the next one, which hangs below too.
Her parent is whoever owns the link she came by; a link without a contact is a friend whom nobody knows. It goes on for
as long as visits come.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from campaigns.models import Campaign
from contacts import manners
from social.models import Credit, EarnedVisit, Referral, ShareLink, ShareTree, TreeNode
from social.sharing import DEEPEST
from social.tree.figures import figures_of

COUNTED = (Referral.State.HELD, Referral.State.APPROVED)
SMALL = 2_000  # links; such a tree is put together while the page is asked for (about 0.1 s)
BATCH = 500  # rows a transaction, well below 20 ms
FRESH_FOR = timedelta(seconds=10)
LEASE = timedelta(minutes=5)  # for one build; 100,000 people take some seconds
LIVES = timedelta(days=90)  # a tree is looked at anew that long after its last share

Key = tuple[str, int]


@dataclass(slots=True)
class Node:
    """A person while the tree is put together."""

    key: Key
    joined_at: datetime
    parent: Key | None = None
    via: str = ""
    generation: int = 1
    networks: set[str] = field(default_factory=set)
    is_sharer: bool = False
    is_confirmed: bool = False
    visits: int = 0
    friends: int = 0
    money: Counter[str] = field(default_factory=Counter)
    people_below: int = 0
    branch_visits: int = 0
    branch_friends: int = 0
    branch_money: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Link:
    """What the tree needs of a share link, and what came through it."""

    pk: int
    owner: Key
    parent_id: int | None
    network: str
    pressed_at: datetime | None
    is_confirmed: bool
    made_at: datetime
    visits: int = 0
    friends: int = 0
    money: Counter[str] = field(default_factory=Counter)


def fresh(campaign: Campaign) -> ShareTree:
    """Return the tree of a campaign, built now where that takes no time or it was never built."""
    tree = ShareTree.objects.filter(campaign=campaign).first()
    if tree is not None and timezone.now() - tree.built_at < FRESH_FOR:
        return tree
    if tree is not None and tree.figures.get("links", 0) > SMALL:
        return tree
    return build(campaign)


def refresh(now: datetime | None = None) -> int:
    """Build the trees whose campaign saw a share, a visit or a friend since; return how many. The beat calls it."""
    now = now or timezone.now()
    built = dict(ShareTree.objects.values_list("campaign_id", "built_at"))
    recent = ShareLink.objects.filter(campaign__started_at__gt=now - LIVES * 4).order_by()
    moved: dict[int, datetime] = {}
    for found in (
        recent.values_list("campaign").annotate(at=Max("created_at")),
        recent.filter(parent__isnull=False).values_list("parent__campaign").annotate(at=Max("created_at")),
        EarnedVisit.objects.filter(first_at__gt=now - LIVES).order_by().values_list("share_link__campaign")
        .annotate(at=Max("first_at")),
        Referral.objects.filter(confirmed_at__gt=now - LIVES).order_by().values_list("share_link__campaign")
        .annotate(at=Max("confirmed_at")),
        Credit.objects.filter(share_link__isnull=False, conversion__at__gt=now - LIVES).order_by()
        .values_list("share_link__campaign").annotate(at=Max("conversion__at")),
    ):  # fmt: skip
        for campaign_id, at in found:
            if campaign_id is not None:
                moved[campaign_id] = max(at, moved.get(campaign_id, at))
    stale = [pk for pk, at in moved.items() if pk not in built or built[pk] < at]
    for campaign in Campaign.objects.filter(pk__in=stale):
        build(campaign)
    return len(stale)


def build(campaign: Campaign) -> ShareTree:
    """Put the tree together and return it; readers see the former one until it is whole.

    Reads:   ShareLink, EarnedVisit, Referral, Credit of the campaign, and of what hangs below it in others.
    Writes:  ShareTree, TreeNode of the next version; the former version's nodes go.
    """
    started, now = time.monotonic(), timezone.now()
    tree, _is_new = ShareTree.objects.get_or_create(campaign=campaign, defaults={"built_at": now - FRESH_FOR})
    free = ShareTree.objects.filter(pk=tree.pk).filter(Q(building_until=None) | Q(building_until__lt=now))
    if not free.update(building_until=now + LEASE):
        return tree  # somebody is at it
    links = _links(campaign)
    nodes = _nodes(links, _came(campaign, links))
    _sum_up(nodes)
    figures = figures_of(nodes.values(), links.values())
    version = _next_version(tree)
    _write(tree, version, nodes)
    took = int((time.monotonic() - started) * 1000)
    ShareTree.objects.filter(pk=tree.pk).update(
        version=version, figures=figures, built_at=now, took_ms=took, building_until=None
    )
    _forget_others(tree, version)
    tree.refresh_from_db()
    return tree


# --- Reading ---------------------------------------------------------------------------------------------------------


def _links(campaign: Campaign) -> dict[int, Link]:
    """The campaign's links, and those of other campaigns that hang below them: a friend shares the letter she gets."""
    mine = ShareLink.objects.filter(campaign=campaign)
    links = dict(_read(mine))
    below = dict(_read(ShareLink.objects.filter(parent__campaign=campaign).exclude(campaign=campaign)))
    links.update(below)
    above = list(below)
    while above:
        found = [one for chunk in _chunks(above) for one in _read(ShareLink.objects.filter(parent__in=chunk))]
        new = {pk: link for pk, link in found if pk not in links}
        links.update(new)
        above = list(new)
    return links


def _read(rows: QuerySet[ShareLink]) -> Iterator[tuple[int, Link]]:
    told = rows.order_by("pk").values_list(
        "pk", "contact_id", "parent_id", "network", "intended_at", "composed_at", "visited_at", "created_at"
    )  # fmt: skip
    for pk, contact, parent, network, pressed, composed, visited, made in told.iterator(chunk_size=2_000):
        owner = ("c", contact) if contact else ("l", pk)
        yield pk, Link(pk, owner, parent, network, pressed, bool(composed or visited), made)


def _came(campaign: Campaign, links: dict[int, Link]) -> list[tuple[int | None, int, datetime]]:
    """Put visits and money on the links; return the friends who came: (contact, link, when)."""
    theirs = ShareLink.objects.filter(campaign=campaign).values_list("pk", flat=True)
    others = sorted(set(links) - set(theirs.iterator(chunk_size=2_000)))
    friends: list[tuple[int | None, int, datetime]] = []
    wheres: list[dict[str, Any]] = [{"share_link__campaign": campaign}]
    wheres += [{"share_link__in": chunk} for chunk in _chunks(others)]
    for where in wheres:
        for pk, n in _visits(where):
            links[pk].visits = n
        credits = Credit.objects.filter(**where, model=Credit.Model.SHARE_ASSISTED)
        money = credits.values_list("share_link_id", "parts", "conversion__net_minor", "conversion__currency")
        for pk, parts, net, currency in money.iterator(chunk_size=2_000):
            links[pk].money[currency] += net * parts // 1_000_000
        friends += _referrals(where)
    return friends


def _visits(where: dict[str, Any]) -> Iterable[tuple[int, int]]:
    seen = EarnedVisit.objects.filter(**where, is_sharer=False).order_by()
    return seen.values_list("share_link_id").annotate(n=Count("pk")).iterator(chunk_size=2_000)


def _referrals(where: dict[str, Any]) -> Iterator[tuple[int | None, int, datetime]]:
    rows = Referral.objects.filter(**where, state__in=COUNTED, confirmed_at__isnull=False)
    found = rows.order_by("pk").values_list("friend_id", "share_link_id", "confirmed_at")
    for friend, link, at in found.iterator(chunk_size=2_000):
        if at is not None and link is not None:
            yield friend, link, at


def _chunks(pks: list[int]) -> Iterator[list[int]]:
    return (pks[start : start + BATCH] for start in range(0, len(pks), BATCH))


# --- Putting together ------------------------------------------------------------------------------------------------


def _nodes(links: dict[int, Link], referrals: Iterable[tuple[int | None, int, datetime]]) -> dict[Key, Node]:
    nodes: dict[Key, Node] = {}
    for link in links.values():
        if not (link.pressed_at or link.visits or link.is_confirmed):
            continue
        at = link.pressed_at or link.made_at
        node = nodes.setdefault(link.owner, Node(link.owner, at))
        node.joined_at = min(node.joined_at, at)
        _add(node, link)
        above = links.get(link.parent_id) if link.parent_id else None
        if above is not None and node.parent is None and above.owner != node.key:
            node.parent, node.via = above.owner, above.network
    for friend, link_pk, at in referrals:
        link = links[link_pk]
        link.friends += 1
        sponsor = nodes.setdefault(link.owner, Node(link.owner, link.pressed_at or link.made_at))
        sponsor.friends += 1
        if friend is not None and ("c", friend) != link.owner:
            node = nodes.setdefault(("c", friend), Node(("c", friend), at))
            node.parent, node.via, node.joined_at = link.owner, link.network, min(node.joined_at, at)
    return nodes


def _add(node: Node, link: Link) -> None:
    node.networks.add(link.network)
    node.is_sharer |= link.pressed_at is not None
    node.is_confirmed |= link.is_confirmed
    node.visits += link.visits
    node.money.update(link.money)


def _sum_up(nodes: dict[Key, Node]) -> None:
    """Give each node its generation and what its branch brought."""
    known: dict[Key, int] = {}
    for node in nodes.values():
        _place(node, nodes, known)
    for node in nodes.values():
        node.branch_visits, node.branch_friends, node.branch_money = node.visits, node.friends, Counter(node.money)
    for node in sorted(nodes.values(), key=lambda one: -one.generation):
        above = nodes.get(node.parent) if node.parent else None
        if above is None:
            continue
        above.people_below += 1 + node.people_below
        above.branch_visits += node.branch_visits
        above.branch_friends += node.branch_friends
        above.branch_money.update(node.branch_money)


def _place(node: Node, nodes: dict[Key, Node], known: dict[Key, int]) -> None:
    """Count the way up, once for each. A parent outside the campaign, or one that would close a ring, ends it."""
    way: list[Node] = []
    seen: set[Key] = set()
    at: Node | None = node
    while at is not None and at.key not in known:
        way.append(at)
        seen.add(at.key)
        if at.parent is not None and (at.parent not in nodes or at.parent in seen):
            at.parent = None
        at = nodes[at.parent] if at.parent else None
    generation = known[at.key] if at is not None else 0
    for one in reversed(way):
        generation += 1
        one.generation = known[one.key] = min(generation, DEEPEST)


# --- Writing ---------------------------------------------------------------------------------------------------------


def _next_version(tree: ShareTree) -> int:
    last = TreeNode.objects.filter(tree=tree).aggregate(last=Max("version"))["last"] or 0
    return max(last, tree.version) + 1


def _write(tree: ShareTree, version: int, nodes: dict[Key, Node]) -> None:
    """Write generation after generation, so that each parent has its number before its children."""
    known: dict[Key, int] = {}
    ordered = sorted(nodes.values(), key=lambda one: (one.generation, one.joined_at))
    start = 0
    while start < len(ordered):
        batch = [node for node in ordered[start : start + BATCH] if node.generation == ordered[start].generation]
        with manners.write_batch():
            made = TreeNode.objects.bulk_create(_row(tree, version, node, known) for node in batch)
        known.update({node.key: row.pk for node, row in zip(batch, made, strict=True)})
        start += len(batch)


def _row(tree: ShareTree, version: int, node: Node, known: dict[Key, int]) -> TreeNode:
    kind, pk = node.key
    base = settings.BASE_CURRENCY
    values: dict[str, Any] = {
        name: getattr(node, name)
        for name in (
            "generation", "via", "is_sharer", "is_confirmed", "visits", "friends", "people_below", "branch_visits",
            "branch_friends", "joined_at",
        )
    }  # fmt: skip
    return TreeNode(
        tree=tree,
        version=version,
        contact_id=pk if kind == "c" else None,
        share_link_id=pk if kind == "l" else None,
        parent_id=known.get(node.parent) if node.parent else None,
        networks=sorted(node.networks),
        money=dict(node.money),
        money_minor=node.money.get(base, 0),
        branch_money=dict(node.branch_money),
        branch_money_minor=node.branch_money.get(base, 0),
        **values,
    )


def _forget_others(tree: ShareTree, version: int) -> None:
    """Drop the nodes of former versions, children first, a batch at a time."""
    former = TreeNode.objects.filter(tree=tree).exclude(version=version)
    while pks := list(former.order_by("-pk").values_list("pk", flat=True)[:BATCH]):
        with manners.write_batch():
            TreeNode.objects.filter(pk__in=pks).delete()
