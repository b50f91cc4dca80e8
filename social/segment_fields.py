"""What sharing lends to segments: shared (on X, in 30 days), share confirmed, brought friends, came through one.

{"field": "brought_friends", "op": "did", "value": {"at_least": 3}}
{"field": "share_networks", "op": "gte", "value": 2}

Named in settings.SEGMENT_FIELDS. What offers lend is in `social.offers.segment_fields`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.segments.fields import Field, Leaf, act
from social.models import Referral, ShareLink

SHARING = _("Sharing")
BY_NETWORK = {"network": "network", "campaign": "campaign_id"}


def _pressed() -> QuerySet[ShareLink]:
    return ShareLink.objects.filter(intended_at__isnull=False)


def _confirmed() -> QuerySet[ShareLink]:
    return _pressed().filter(Q(composed_at__isnull=False) | Q(visited_at__isnull=False))


def _friends() -> QuerySet[Referral]:
    return Referral.objects.filter(confirmed_at__isnull=False, state__in=[Referral.State.HELD, Referral.State.APPROVED])


def _networks(leaf: Leaf, now: datetime) -> Q:
    """On how many networks she shared; nobody has an unknown number, and none is 0."""
    if leaf.op == "is_set":
        return Q(pk__isnull=False)
    hers = _pressed().filter(contact_id=OuterRef("pk")).order_by().values("contact_id")
    counted = hers.annotate(n=Count("network", distinct=True))
    tests: dict[str, Callable[[float], Q]] = {
        "is": lambda value: Q(n=value),
        "gt": lambda value: Q(n__gt=value),
        "gte": lambda value: Q(n__gte=value),
        "lt": lambda value: Q(n__lt=value),
        "lte": lambda value: Q(n__lte=value),
        "between": lambda value: Q(n__gte=value[0], n__lte=value[1]),  # type: ignore[index]
    }
    found = Q(Exists(counted.filter(tests[leaf.op](leaf.value))))
    return found | ~Q(Exists(hers)) if _holds_for_none(leaf) else found


def _holds_for_none(leaf: Leaf) -> bool:
    """Whether 0 networks satisfies the comparison: people without any share have no row to compare."""
    value = leaf.value
    tests: dict[str, Callable[[], bool]] = {
        "is": lambda: value == 0,
        "gt": lambda: value < 0,
        "gte": lambda: value <= 0,
        "lt": lambda: value > 0,
        "lte": lambda: value >= 0,
        "between": lambda: value[0] <= 0 <= value[1],
    }
    return bool(tests[leaf.op]())


FIELDS: list[Field] = [
    act("shared", _("pressed share"), SHARING, _pressed, at="intended_at", params=BY_NETWORK, types={"network": str}),
    act(
        "share_confirmed",
        _("shared, with evidence"),
        SHARING,
        _confirmed,
        at="intended_at",
        params=BY_NETWORK,
        types={"network": str},
    ),
    act("brought_friends", _("brought a friend"), SHARING, _friends, contact="sponsor_id", at="confirmed_at"),
    act("came_by_friend", _("came through a friend"), SHARING, _friends, contact="friend_id", at="confirmed_at"),
    Field("share_networks", _("networks shared on"), SHARING, "number", _networks),
]
