"""The tables of a campaign's report: links, devices, networks, opens by who loaded, mails by outcome."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Delivery, Event, Link, LinkEngagement
from campaigns.reports.counts import Counts
from campaigns.reports.measures import meaning
from campaigns.reports.shapes import Column, Rate, Table, Value


def everything(campaign: Campaign, found: Counts, replaced: Collection[str] = ()) -> list[Table]:
    """Return all tables of this floor but those replaced by an upper one's; empty ones have no rows."""
    made = [links(campaign, found), devices(found), loads(found), networks(found), outcomes(found)]
    return [table for table in made if table.key not in replaced]


def links(campaign: Campaign, found: Counts) -> Table:
    """Return each link with its people and its human clicks, the most followed first."""
    rows: list[tuple[int, list[Value]]] = []
    people = people_by_link(campaign)
    for link in Link.objects.filter(campaign=campaign, number__isnull=False).order_by("number"):
        n = people.get(link.number or 0, 0)
        clicks = found.by["link"].get(("click", str(link.pk)), 0)
        rows.append((clicks, [link.number, link.target, n, clicks, Rate(n, found.measured_clicks)]))
    rows.sort(key=lambda row: -row[0])
    return Table(
        "links",
        _("Links"),
        [
            Column(_("number"), "number"),
            Column(_("leads to"), "link"),
            Column(_("people"), "number", meaning("people")),
            Column(_("clicks"), "number", meaning("loads")),
            Column(_("of those measured"), "rate", meaning("click")),
        ],
        [row for _clicks, row in rows],
    )


def people_by_link(campaign: Campaign) -> dict[int, int]:
    """Return how many different people followed each link, by the link's number in the campaign."""
    followed = LinkEngagement.objects.filter(link__campaign=campaign, link__number__isnull=False)
    return dict(followed.order_by().values_list("link__number").annotate(n=Count("pk")))


def devices(found: Counts) -> Table:
    """Return devices × systems of human opens and clicks."""
    names = dict(Event.Device.choices)
    keys = sorted({value for kind, value in found.by["os"] if kind in {"open", "click"}})
    rows: list[list[Value]] = []
    for key in keys:
        device, _slash, system = key.partition("/")
        counted = [found.by["os"].get((kind, key), 0) for kind in ("open", "click")]
        rows.append([str(names.get(device, device)), system or _("unknown"), *counted])
    rows.sort(key=lambda row: -int(str(row[2])) - int(str(row[3])))
    return Table(
        "devices",
        _("Devices"),
        [
            Column(_("device")),
            Column(_("system")),
            Column(_("opens"), "number", meaning("loads")),
            Column(_("clicks"), "number", meaning("loads")),
        ],
        rows,
        note=_("An iPad that asks for desktop pages says it is a Mac, and counts as a computer."),
    )


def loads(found: Counts) -> Table:
    """Return opens and clicks by who made them."""
    rows: list[list[Value]] = [
        [str(word), found.loads.get(("open", verdict), 0), found.loads.get(("click", verdict), 0)]
        for verdict, word in Event.Verdict.choices
    ]
    if not any(row[1] or row[2] for row in rows):
        rows = []
    return Table(
        "loads",
        _("Who loaded it"),
        [Column(_("by")), Column(_("opens"), "number", meaning("loads")), Column(_("clicks"), "number")],
        rows,
        note=_("Only what people did moves segments, rewards and automation."),
    )


def networks(found: Counts) -> Table:
    """Return sharing by network, each step of the ladder apart."""
    kinds = ["share_intent", "share_composed", "earned_visit", "earned_contact"]
    names = sorted({value for _kind, value in found.by["network"]})
    rows: list[list[Value]] = [[name, *(found.by["network"].get((kind, name), 0) for kind in kinds)] for name in names]
    return Table(
        "networks",
        _("Networks"),
        [
            Column(_("network")),
            Column(_("pressed"), "number", meaning("share_intent")),
            Column(_("composed"), "number", meaning("share_composed")),
            Column(_("friends' visits"), "number", meaning("earned_visit")),
            Column(_("friends signed up"), "number", meaning("earned_contact")),
        ],
        rows,
    )


def outcomes(found: Counts) -> Table:
    """Return mails by what became of them, with leaving, bounces and complaints."""
    words = dict(Delivery.State.choices)
    rows: list[list[Value]] = [
        [str(words[state]), n] for state, n in sorted(found.states.items(), key=lambda item: -item[1])
    ]
    kinds = {"bounce": _("bounced later"), "complaint": _("complained"), "unsubscribe": _("left")}
    rows += [[word, n] for kind, word in kinds.items() if (n := found.acts(kind))]
    return Table("mails", _("Mails"), [Column(_("outcome")), Column(_("mails"), "number")], rows)
