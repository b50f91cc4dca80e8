"""What sharing adds to a campaign's report: confirmed shares, the ladder by network, the top sharers.

Steps are never mixed: a press is an intent; a share is confirmed when the network's robot or a friend came.
Named in settings.REPORT_SECTIONS. What offers add is in `social.offers.reports`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.reports import counts
from campaigns.reports.measures import label, meaning
from campaigns.reports.shapes import TOO_FEW, Column, Section, Step, Table
from social.models import EarnedVisit, Referral, ShareLink
from social.timeline import COUNTED, network_name

CONFIRMED = Q(composed_at__isnull=False) | Q(visited_at__isnull=False)
TOP = 10  # people


def section(campaign: Campaign) -> Section | None:
    """Return shares and friends of a campaign, or None where nobody pressed share.

    Reads:   ShareLink, EarnedVisit and Referral of the campaign; four queries, whatever its size.
    """
    rows = _by_network(campaign)
    if not rows:
        return None
    confirmed = ShareLink.objects.filter(CONFIRMED, campaign=campaign, contact__isnull=False)
    people = confirmed.values("contact_id").distinct().count()
    return Section(
        key="shares",
        title=_("Shares and friends"),
        steps=[_confirmed_step(campaign, people)],
        tables=[_ladder(rows, people), *_top(campaign)],
        replaces=["networks"],
    )


def _confirmed_step(campaign: Campaign, people: int) -> Step:
    return Step(
        key="shared",
        label=label("shared"),
        n=people,
        of=counts.sent(campaign),
        of_label=_("sent"),
        definition=meaning("shared"),
        url=tree_url(campaign.pk),
        is_social=True,
    )


def tree_url(campaign_id: int) -> str:
    """Return the page of a campaign's tree of friends; '' where no admin is served."""
    try:
        return reverse("admin:social_sharelink_tree", args=[campaign_id])
    except NoReverseMatch:
        return ""


def _by_network(campaign: Campaign) -> list[dict[str, Any]]:
    """Every step by the link's own network."""
    links = (
        ShareLink.objects.filter(campaign=campaign)
        .values("network")
        .annotate(
            pressed=Count("pk", filter=Q(intended_at__isnull=False)),
            composed=Count("pk", filter=Q(composed_at__isnull=False)),
            visited=Count("pk", filter=Q(visited_at__isnull=False)),
        )
        .order_by("network")
    )
    visits = _counts(EarnedVisit.objects.filter(share_link__campaign=campaign, is_sharer=False), "share_link__network")
    friends = _counts(
        Referral.objects.filter(share_link__campaign=campaign, state__in=COUNTED, confirmed_at__isnull=False),
        "share_link__network",
    )
    return [
        {**row, "visits": visits[row["network"]], "friends": friends[row["network"]]} for row in links if row["pressed"]
    ]


def _counts(rows: Any, by: str) -> dict[str, int]:
    return defaultdict(int, rows.order_by().values_list(by).annotate(n=Count("pk")))


def _ladder(rows: list[dict[str, Any]], people: int) -> Table:
    is_ranked = people >= TOO_FEW
    if is_ranked:
        rows = sorted(rows, key=lambda row: (-row["friends"], -row["visits"], -row["composed"], row["network"]))
    few = _("Fewer than %(n)d confirmed shares: too few to rank networks, so they stand by name.") % {"n": TOO_FEW}
    return Table(
        "share_ladder",
        _("From press to friend, by network"),
        [
            Column(_("network")),
            Column(_("pressed"), "number", _("Links made by a press on our share page: an intent, not a post.")),
            Column(
                _("composed"),
                "number",
                _("Links that the network's own robot fetched. Mail, messages and copies have none."),
            ),
            Column(_("reached"), "number", _("Links through which at least one other person came.")),
            Column(_("visits"), "number", _("Other people's visits, each visitor once a day and link.")),
            Column(_("friends"), "number", _("New contacts who confirmed their address.")),
        ],
        [
            [
                network_name(row["network"]),
                *(row[step] for step in ("pressed", "composed", "visited", "visits", "friends")),
            ]
            for row in rows
        ],
        note="" if is_ranked else few,
    )


def _top(campaign: Campaign) -> list[Table]:
    """Who brought most: friends first, then visits; nobody who brought neither."""
    found = (
        ShareLink.objects.filter(campaign=campaign, contact__isnull=False, visited_at__isnull=False)
        .values("contact_id", "contact__first_name", "contact__last_name")
        .annotate(
            networks=Count("network", distinct=True),
            earned=Count("visits", filter=Q(visits__is_sharer=False), distinct=True),
            friends=Count("referrals", filter=Q(referrals__state__in=COUNTED), distinct=True),
        )
        .order_by("-friends", "-earned", "contact_id")[:TOP]
    )
    rows = [[_name(row), row["networks"], row["earned"], row["friends"]] for row in found]
    if not rows:
        return []
    columns = [
        Column(_("person")),
        Column(_("networks"), "number"),
        Column(_("friends' visits"), "number"),
        Column(_("friends signed up"), "number"),
    ]
    return [Table("top_sharers", _("Who brought friends"), columns, rows)]


def _name(row: Mapping[str, Any]) -> str:
    name = f"{row['contact__first_name']} {row['contact__last_name']}".strip()
    return name or _("Contact %(id)s") % {"id": row["contact_id"]}
