"""What this floor lends to segments: opened, clicked, was sent, left; by campaign, in the last days, so many times.

{"field": "opened", "op": "did", "value": {"campaign": 7, "days": 30}}

Whoever does not agree to be measured is "not observable": she neither did nor did not. Human acts only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.models import Delivery, Engagement, LinkEngagement
from contacts.segments.fields import Field, Leaf, act

MAILS = _("Mails")
CAMPAIGN = {"campaign": "campaign_id"}


def _engaged(kind: str) -> QuerySet[Engagement]:
    return Engagement.objects.filter(kind=kind)


def _acted_observably(leaf: Leaf, now: datetime) -> Q:
    """Opens and clicks are known of those who agreed; what people do on our own pages is known of everybody."""
    column = {"open": "open_tracking_at", "click": "click_tracking_at"}.get((leaf.value or {}).get("kind", ""))
    return Q(**{f"{column}__isnull": False}) if column else Q(pk__isnull=False)


def _measured(column: str) -> Any:
    def observable(leaf: Leaf, now: datetime) -> Q:
        return Q(**{f"{column}__isnull": False})

    return observable


FIELDS: list[Field] = [
    act(
        "opened",
        _("opened a mail"),
        MAILS,
        lambda: _engaged("open"),
        at="last_at",
        params=CAMPAIGN,
        observable=_measured("open_tracking_at"),
    ),
    act(
        "clicked",
        _("followed a link of a mail"),
        MAILS,
        lambda: _engaged("click"),
        at="last_at",
        params=CAMPAIGN,
        observable=_measured("click_tracking_at"),
    ),
    act(
        "mailed",
        _("was sent a mail"),
        MAILS,
        lambda: Delivery.objects.filter(state=Delivery.State.SENT),
        at="sent_at",
        params=CAMPAIGN,
    ),
    act(
        "followed_link",
        _("followed one link of a mail"),
        MAILS,
        lambda: LinkEngagement.objects.all(),
        at="last_at",
        params={"campaign": "link__campaign_id", "link": "link__number"},
        observable=_measured("click_tracking_at"),
    ),
    act(
        "acted",
        _("did something about a campaign"),
        MAILS,
        lambda: Engagement.objects.all(),
        at="last_at",
        params={**CAMPAIGN, "kind": "kind"},
        types={"kind": str},
        observable=_acted_observably,
    ),
    act("left", _("left by a mail"), MAILS, lambda: _engaged("unsubscribe"), at="last_at", params=CAMPAIGN),
]
