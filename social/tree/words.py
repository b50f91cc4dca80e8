"""A tree's figures in words: what may be said at 0, at 3 and at 30 shares, each number with its doubt.

shown = said(tree.figures)
shown.sentence, shown.next_step, shown.figures, shown.tables
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.reports import words
from campaigns.reports.shapes import TOO_FEW, Column, Money, Table
from social.timeline import network_name
from social.tree.measures import Ratio, multiplier


@dataclass(frozen=True)
class Figure:
    """One number with what it means; `doubt` is its interval in words."""

    key: str
    label: str
    text: str
    doubt: str
    meaning: str


@dataclass(frozen=True)
class Shown:
    """What the page says of a tree."""

    sentence: str
    next_step: str
    figures: Sequence[Figure]
    tables: Sequence[Table]
    is_ranked: bool


def said(figures: dict[str, Any]) -> Shown:
    """Return a tree's figures as a page says them: no K, no ranking of networks below 30 people who shared."""
    sharers = int(figures.get("sharers", 0))
    is_ranked = int(figures.get("confirmed", 0)) >= TOO_FEW
    return Shown(
        sentence=_sentence(figures),
        next_step=_next_step(figures),
        figures=_figures(figures) if sharers else [],
        tables=[_by_generation(figures), _by_network(figures, is_ranked)] if sharers else [],
        is_ranked=is_ranked,
    )


def money(amounts: dict[str, int]) -> str:
    """Return amounts by currency in words, the base currency first; they are never added."""
    ordered = sorted(amounts.items(), key=lambda pair: (pair[0] != settings.BASE_CURRENCY, pair[0]))
    return ", ".join(words.money(Money(minor, currency)) for currency, minor in ordered if minor) or "—"


def overall(figures: dict[str, Any]) -> Ratio:
    """Return K over all generations: those who shared in turn, per person who shared."""
    rows = figures.get("generations", [])
    return Ratio(*(sum(row[name] for row in rows) for name in ("next", "sharers", "squares")))


def _sentence(figures: dict[str, Any]) -> str:
    sharers = int(figures.get("sharers", 0))
    if not sharers:
        return _("Nobody has shared this yet.")
    said = [
        ngettext("%(n)s person shared", "%(n)s people shared", sharers) % {"n": words.number(sharers)},
        _("%(n)s with evidence") % {"n": words.number(figures["confirmed"])},
        ngettext("%(n)s visit by others", "%(n)s visits by others", figures["visits"])
        % {"n": words.number(figures["visits"])},
        ngettext("%(n)s friend signed up", "%(n)s friends signed up", figures["friends"])
        % {"n": words.number(figures["friends"])},
    ]  # fmt: skip
    if figures["money"]:
        said.append(_("friends bought for %(money)s") % {"money": money(figures["money"])})
    return ", ".join(said) + "."


def _next_step(figures: dict[str, Any]) -> str:
    sharers = int(figures.get("sharers", 0))
    if not sharers:
        return _(
            "A third of mailings is never shared. What helps: a reason in one line above the share bar, an advantage "
            "for the friend, and the bar right below the picture."
        )
    if sharers < TOO_FEW:
        return _(
            "Too few to say which network or which generation works: below %(n)s people it would be chance. Look at "
            "the people themselves, and thank them."
        ) % {"n": TOO_FEW}
    return ""


def _figures(figures: dict[str, Any]) -> list[Figure]:
    found = [_k(figures)]
    links, visits = figures["confirmed_links"], figures["visits"]
    amplified = Ratio(visits, links)
    cycle = figures["cycle_hours"]
    return [
        *found,
        Figure(
            "amplification", _("Amplification"),
            "—" if amplified.value is None else _decimal(amplified.value),
            _("%(visits)s visits of %(links)s confirmed shares")
            % {"visits": words.number(visits), "links": words.number(links)},
            _("Visits by others per confirmed share."),
        ),
        Figure("reach", _("Reach"), words.number(visits), _("each visitor once a day and link"),
               _("Visits by people other than the sharer. What was seen, never what followers there might be.")),
        Figure("cycle", _("Cycle time"), "—" if cycle is None else _hours(cycle), _("median"),
               _("From a person's share to the first who came in through it: signed up or shared in turn.")),
    ]  # fmt: skip


def _k(figures: dict[str, Any]) -> Figure:
    k = overall(figures)
    meaning = _("K: people who shared in turn, per person who shared. Below 1 a cascade ends by itself.")
    if k.value is None or k.says_little:
        few = _("too few to say")
        of = ngettext("%(n)s person shared", "%(n)s people shared", k.parents) % {"n": k.parents}
        return Figure("k", "K", few, of, meaning)
    factor = multiplier(k.value)
    more = (
        "" if factor is None else "; " + _("1,000 lead to %(n)s in the end") % {"n": words.number(round(1000 * factor))}
    )
    return Figure("k", "K", _decimal(k.value), band(k) + more, meaning)


def band(ratio: Ratio) -> str:
    """Return an interval in words: "0.12–0.31"."""
    low, high = ratio.interval
    return f"{_decimal(low)}–{'∞' if high is None else _decimal(high)}"


def _decimal(value: float) -> str:
    return str(number_format(round(value, 2), decimal_pos=2))


def _hours(hours: float) -> str:
    if hours < 48:
        n = max(1, round(hours))
        return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}
    n = round(hours / 24)
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


def _by_generation(figures: dict[str, Any]) -> Table:
    rows = []
    for row in figures["generations"]:
        k = Ratio(row["next"], row["sharers"], row["squares"])
        told = _("too few to say") if k.says_little else f"{_decimal(k.value or 0)} ({band(k)})"
        rows.append([row["generation"], row["sharers"], row["visits"], row["friends"], row["next"], told])
    return Table(
        "generations",
        _("Generation by generation"),
        [
            Column(_("generation"), "number", _("1 = who got the mail; 2 = who came through her; and so on.")),
            Column(_("shared"), "number", _("People who pressed a network.")),
            Column(_("visits"), "number", _("Other people's visits, each visitor once a day and link.")),
            Column(_("friends"), "number", _("New contacts who confirmed their address.")),
            Column(_("shared in turn"), "number", _("People of the next generation who shared.")),
            Column("K", "text", _("Shared in turn per person who shared, with its 95 % interval.")),
        ],
        rows,
    )


def _by_network(figures: dict[str, Any], is_ranked: bool) -> Table:
    rows = list(figures["networks"])
    if is_ranked:
        base = settings.BASE_CURRENCY
        rows.sort(
            key=lambda row: (
                -row["friends"],
                -row["money"].get(base, 0),
                -row["visits"],
                -row["confirmed"],
                row["network"],
            )
        )
    few = _("Fewer than %(n)d confirmed shares: too few to rank networks, so they stand by name.") % {"n": TOO_FEW}
    return Table(
        "tree_networks",
        _("By network"),
        [
            Column(_("network")),
            Column(_("pressed"), "number", _("Links made by a press on our share page: an intent, not a post.")),
            Column(
                _("confirmed"), "number", _("Links that the network's robot fetched, or through which a friend came.")
            ),
            Column(_("visits"), "number", _("Other people's visits, each visitor once a day and link.")),
            Column(_("friends"), "number", _("New contacts who confirmed their address.")),
            Column(_("bought"), "text", _("What friends bought, share-assisted, after returns.")),
        ],
        [
            [
                network_name(row["network"]),
                row["pressed"],
                row["confirmed"],
                row["visits"],
                row["friends"],
                money(row["money"]),
            ]
            for row in rows
        ],
        note="" if is_ranked else few,
    )
