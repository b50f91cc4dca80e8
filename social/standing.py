"""How people stand with the brand: by RFM steps, and by how long ago they last did something. Lent to segments.

{"field": "rfm", "op": "in", "value": ["champions", "loyal"]}     {"field": "engagement", "op": "is", "value": "asleep"}

Engagement counts acts: an order, a claim, a redemption, a share, an answer, a click where clicks may be measured. Opens
are none: machines open, and most people's opens may not be known. Named in settings.SEGMENT_FIELDS.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Engagement
from contacts.segments.acts import compared
from contacts.segments.fields import Field, Leaf
from contacts.segments.known import Fixed
from contacts.segments.starters import Starter, rule
from social.models import Claim, Order, RfmScore

STANDING = _("Standing")
ACTIVE, COOLING = timedelta(days=90), timedelta(days=365)
LEVELS = {
    "active": _("active: did something in the last 90 days"),
    "cooling": _("cooling: last act 91 to 365 days ago"),
    "asleep": _("asleep: last act more than 365 days ago"),
    "silent": _("silent: no act yet"),
}


def acted(since: datetime | None) -> Q:
    """Return the condition that a contact acted since then, or ever; columns first, they cost nothing."""

    def later(column: str) -> dict[str, Any]:
        return {f"{column}__gte": since} if since else {}

    columns = ("last_redeemed_at", "last_shared_at", "last_clicked_at")
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__isnull": False}, **later(column))
    found |= Q(Exists(Order.objects.filter(contact_id=OuterRef("pk"), **later("ordered_at"))))
    found |= Q(Exists(Claim.objects.filter(contact_id=OuterRef("pk"), **later("claimed_at"))))
    replies = Engagement.objects.filter(contact_id=OuterRef("pk"), kind="reply", **later("last_at"))
    return found | Q(Exists(replies))


def _level(level: str, now: datetime) -> Q:
    if level == "active":
        return acted(now - ACTIVE)
    if level == "cooling":
        return acted(now - COOLING) & ~acted(now - ACTIVE)
    return acted(None) & ~acted(now - COOLING) if level == "asleep" else ~acted(None)


def _engagement(leaf: Leaf, now: datetime) -> Q:
    if leaf.op == "is_set":
        return Q(pk__isnull=False)
    found = Q(pk__in=[])
    for level in leaf.value if leaf.op == "in" else [leaf.value]:
        if level in LEVELS:
            found |= _level(level, now)
    return found


def _scores(condition: Q) -> Q:
    return Q(Exists(RfmScore.objects.filter(condition, contact_id=OuterRef("pk"))))


def _group(leaf: Leaf, now: datetime) -> Q:
    if leaf.op == "is_set":
        return _scores(Q())
    return _scores(Q(group__in=leaf.value) if leaf.op == "in" else Q(group=leaf.value))


def _step(column: str) -> Any:
    return lambda leaf, now: _scores(compared(column, leaf))


FIELDS: list[Field] = [
    Field("engagement", _("engagement"), STANDING, "choice", _engagement, known=Fixed(lambda: LEVELS.items())),
    Field("rfm", _("RFM group"), STANDING, "choice", _group, known=Fixed(lambda: RfmScore.Group.choices)),
    Field("rfm_recency", _("RFM recency, 1 to 5"), STANDING, "count", _step("recency")),
    Field("rfm_frequency", _("RFM frequency, 1 to 5"), STANDING, "count", _step("frequency")),
    Field("rfm_monetary", _("RFM money, 1 to 5"), STANDING, "count", _step("monetary")),
]

CUSTOMERS, ACTS, FRIENDS = _("Customers (RFM, every night)"), _("By their acts"), _("Sharing")
_RFM = {
    "champions": (_("Champions"), _("Bought lately, often and for much.")),
    "loyal": (_("Loyal customers"), _("Buy often, the last time not long ago.")),
    "big_spenders": (_("Big spenders"), _("Of the fifth who spend most, and not gone.")),
    "promising": (_("Promising customers"), _("Bought lately, once or twice.")),
    "at_risk": (_("Customers at risk"), _("Bought often, and have not come for long.")),
    "lost": (_("Lost customers"), _("Bought little, and long ago.")),
}
_LEVELS = {
    "active": (_("Active people"), _("Did something in the last 90 days; opens do not count.")),
    "cooling": (_("Cooling people"), _("Last did something 91 to 365 days ago.")),
    "asleep": (_("People asleep"), _("Did something once, but not for a year.")),
    "silent": (_("Silent people"), _("Never did anything that we may know of.")),
}
READY_MADE: list[Starter] = [
    *(Starter(key, CUSTOMERS, *words, {"all": [rule("rfm", "is", key)]}) for key, words in _RFM.items()),
    *(Starter(key, ACTS, *words, {"all": [rule("engagement", "is", key)]}) for key, words in _LEVELS.items()),
    Starter(
        "ambassadors",
        FRIENDS,
        _("Ambassadors"),
        _("Brought at least one friend."),
        {"all": [rule("brought_friends", "did", {})]},
    ),
    Starter(
        "sharers_without_friends",
        FRIENDS,
        _("Sharers whose friends have yet to come"),
        _("Shared in the last 90 days, and brought nobody yet."),
        {"all": [rule("shared", "did", {"days": 90}), rule("brought_friends", "did_not", {})]},
    ),
]
