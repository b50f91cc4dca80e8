"""The tables of a campaign's report: links, devices, networks, opens by who loaded, mails by outcome."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from babel import Locale
from django.db.models import Count
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Delivery, Event, Link, LinkEngagement
from campaigns.reports import devices, domains, rows, segments, tally
from campaigns.reports.counts import Counts
from campaigns.reports.measures import meaning
from campaigns.reports.shapes import Column, Counted, Rate, Table, Value


def everything(campaign: Campaign, found: Counts, replaced: Collection[str] = ()) -> list[Table]:
    """Return all tables of this floor but those replaced by an upper one's; empty ones have no rows."""
    made = [
        links(campaign, found),
        segments.table(campaign),
        devices.table(campaign, found),
        domains.table(campaign, found),
        loads(campaign, found),
        proxies(campaign, found),
        countries(campaign, found),
        networks(found),
        outcomes(campaign, found),
    ]
    return [table for table in made if table.key not in replaced]


def links(campaign: Campaign, found: Counts) -> Table:
    """Return each link with its people and its human clicks, the most followed first."""
    lines: list[tuple[int, list[Value]]] = []
    people = people_by_link(campaign, found.mark)
    for link in Link.objects.filter(campaign=campaign, number__isnull=False).order_by("number"):
        n = people.get(link.number or 0, 0)
        clicks = found.by["link"].get(("click", str(link.pk)), 0)
        who = Counted(n, rows.people_url(campaign, "click", link=link.number) if n else "")
        hits = Counted(clicks, rows.events_url(campaign, kind__exact="click", link__exact=link.pk) if clicks else "")
        lines.append((clicks, [link.number, link.target, who, hits, Rate(n, found.measured_clicks)]))
    lines.sort(key=lambda line: -line[0])
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
        [line for _clicks, line in lines],
    )


def people_by_link(campaign: Campaign, mark: str = "") -> dict[int, int]:
    """Return how many different people followed each link, by the link's number in the campaign."""

    def count() -> list[list[Any]]:
        followed = LinkEngagement.objects.filter(link__campaign=campaign, link__number__isnull=False)
        return [list(row) for row in followed.order_by().values_list("link__number").annotate(n=Count("pk"))]

    return dict(tally.kept(campaign, "links", mark, count))


def loads(campaign: Campaign, found: Counts) -> Table:
    """Return opens and clicks by who made them."""

    def cell(kind: str, verdict: str) -> Counted:
        n = found.loads.get((kind, verdict), 0)
        return Counted(n, rows.events_url(campaign, kind__exact=kind, verdict__exact=verdict) if n else "")

    lines: list[list[Value]] = [
        [str(word), cell("open", verdict), cell("click", verdict)] for verdict, word in Event.Verdict.choices
    ]
    if not any(isinstance(value, Counted) and value.n for line in lines for value in line):
        lines = []
    return Table(
        "loads",
        _("Who loaded it"),
        [Column(_("by")), Column(_("opens"), "number", meaning("loads")), Column(_("clicks"), "number")],
        lines,
        note=_("Only what people did moves segments, rewards and automation."),
    )


PROXIES = {"apple": "Apple", "gmail": "Gmail", "yahoo": "Yahoo"}


def proxies(campaign: Campaign, found: Counts) -> Table:
    """Return pixel loads on somebody's behalf by whose proxy made them."""
    lines: list[list[Value]] = []
    for key, name in PROXIES.items():
        if n := found.by["network"].get(("open", key), 0):
            url = rows.events_url(campaign, kind__exact="open", network__exact=key)
            lines.append([name, Counted(n, url)])
    return Table(
        "proxies",
        _("Loaded by proxies"),
        [Column(_("whose")), Column(_("opens"), "number", meaning("open_proxy"))],
        lines,
        note=_("Nobody can tell from these whether the mail was read. They count for no person and move nothing."),
    )


def countries(campaign: Campaign, found: Counts) -> Table:
    """Return where people's own opens and clicks came from; nothing without a file that knows countries."""
    seen = found.by["country"]
    totals = {code: seen["open", code] + seen["click", code] for _kind, code in seen}
    lines: list[list[Value]] = []
    for code in sorted(totals, key=lambda code: (-totals[code], code)):
        counted = [
            Counted(n, rows.events_url(campaign, kind__exact=kind, country__exact=code) if n else "")
            for kind in ("open", "click")
            for n in [seen[kind, code]]
        ]
        lines.append([country_name(code), *counted])
    return Table(
        "countries",
        _("Countries"),
        [
            Column(_("country")),
            Column(_("opens"), "number", meaning("loads")),
            Column(_("clicks"), "number", meaning("loads")),
        ],
        lines,
        note=_("By the network's address, of people who agreed to be measured; a traveller or a VPN is elsewhere."),
    )


def country_name(code: str) -> str:
    """Return the country's name in the reader's language."""
    locale = Locale.parse((get_language() or "en").replace("-", "_"))
    return str(locale.territories.get(code, code))


def networks(found: Counts) -> Table:
    """Return sharing by network, each step of the ladder apart."""
    kinds = ["share_intent", "share_composed", "earned_visit", "earned_contact"]
    names = sorted({value for kind, value in found.by["network"] if kind in kinds})
    lines: list[list[Value]] = [[name, *(found.by["network"].get((kind, name), 0) for kind in kinds)] for name in names]
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
        lines,
    )


def outcomes(campaign: Campaign, found: Counts) -> Table:
    """Return mails by what became of them, with leaving, bounces and complaints."""
    words = dict(Delivery.State.choices)
    lines: list[list[Value]] = [
        [str(words[state]), Counted(n, rows.deliveries_url(campaign, state__exact=state))]
        for state, n in sorted(found.states.items(), key=lambda item: -item[1])
    ]
    kinds = {"bounce": _("bounced later"), "complaint": _("complained"), "unsubscribe": _("left")}
    lines += [
        [word, Counted(n, rows.events_url(campaign, kind__exact=kind))]
        for kind, word in kinds.items()
        if (n := found.acts(kind))
    ]
    return Table("mails", _("Mails"), [Column(_("outcome")), Column(_("mails"), "number")], lines)
