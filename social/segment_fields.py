"""What sharing lends to segments: shared (on X, in 30 days), share confirmed, brought friends, came through one.

{"field": "brought_friends", "op": "did", "value": {"at_least": 3}}
{"field": "share_networks", "op": "gte", "value": 2}

Named in settings.SEGMENT_FIELDS. What offers lend is in `social.offers.segment_fields`.
"""

from __future__ import annotations

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from campaigns.models import Event
from campaigns.segment_fields import CAMPAIGN
from contacts.segments.acts import act, measure
from contacts.segments.fields import Field, Param
from contacts.segments.known import Fixed
from social.models import EarnedVisit, Referral, ShareLink, TreeNode
from social.networks import registry

SHARING = _("Sharing")
NETWORKS = Fixed(registry.choices)
NETWORK = Param("network", _("network"), "network", str, NETWORKS)
BY = [NETWORK, CAMPAIGN]


def _pressed() -> QuerySet[ShareLink]:
    return ShareLink.objects.filter(intended_at__isnull=False)


def _confirmed() -> QuerySet[ShareLink]:
    return _pressed().filter(Q(composed_at__isnull=False) | Q(visited_at__isnull=False))


def _friends() -> QuerySet[Referral]:
    return Referral.objects.filter(confirmed_at__isnull=False, state__in=[Referral.State.HELD, Referral.State.APPROVED])


def _visits() -> QuerySet[EarnedVisit]:
    return EarnedVisit.objects.filter(is_sharer=False)


def _bought() -> QuerySet[Event]:
    return Event.objects.filter(kind=Event.Kind.EARNED_CONVERSION)


def _branches() -> QuerySet[TreeNode]:
    return TreeNode.objects.filter(version=F("tree__version"))


FIELDS: list[Field] = [
    act("shared", _("pressed share"), SHARING, _pressed, at="intended_at", params=BY),
    act("share_confirmed", _("shared, with evidence"), SHARING, _confirmed, at="intended_at", params=BY),
    act("brought_visits", _("brought a visitor"), SHARING, _visits, contact="share_link__contact_id", at="first_at"),
    act("brought_friends", _("brought a friend"), SHARING, _friends, contact="sponsor_id", at="confirmed_at"),
    act("came_by_friend", _("came through a friend"), SHARING, _friends, contact="friend_id", at="confirmed_at"),
    act("friend_bought", _("a friend bought"), SHARING, _bought, at="at", params=[CAMPAIGN]),
    measure("visits_brought", _("visitors brought"), SHARING, _visits, Count("pk"), contact="share_link__contact_id"),
    measure("branch_friends", _("friends brought in all, her friends' friends included"), SHARING, _branches,
            Sum("branch_friends")),
    measure("tree_generation", _("generation in a tree of friends (1 = got the mail herself)"), SHARING, _branches,
            Max("generation")),
    measure("share_networks", _("networks shared on"), SHARING, _pressed, Count("network", distinct=True)),
    measure("friends", _("friends brought"), SHARING, _friends, Count("pk"), contact="sponsor_id"),
]  # fmt: skip
