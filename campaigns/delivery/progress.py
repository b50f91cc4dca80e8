"""How far a campaign is, in numbers for people: the live page, the list, the hold page.

progress(campaign)     # → Progress(total=12480, sent=4000, waiting=8400, …)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from campaigns.delivery import replies
from campaigns.delivery.ledger import UNFINISHED, State
from campaigns.models import Campaign, Delivery, Tally

OVER = [Campaign.State.FINISHED, Campaign.State.CANCELLED]


@dataclass(frozen=True, slots=True)
class Progress:
    """Mails of one campaign by what became of them; `total` leaves the control group out."""

    total: int
    sent: int
    waiting: int
    deferred: int
    on_the_wire: int
    failed: int
    suppressed: int
    ambiguous: int
    cancelled: int
    control: int

    @property
    def percent(self) -> int:
        """Per cent of the mails that are settled, 100 only when all are."""
        left = self.waiting + self.deferred + self.on_the_wire
        return 100 if not left else min(99, (self.total - left) * 100 // max(self.total, 1))

    @property
    def is_settled(self) -> bool:
        return not (self.waiting or self.deferred or self.on_the_wire)


@dataclass(frozen=True, slots=True)
class Failure:
    """Mails that got the same kind of reply: code, enhanced code, one example of the words."""

    code: int | None
    status: str
    example: str
    n: int
    state: str


def counts_by_state(campaign: Campaign) -> dict[str, int]:
    """Return how many deliveries of the campaign are in each state, counted now."""
    found = Delivery.objects.filter(campaign=campaign).order_by().values_list("state").annotate(n=Count("pk"))
    return dict(found)


def progress(campaign: Campaign) -> Progress:
    """Return the campaign's numbers; of a large one that is over as the worker counted them last."""
    return of_many([campaign.pk])[campaign.pk]


def of_many(campaign_ids: Sequence[int]) -> dict[int, Progress]:
    """Return the numbers of the campaigns of one list page with two queries.

    Reads:   Tally of large campaigns that are over (docs/measures.md, How fresh); Delivery of all others.
    """
    by_campaign: dict[int, dict[str, int]] = {number: {} for number in campaign_ids}
    kept = Tally.objects.filter(campaign__in=campaign_ids, campaign__state__in=OVER, key="mails")
    for number, rows in kept.values_list("campaign", "data"):
        for state, _opens, _clicks, n in rows:
            by_campaign[number][state] = by_campaign[number].get(state, 0) + n
    others = [number for number, counts in by_campaign.items() if not counts]
    counted = Delivery.objects.filter(campaign__in=others).order_by().values_list("campaign", "state")
    for number, state, n in counted.annotate(n=Count("pk")):
        by_campaign[number][state] = n
    return {number: summed(counts) for number, counts in by_campaign.items()}


def summed(counts: dict[str, int]) -> Progress:
    def of(*states: str) -> int:
        return sum(counts.get(state, 0) for state in states)

    return Progress(
        total=sum(counts.values()) - of(State.CONTROL),
        sent=of(State.SENT),
        waiting=of(State.QUEUED, State.CLAIMED),
        deferred=of(State.DEFERRED),
        on_the_wire=of(State.COMMITTING),
        failed=of(State.FAILED),
        suppressed=of(State.SUPPRESSED),
        ambiguous=of(State.AMBIGUOUS),
        cancelled=of(State.CANCELLED),
        control=of(State.CONTROL),
    )


FAILURES_READ = 5_000  # rows looked at; more of them say nothing new


def failures(campaign: Campaign) -> list[Failure]:
    """Return the campaign's refusals grouped by reply, the most frequent first."""
    unhappy = [State.FAILED, State.DEFERRED, State.AMBIGUOUS]
    rows = Delivery.objects.filter(campaign=campaign, state__in=unhappy).exclude(reply="")
    groups: dict[tuple[int | None, str, str], list[str]] = {}
    for state, code, reply in rows.order_by("-pk").values_list("state", "reply_code", "reply")[:FAILURES_READ]:
        status = replies.enhanced(reply)
        key = (code, status or reply[:40], state)
        groups.setdefault(key, []).append(reply)
    found = [
        Failure(code, status if replies.enhanced(status) else "", words[0], len(words), str(State(state).label))
        for (code, status, state), words in groups.items()
    ]
    return sorted(found, key=lambda failure: -failure.n)[:10]


def is_busy(campaign: Campaign) -> bool:
    """Say whether something is left to do."""
    return Delivery.objects.filter(campaign=campaign, state__in=UNFINISHED).exists()
