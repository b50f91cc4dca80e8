"""Why a hit counts as human, proxy, machine or unknown: every rule with its answer, and the hits it was judged by.

told = explain(event)        # told.answers[5] → Answer(rule=R6, state="spoke", evidence="4 links within 10 s")
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Event
from campaigns.tracking import classify
from campaigns.tracking.classify import Rule

MOST_NEIGHBOURS = 50


@dataclass(frozen=True)
class Answer:
    """What one rule says of the hit: `state` is spoke, silent, not_reached or unused; `evidence` says by what."""

    rule: Rule
    state: str
    evidence: str = ""


@dataclass(frozen=True)
class Neighbour:
    """A hit of the same mail within a minute; `seconds` after the hit in question, negative before it."""

    event: Event
    seconds: float


@dataclass(frozen=True)
class Explanation:
    """The rule that spoke in words, every rule's answer, the neighbours; `is_final` when its traces were emptied."""

    why: str
    answers: list[Answer]
    neighbours: list[Neighbour]
    is_final: bool


def explain(event: Event) -> Explanation:
    """Return why the event has its verdict.

    Reads:   the same delivery's events within a minute, Delivery.sent_at.
    """
    near = _neighbours(event)
    answers = [_answer(rule, event, near) for rule in classify.BOOK] if event.ruleset else []
    is_final = bool(event.ruleset and event.contact_id and not event.user_agent and not event.ip_prefix)
    return Explanation(why(event), answers, near, is_final)


def why(event: Event) -> str:
    """Return the rule that spoke, in one sentence."""
    if event.ruleset == 0:
        return _("an act on our own pages")
    words = classify.RULES.get(event.rule, "")
    return f"{event.rule}: {words}" if event.rule else str(words)


def _neighbours(event: Event) -> list[Neighbour]:
    if event.delivery_id is None:
        return []
    near = Event.objects.filter(
        delivery=event.delivery_id,
        at__gte=event.at - classify.WINDOW,
        at__lte=event.at + classify.WINDOW,
        ruleset__gt=0,
    )
    found = near.exclude(pk=event.pk).select_related("link").order_by("at")[:MOST_NEIGHBOURS]
    return [Neighbour(other, round((other.at - event.at).total_seconds(), 2)) for other in found]


def _answer(rule: Rule, event: Event, near: list[Neighbour]) -> Answer:
    if not rule.is_used:
        return Answer(rule, "unused")
    if rule.number == event.rule:
        return Answer(rule, "spoke", _evidence(rule.number, event, near))
    if event.delivery_id is None and rule.number in {"R6", "R7", "R8", "R9"}:
        return Answer(rule, "not_reached", _("a hit of the crowd: nobody's other hits are known"))
    return Answer(rule, "silent")


def _evidence(number: str, event: Event, near: list[Neighbour]) -> str:
    if number == "R3":
        return classify.robot_of(event.user_agent) or _("in the public list of crawlers")
    if number == "R6":
        return _links(event, near)
    if number == "R7":
        networks = {event.ip_prefix, *(n.event.ip_prefix for n in near)} - {""}
        return ngettext("%d network", "%d networks", len(networks)) % len(networks)
    if number == "R8":
        return classify.vendor_of(event.ip_prefix)
    if number == "R9":
        later = [n for n in near if 0 < n.seconds <= classify.PAIR.total_seconds()]
        return _("%s s before the person") % later[0].seconds if later else ""
    return ""


def _links(event: Event, near: list[Neighbour]) -> str:
    seconds = classify.BURST.total_seconds()
    links = {event.link_id, *(n.event.link_id for n in near if abs(n.seconds) <= seconds)} - {None}
    return ngettext("%d link within 10 seconds", "%d links within 10 seconds", len(links)) % len(links)
