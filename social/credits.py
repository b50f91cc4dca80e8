"""Which touches led to an order, and how much of it each may claim. Three models side by side, never one as the truth.

touches(order, campaign, share_link, WINDOW)   # → [Touch(at, "click", campaign_id=7), …], oldest first
shares([a, b, c])                              # → {"last_touch": {2: 1_000_000}, …}, millionths by touch
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.models import Campaign, Event
from social.models import Conversion, Credit, Order, Referral, ShareLink

WHOLE = 1_000_000
KINDS = (Event.Kind.CLICK, Event.Kind.WEB_VIEW, Event.Kind.CLAIM, Event.Kind.REDEEM, Event.Kind.QR_SCAN)
MOST = 200  # touches looked at; a person with more is served by the latest


@dataclass(frozen=True)
class Touch:
    """One human act of the buyer before the order, or the friend's share that brought her."""

    at: datetime
    kind: str
    campaign_id: int | None
    share_link_id: int | None = None


def touches(order: Order, campaign: Campaign | None, share_link: ShareLink | None, window: timedelta) -> list[Touch]:
    """Return what touched the buyer within the window, oldest first; only human acts.

    Reads:   Event of the contact, Referral; `campaign` and `share_link` are what the order itself named.
    """
    since = order.ordered_at - window
    found: list[Touch] = []
    if order.contact_id is not None:
        acts = Event.objects.filter(
            contact_id=order.contact_id,
            at__gt=since,
            at__lte=order.ordered_at,
            kind__in=KINDS,
            verdict=Event.Verdict.HUMAN,
            campaign__isnull=False,
        ).order_by("-at")
        found += [Touch(at, kind, named) for at, kind, named in acts.values_list("at", "kind", "campaign_id")[:MOST]]
        found += _brought_by(order, since)
    if share_link is not None:
        found.append(Touch(order.ordered_at, Event.Kind.EARNED_VISIT, share_link.campaign_id, share_link.pk))
    elif campaign is not None and not any(touch.campaign_id == campaign.pk for touch in found):
        found.append(Touch(order.ordered_at, Event.Kind.CLICK, campaign.pk))
    return sorted(found, key=lambda touch: touch.at)


def shares(found: Sequence[Touch]) -> dict[str, dict[int, int]]:
    """Return the millionths of each touch under each model; each model that credits anything sums to 1,000,000."""
    if not found:
        return {}
    models: dict[str, dict[int, int]] = {
        Credit.Model.LAST_TOUCH: {len(found) - 1: WHOLE},
        Credit.Model.FIRST_TOUCH: {0: WHOLE},
    }
    shared = [place for place, touch in enumerate(found) if touch.share_link_id is not None]
    if shared:
        each, rest = divmod(WHOLE, len(shared))
        models[Credit.Model.SHARE_ASSISTED] = {
            place: each + (1 if number < rest else 0) for number, place in enumerate(shared)
        }
    return models


def give(conversion: Conversion, found: Sequence[Touch]) -> None:
    """Write the credits of a new conversion.

    Writes:  Credit rows.
    """
    Credit.objects.bulk_create(
        Credit(
            conversion=conversion,
            model=model,
            campaign_id=found[place].campaign_id,
            share_link_id=found[place].share_link_id,
            touch=found[place].kind,
            touched_at=found[place].at,
            parts=parts,
        )
        for model, by_touch in shares(found).items()
        for place, parts in by_touch.items()
    )


def _brought_by(order: Order, since: datetime) -> list[Touch]:
    """Return the share through which the buyer became a contact, when that was within the window."""
    came = Referral.objects.filter(
        friend_id=order.contact_id, created_at__gt=since, created_at__lte=order.ordered_at, share_link__isnull=False
    ).exclude(state=Referral.State.VOIDED)
    return [
        Touch(at, Event.Kind.EARNED_CONTACT, campaign_id, link_id)
        for at, campaign_id, link_id in came.values_list("created_at", "share_link__campaign_id", "share_link_id")
    ]
