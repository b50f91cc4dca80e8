"""What a campaign's offers and orders came to: steps and tables of its report. Named in settings.REPORT_SECTIONS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Engagement
from campaigns.reports.shapes import Column, Money, Section, Step, Table
from social.models import Claim, Credit, Order, Redemption


def section(campaign: Campaign) -> Section | None:
    """Return claims, redemptions and orders of a campaign, or None where it carried no offer and led to no order.

    Reads:   Engagement (uniques), Claim and Redemption of the campaign, Credit of the campaign; never events.
    """
    claimed, redeemed = _people(campaign, "claim"), _people(campaign, "redeem")
    credited = _credited(campaign)
    if not claimed and not redeemed and not credited:
        return None
    return Section(
        key="offers",
        title=_("Offers and orders"),
        steps=[*_steps(claimed, redeemed, credited)],
        tables=[table for table in (_by_place(campaign), _credits(credited), _matched(campaign)) if table.rows],
    )


def _people(campaign: Campaign, kind: str) -> int:
    return Engagement.objects.filter(campaign=campaign, kind=kind, contact__isnull=False).count()


def _steps(claimed: int, redeemed: int, credited: list[dict[str, Any]]) -> list[Step]:
    last = [row for row in credited if row["model"] == Credit.Model.LAST_TOUCH]
    base = next((row for row in last if row["currency"] == settings.BASE_CURRENCY), None)
    net = round(base["net"] / 1_000_000) if base else 0
    return [
        Step(
            key="claim",
            label=_("claimed the offer"),
            n=claimed,
            definition=_("People who pressed Claim, or whose mail's code a till took directly."),
            is_social=True,
        ),
        Step(
            key="redeem",
            label=_("redeemed it"),
            n=redeemed,
            of=claimed if claimed >= redeemed else 0,
            of_label=_("who claimed"),
            definition=_("People whose code was used, also where it was undone later."),
            is_social=True,
        ),
        Step(
            key="orders",
            label=_("orders, last touch"),
            n=sum(row["orders"] for row in last),
            kind="money",
            money=Money(net, settings.BASE_CURRENCY),
            definition=_("Orders whose last human touch within %(days)d days was this campaign, net of returns.")
            % {"days": settings.ATTRIBUTION_DAYS},
        ),
    ]


def _credited(campaign: Campaign) -> list[dict[str, Any]]:
    """Return orders, net amount (in millionths of minor units) and new customers by model and currency."""
    rows: Iterable[Any] = (
        Credit.objects.filter(campaign=campaign)
        .values("model", currency=F("conversion__currency"))
        .annotate(
            orders=Count("conversion", distinct=True),
            net=Sum(F("parts") * F("conversion__net_minor")),
            new=Count("conversion", distinct=True, filter=Q(conversion__order__is_new_customer=True)),
        )
        .order_by("model", "currency")
    )
    return [dict(row) for row in rows]


def _by_place(campaign: Campaign) -> Table:
    uses = (
        Redemption.objects.filter(claim__campaign=campaign)
        .values("claim__offer__name", "place__name", "kind")
        .annotate(n=Count("pk"))
        .order_by("claim__offer__name", "place__name")
    )
    claims = dict(Claim.objects.filter(campaign=campaign).values_list("offer__name").annotate(n=Count("pk")))
    counted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for use in uses:
        column = 0 if use["kind"] == Redemption.Kind.REDEEM else 1
        counted[use["claim__offer__name"], use["place__name"] or _("web and partners")][column] += use["n"]
    for name in claims:
        if not any(offer == name for offer, _place in counted):
            counted[name, "–"] = [0, 0]
    return Table(
        key="redemptions",
        title=_("Redemptions by offer and shop"),
        columns=[
            Column(_("Offer")),
            Column(_("Shop")),
            Column(_("Claims of the offer"), "number"),
            Column(_("Redeemed"), "number"),
            Column(_("Undone"), "number"),
        ],
        rows=[
            [name, place, claims.get(name, 0), used, undone]
            for (name, place), (used, undone) in sorted(counted.items())
        ],
    )


def _credits(credited: list[dict[str, Any]]) -> Table:
    labels = dict(Credit.Model.choices)
    return Table(
        key="credits",
        title=_("Orders under three models"),
        columns=[
            Column(_("Model")),
            Column(_("Orders"), "number"),
            Column(_("Net amount"), "money"),
            Column(_("New customers"), "number"),
        ],
        rows=[
            [
                str(labels[row["model"]]),
                row["orders"],
                Money(round(row["net"] / 1_000_000), row["currency"]),
                row["new"],
            ]
            for row in credited
        ],
        note=_("The same orders seen three ways: read across, never add them up."),
    )


def _matched(campaign: Campaign) -> Table:
    """Return the campaign's orders by what each found its buyer, and say how many orders found nobody at all."""
    last = Credit.objects.filter(campaign=campaign, model=Credit.Model.LAST_TOUCH)
    counted = dict(last.order_by().values_list("conversion__order__matched_by").annotate(n=Count("conversion")))
    since = campaign.started_at or campaign.created_at
    lost = Order.objects.filter(contact__isnull=True, matched_by="", is_attributed=True, ordered_at__gte=since).count()
    note = _("Since this campaign began, orders of all shops that found nobody they belong to: %(n)d.") % {"n": lost}
    return Table(
        key="matched_by",
        title=_("How orders found their buyers"),
        columns=[Column(_("Matched by")), Column(_("Orders"), "number")],
        rows=[[str(word), counted[key]] for key, word in Order.MatchedBy.choices if counted.get(key)],
        note=note if lost else "",
    )
