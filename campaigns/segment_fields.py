"""What this floor lends to segments: opened, clicked, was sent, answered, left; by campaign, in a stretch of time.

{"field": "opened", "op": "did", "value": {"campaign": 7, "days": 30}}

Human acts only. Whether somebody opened or clicked can be known only when she agreed to be measured, no mail was sent
to her unmeasured in that time, and no picture in them was loaded by a proxy such as Apple's, which does so whether she
reads or not: of all others it is "not observable", and they neither did nor did not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Delivery, Engagement, Event, LinkEngagement
from contacts.segments import typed
from contacts.segments.acts import act, in_time
from contacts.segments.fields import Field, Leaf, Param, column
from contacts.segments.known import Fixed, Rows

MAILS, ACTS = _("Mails"), _("Acts")
CAMPAIGNS = Rows(lambda: Campaign.objects.all())
CAMPAIGN = Param("campaign", _("campaign"), "campaign_id", known=CAMPAIGNS)


def _engaged(kind: str) -> Callable[[], QuerySet[Engagement]]:
    return lambda: Engagement.objects.filter(kind=kind)


def _acted_observably(leaf: Leaf, now: datetime) -> Q:
    """Opens and clicks are known of those who agreed; what people do on our own pages is known of everybody."""
    column = {"open": "open_tracking_at", "click": "click_tracking_at"}.get((leaf.value or {}).get("kind", ""))
    return Q(**{f"{column}__isnull": False}) if column else Q(pk__isnull=False)


def _unmeasured(tracks: str) -> QuerySet[Delivery]:
    """Return the mails that went to this contact without individual tokens: what she did with them, nobody knows."""
    return Delivery.objects.filter(contact_id=OuterRef("pk"), state=Delivery.State.SENT, **{tracks: False})


def _loaded_by_proxy(value: dict[str, Any], now: datetime) -> Q:
    """Return the condition that a mail's picture was loaded by a proxy or by nobody knows whom: no open, no "no"."""
    loads = Event.objects.filter(
        contact_id=OuterRef("pk"), kind=Event.Kind.OPEN, verdict__in=[Event.Verdict.PROXY, Event.Verdict.UNKNOWN]
    ).filter(in_time(value, "at", now))
    if "campaign" in value:
        loads = loads.filter(campaign_id=value["campaign"])
    return Q(Exists(loads))


def _known_act(agreed: str, tracks: str) -> Callable[[Leaf, datetime], Q]:
    def observable(leaf: Leaf, now: datetime) -> Q:
        value = leaf.value or {}
        mails = _unmeasured(tracks).filter(in_time(value, "sent_at", now))
        if "campaign" in value:
            mails = mails.filter(campaign_id=value["campaign"])
        known = Q(**{f"{agreed}__isnull": False}) & ~Q(Exists(mails))
        return known & ~_loaded_by_proxy(value, now) if tracks == "tracks_opens" else known

    return observable


def _known_date(agreed: str, tracks: str) -> Callable[[Leaf, datetime], Q]:
    def observable(leaf: Leaf, now: datetime) -> Q:
        first, _last = (None, None) if leaf.op == "is_set" else typed.moment_range(leaf.op, leaf.value, now)
        mails = _unmeasured(tracks).filter(sent_at__gte=first) if first else _unmeasured(tracks)
        known = Q(**{f"{agreed}__isnull": False}) & ~Q(Exists(mails))
        if tracks != "tracks_opens":
            return known
        since = {"from": timezone.localdate(first, timezone.get_default_timezone()).isoformat()} if first else {}
        return known & ~_loaded_by_proxy(since, now)

    return observable


OPENS = "open_tracking_at", "tracks_opens"
CLICKS = "click_tracking_at", "tracks_clicks"

FIELDS: list[Field] = [
    act(
        "opened",
        _("opened a mail"),
        MAILS,
        _engaged("open"),
        at="last_at",
        params=[CAMPAIGN],
        observable=_known_act(*OPENS),
    ),
    act(
        "clicked",
        _("followed a link of a mail"),
        MAILS,
        _engaged("click"),
        at="last_at",
        params=[CAMPAIGN],
        observable=_known_act(*CLICKS),
    ),
    act(
        "mailed",
        _("was sent a mail"),
        MAILS,
        lambda: Delivery.objects.filter(state=Delivery.State.SENT),
        at="sent_at",
        params=[CAMPAIGN],
    ),
    act(
        "sent_version",
        _("was sent one version of a mail"),
        MAILS,
        lambda: Delivery.objects.filter(state=Delivery.State.SENT),
        at="sent_at",
        params=[CAMPAIGN, Param("version", _("version's number"), "content_version__number")],
    ),
    act(
        "followed_link",
        _("followed one link of a mail"),
        MAILS,
        lambda: LinkEngagement.objects.all(),
        at="last_at",
        params=[
            Param("campaign", _("campaign"), "link__campaign_id", known=CAMPAIGNS),
            Param("link", _("link's number"), "link__number"),
        ],
        observable=_known_act(*CLICKS),
    ),
    act(
        "acted",
        _("did something about a campaign"),
        MAILS,
        lambda: Engagement.objects.all(),
        at="last_at",
        params=[CAMPAIGN, Param("kind", _("kind"), "kind", str, Fixed(lambda: Event.Kind.choices))],
        observable=_acted_observably,
    ),
    act("replied", _("answered a mail"), MAILS, _engaged("reply"), at="last_at", params=[CAMPAIGN]),
    act("left", _("left by a mail"), MAILS, _engaged("unsubscribe"), at="last_at", params=[CAMPAIGN]),
    column(
        "last_opened", _("last open"), "date", group=ACTS, name="last_opened_at", observable=_known_date(*OPENS)
    ),
    column(
        "last_clicked", _("last click"), "date", group=ACTS, name="last_clicked_at", observable=_known_date(*CLICKS)
    ),
]  # fmt: skip
