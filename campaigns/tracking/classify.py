"""Who loaded it: a human, a proxy, a machine, or unknown; by named rules, the first that matches speaks.

    look("o", "Mozilla/5.0")                 # → Look(verdict="proxy", rule="R4", device="", os="")
    late = judge(sequence, links_in_mail=8)  # rules over one delivery's hits: bursts, many networks, scanner + human

Rules are data (`BOOK`) with names and a version (`RULESET`): each event keeps which one spoke. `judge` works from what
is stored (address ranges, not addresses), so a verdict can be found again from the rows: `manage.py reclassify`.
"""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from crawleruseragents import is_crawler
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from ua_parser import parse_device, parse_os

from campaigns.models import Event

RULESET = 2  # 2: Outlook on a pixel is a reader

HUMAN, PROXY, MACHINE, UNKNOWN = (verdict.value for verdict in Event.Verdict)


@dataclass(frozen=True)
class Rule:
    """One rule of the book: its number and name, the verdict it gives, the ruleset it came with, and what it says."""

    number: str
    name: StrOrPromise
    verdict: str
    since: int
    words: StrOrPromise
    is_used: bool = True


BOOK = [
    Rule("R1", _("prefetch"), MACHINE, 1, _("a HEAD request or a prefetch: nobody looked at it")),
    Rule("R2", _("trap"), MACHINE, 1, _("a hidden link was followed; not used: such links are a sign of spam"), False),
    Rule("R3", _("robot by name"), MACHINE, 1, _("the browser names itself as a robot or a proxy")),
    Rule(
        "R4", _("Apple's privacy proxy"), PROXY, 1,
        _("the pixel was loaded by plain 'Mozilla/5.0': Apple's mail privacy protection loads every mail"),
    ),
    Rule("R5", _("Gmail's prefetch"), MACHINE, 1, _("Gmail's prefetch when the inbox is opened")),
    Rule(
        "R6", _("burst"), MACHINE, 1, _("three links or most of the mail's links within 10 seconds: a scanner")
    ),
    Rule("R7", _("many networks"), MACHINE, 1, _("three networks within 30 seconds: a scanner")),
    Rule(
        "R8", _("at delivery"), MACHINE, 1, _("a click from a mail scanner's network within 5 seconds of delivery")
    ),
    Rule(
        "R9", _("scanner before a person"), MACHINE, 1,
        _("the same link twice within 2 seconds from two networks: the scanner went first"),
    ),
    Rule("R10", _("no name"), UNKNOWN, 1, _("no browser named")),
]  # fmt: skip
RULES: dict[str, StrOrPromise] = {
    "": _("a person's browser, and nothing speaks against it"),
    **{rule.number: rule.words for rule in BOOK},
}

BURST = timedelta(seconds=10)
SPREAD = timedelta(seconds=30)
PAIR = timedelta(seconds=2)
AT_ONCE = timedelta(seconds=5)
WINDOW = timedelta(seconds=60)  # neighbours further away never matter to a rule
BURST_LINKS = 3
BURST_SHARE = 0.8
SPREAD_NETWORKS = 3


class Look(NamedTuple):
    """What one line tells by itself."""

    verdict: str
    rule: str
    device: str
    os: str
    network: str = ""  # whose proxy it is


@dataclass(slots=True)
class Seen:
    """One hit of one delivery as the rules over sequences see it; `verdict` and `rule` are changed in place."""

    kind: str
    at: datetime
    link: int
    network: str
    verdict: str
    rule: str

    @property
    def is_click(self) -> bool:
        return self.kind in {"c", "click"}


@lru_cache(maxsize=20_000)
def look(kind: str, user_agent: str) -> Look:
    """Return verdict, rule, device class and system by the browser's name alone; `kind` is 'o', 'c', 'v' or 'q'."""
    if not user_agent.strip():
        return Look(UNKNOWN, "R10", "", "")
    if kind == "o" and user_agent == "Mozilla/5.0":
        return Look(PROXY, "R4", "", "", "apple")
    for robot in _robots():
        if robot.match in user_agent and kind in robot.kinds:
            return Look(robot.verdict, robot.rule, "", "", robot.network)
    if is_crawler(user_agent):
        return Look(MACHINE, "R3", "", "")
    return Look(HUMAN, "", *_device(user_agent))


class Robot(NamedTuple):
    """A part of a browser's name that gives a machine or a proxy away, and whose it is."""

    match: str
    name: str
    verdict: str
    rule: str
    kinds: str  # letters of the hits it gives away: Outlook's own name is a reader's on a pixel, a robot's on a link
    network: str = ""  # of a proxy: whose mail programs it loads for


@cache
def _robots() -> list[Robot]:
    table = json.loads((Path(__file__).parent / "robots.json").read_text())
    return [
        Robot(
            row["match"],
            row["name"],
            row["verdict"],
            row.get("rule", "R3"),
            row.get("kinds", "ocwfvq"),
            row.get("network", ""),
        )
        for row in table
    ]


def robot_of(user_agent: str) -> str:
    """Return whose robot or proxy names itself so, by our own table; '' when it is not in it."""
    return next((robot.name for robot in _robots() if robot.match in user_agent), "")


def _device(user_agent: str) -> tuple[str, str]:
    """Return device class and system. An iPad that asks for desktop pages says it is a Mac, and counts as one."""
    found = parse_os(user_agent)
    system = found.family if found else ""
    device = parse_device(user_agent)
    family = device.family if device else ""
    if family == "iPad" or "Tablet" in user_agent or (system == "Android" and "Mobile" not in user_agent):
        return "tablet", system[:24]
    if system in {"iOS", "Android", "Windows Phone", "KaiOS", "HarmonyOS"} or family == "iPhone":
        return "phone", system[:24]
    computers = {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD", "OpenBSD"}
    return ("computer" if system in computers else ""), system[:24]


def from_flags(flags: str, seen: Look) -> Look:
    """Return the look with R1 applied: a HEAD or a prefetch counts for nobody, whatever the browser's name."""
    return Look(MACHINE, "R1", "", "") if flags else seen


# --- Rules over the hits of one delivery -----------------------------------------------------------------------------


def judge(hits: Sequence[Seen], *, links_in_mail: int, sent_at: datetime | None = None) -> list[Seen]:
    """Apply the rules over sequences to one delivery's hits, in time order, and return those that changed."""
    ordered = sorted(hits, key=lambda hit: hit.at)
    before = [(hit.verdict, hit.rule) for hit in ordered]
    people = [hit for hit in ordered if hit.verdict in {HUMAN, UNKNOWN}]
    clicks = [hit for hit in people if hit.is_click]
    _burst(clicks, links_in_mail)
    _spread(people)
    if sent_at is not None:
        _at_once(clicks, sent_at)
    _pair(clicks)
    return [hit for hit, old in zip(ordered, before, strict=True) if (hit.verdict, hit.rule) != old]


def _mark(hits: Sequence[Seen], rule: str) -> None:
    for hit in hits:
        if hit.verdict != MACHINE:
            hit.verdict, hit.rule = MACHINE, rule


def _burst(clicks: list[Seen], links_in_mail: int) -> None:
    """R6."""
    few = max(2.0, BURST_SHARE * links_in_mail)
    _crowded(clicks, [hit.link for hit in clicks], BURST, min(float(BURST_LINKS), few), "R6")


def _spread(people: list[Seen]) -> None:
    """R7."""
    named = [hit for hit in people if hit.network]
    _crowded(named, [hit.network for hit in named], SPREAD, SPREAD_NETWORKS, "R7", among=people)


def _crowded(
    hits: list[Seen], told: Sequence[object], span: timedelta, most: float, rule: str, among: list[Seen] | None = None
) -> None:
    """Mark every hit of a window that holds `most` different ones; one pass, for a link may be hammered."""
    if len(hits) < most:
        return
    inside: Counter[object] = Counter()
    start, windows = 0, list[tuple[datetime, datetime]]()
    for hit, one in zip(hits, told, strict=True):
        inside[one] += 1
        while hit.at - hits[start].at > span:
            inside[told[start]] -= 1
            if not inside[told[start]]:
                del inside[told[start]]
            start += 1
        if len(inside) >= most:
            windows.append((hits[start].at, hit.at))
    _mark_within(windows, among if among is not None else hits, rule)


def _mark_within(windows: list[tuple[datetime, datetime]], hits: list[Seen], rule: str) -> None:
    at = 0
    for hit in hits:
        while at < len(windows) and windows[at][1] < hit.at:
            at += 1
        if at < len(windows) and windows[at][0] <= hit.at:
            _mark([hit], rule)


def _at_once(clicks: list[Seen], sent_at: datetime) -> None:
    """R8."""
    _mark([hit for hit in clicks if hit.at - sent_at <= AT_ONCE and is_scanner(hit.network)], "R8")


def _pair(clicks: list[Seen]) -> None:
    """R9: a scanner looks at the moment of the click, then the person arrives; the person is kept."""
    for earlier, later in pairwise(clicks):
        is_pair = earlier.link == later.link and earlier.network != later.network and later.at - earlier.at <= PAIR
        if is_pair and MACHINE not in {earlier.verdict, later.verdict}:
            _mark([earlier], "R9")


@lru_cache(maxsize=4096)
def is_scanner(network: str) -> bool:
    """Say whether the address range belongs to a mail security vendor's own mail flow."""
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return False
    return any(address in found for found, _vendor in _scanners() if found.version == address.version)


def vendor_of(network: str) -> str:
    """Return whose mail flow the address range belongs to, '' for none that we know."""
    if not is_scanner(network):
        return ""
    address = ipaddress.ip_address(network)
    return next(name for found, name in _scanners() if found.version == address.version and address in found)


@cache
def _scanners() -> list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, str]]:
    table = json.loads((Path(__file__).parent / "scanners.json").read_text())
    return [(ipaddress.ip_network(text), vendor["name"]) for vendor in table["networks"] for text in vendor["ranges"]]
