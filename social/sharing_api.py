"""Share links, referrals and trees for partners.

POST /api/v1/share-links/   {"contact": 7, "campaign": 3, "network": "copy"}   → {"id": 41, "url": "https://…", …}
GET  /api/v1/referrals/?sponsor=7&state=approved
GET  /api/v1/trees/3/        → figures, K by generation with its interval
GET  /api/v1/trees/3/people/?of=12
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign
from contacts import bounds
from contacts.answers import acting_user, whole_number
from contacts.models import Contact
from contacts.problems import Conflict, Strict, Unprocessable
from contacts.resource import EVERY, Resource
from social import referrals, sharing
from social.models import Referral, ShareLink, ShareTree, TreeNode
from social.networks import registry
from social.tree import branches, build, words
from social.tree.measures import Ratio, multiplier


class ShareLinkSerializer(serializers.ModelSerializer[ShareLink]):
    """A link of one contact, campaign, block and network; each step of the evidence ladder has its own time."""

    url = serializers.SerializerMethodField(help_text="The address that is shared.")
    visits = serializers.IntegerField(source="earned", read_only=True, help_text="Other people's, once a day each.")

    class Meta:
        model = ShareLink
        fields = [
            "id", "url", "contact", "campaign", "block", "network", "observed_network", "parent", "generation",
            "intended_at", "composed_at", "visited_at", "visits", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_url(self, row: ShareLink) -> str:
        return sharing.address(row.link)


class ShareLinkWishSerializer(Strict):
    """Whose link, of which campaign, for which network; a link is no share: nothing is counted until somebody comes."""

    contact: serializers.PrimaryKeyRelatedField[Contact] = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.filter(merged_into=None)
    )
    campaign: serializers.PrimaryKeyRelatedField[Campaign] = serializers.PrimaryKeyRelatedField(
        queryset=Campaign.objects.all()
    )
    network = serializers.CharField(max_length=24, help_text="A key of the registry: docs/networks.md.")
    block = serializers.CharField(max_length=40, required=False)


WISH = OpenApiExample(
    "Ann's link of a campaign, to be copied in the app",
    request_only=True,
    value={"contact": 7, "campaign": 3, "network": "copy"},
)


@extend_schema_view(
    list=extend_schema(summary="List share links"), retrieve=extend_schema(summary="One share link with its steps")
)
class ShareLinkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[ShareLink]):
    """Share links and how far each got: pressed, composed, visited."""

    scope = "share-links"
    topic_lookup = "campaign__topic"
    queryset = ShareLink.objects.select_related("link").annotate(
        earned=Count("visits", filter=Q(visits__is_sharer=False))
    )
    serializer_class = ShareLinkSerializer
    filterset_fields = ["contact", "campaign", "network", "generation", "parent"]

    @extend_schema(
        summary="Make a contact's link, or find it",
        request=ShareLinkWishSerializer,
        examples=[WISH],
        responses={200: ShareLinkSerializer, 201: ShareLinkSerializer},
    )
    def create(self, request: Request) -> Response:
        """201 for a new link, 200 for the one that this contact, campaign, block and network have already."""
        return self._make(request)

    def _make(self, request: Request) -> Response:
        wish = ShareLinkWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        bounds.check_person(request, given["contact"])
        bounds.check_topics(request, [given["campaign"].topic], "campaign")
        network = registry.networks().get(given["network"])
        if network is None or network.is_retired:
            raise Unprocessable(f"There is no network {given['network']!r} to share on.", code="unknown_network")
        block = given.get("block", "")
        known = ShareLink.objects.filter(
            contact=given["contact"], campaign=given["campaign"], network=network.key, block=block
        ).exists()
        made = sharing.share_link_for(given["contact"], given["campaign"], network.key, block)
        answer = self.get_serializer(self.get_queryset().get(pk=made.pk))
        return Response(answer.data, status=status.HTTP_200_OK if known else status.HTTP_201_CREATED)


class ReferralSerializer(serializers.ModelSerializer[Referral]):
    class Meta:
        model = Referral
        fields = [
            "id", "sponsor", "friend", "share_link", "program", "generation", "state", "reasons", "created_at",
            "confirmed_at", "qualified_at", "decided_at",
        ]  # fmt: skip
        read_only_fields = fields


class DecisionSerializer(Strict):
    """Why: kept with the referral."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


WHY = OpenApiExample("With its reason", request_only=True, value={"reason": "Mother and daughter: both are customers."})


@extend_schema_view(
    list=extend_schema(summary="List referrals"), retrieve=extend_schema(summary="One referral with its reasons")
)
class ReferralViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Referral]):
    """Who brought whom, and what became of it."""

    scope = "referrals"
    topic_lookup = "share_link__campaign__topic"
    queryset = Referral.objects.all()
    serializer_class = ReferralSerializer
    filterset_fields = ["sponsor", "friend", "program", "state", "generation"]

    @extend_schema(summary="Approve a held or flagged referral", request=DecisionSerializer, examples=[WHY])
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """It counts, the sponsor is rewarded; 409 before the friend confirmed and after a decision."""
        return self._decide(request, is_good=True)

    @extend_schema(summary="Void a referral", request=DecisionSerializer, examples=[WHY])
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str | None = None) -> Response:
        """It does not count; a reason is wanted. 409 when it is voided already."""
        return self._decide(request, is_good=False)

    def _decide(self, request: Request, *, is_good: bool) -> Response:
        given = DecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reason, by = given.validated_data.get("reason", ""), acting_user(request)
        try:
            row = self.get_object()
            done = referrals.approve(row, by=by, reason=reason) if is_good else referrals.void(row, reason, by=by)
        except referrals.WrongState as why:
            raise Conflict(str(why)) from why
        return Response(self.get_serializer(done).data)


class GenerationSerializer(serializers.Serializer[dict[str, Any]]):
    """One generation: who shared, what it brought, K with its 95 % interval (null where nobody shared)."""

    generation = serializers.IntegerField()
    people = serializers.IntegerField()
    sharers = serializers.IntegerField()
    visits = serializers.IntegerField()
    friends = serializers.IntegerField()
    shared_in_turn = serializers.IntegerField()
    k = serializers.FloatField(allow_null=True)
    k_low = serializers.FloatField()
    k_high = serializers.FloatField(allow_null=True)
    says_little = serializers.BooleanField(help_text="Fewer than 30 people shared: do not read K.")


class TreeSerializer(serializers.Serializer[Any]):
    """A campaign's tree as it was at `built_at`; money in minor units by currency, never added."""

    campaign = serializers.IntegerField()
    built_at = serializers.DateTimeField()
    sharers = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    visits = serializers.IntegerField()
    friends = serializers.IntegerField()
    money = serializers.DictField(child=serializers.IntegerField())
    cycle_hours = serializers.FloatField(allow_null=True)
    amplification = serializers.FloatField(allow_null=True)
    multiplier = serializers.FloatField(allow_null=True)
    k = GenerationSerializer(help_text="Over all generations; `generation` is 0.")
    generations = GenerationSerializer(many=True)
    networks = serializers.ListField(child=serializers.DictField())


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a generation with its K."""
    k = Ratio(row["next"], row["sharers"], row["squares"])
    low, high = k.interval
    more = {"shared_in_turn": row["next"], "k": k.value, "k_low": low, "k_high": high, "says_little": k.says_little}
    return {**{name: row[name] for name in ("generation", "people", "sharers", "visits", "friends")}, **more}


def tree_told(tree: ShareTree) -> dict[str, Any]:
    """Return a tree as the API says it."""
    found = tree.figures
    k = words.overall(found)
    whole = {"generation": 0, **{name: found[name] for name in ("people", "sharers", "visits", "friends")}}
    links = found["confirmed_links"]
    return {
        **{name: found[name] for name in ("sharers", "confirmed", "visits", "friends", "money", "cycle_hours")},
        "campaign": tree.campaign_id,
        "built_at": tree.built_at,
        "amplification": found["visits"] / links if links else None,
        "multiplier": multiplier(k.value) if k.value is not None and not k.says_little else None,
        "k": told({**whole, "next": k.children, "squares": k.squares}),
        "generations": [told(row) for row in found["generations"]],
        "networks": found["networks"],
    }


class PersonSerializer(serializers.ModelSerializer[TreeNode]):
    """A person of the tree; `contact` is null for a friend who shared on without signing up."""

    class Meta:
        model = TreeNode
        fields = [
            "id", "contact", "parent", "generation", "via", "networks", "is_sharer", "is_confirmed", "visits",
            "friends", "money", "people_below", "branch_visits", "branch_friends", "branch_money", "joined_at",
        ]  # fmt: skip
        read_only_fields = fields


class TreeViewSet(Resource[Any]):
    """The tree of friends of a campaign, by the campaign's id."""

    scope = "share-links"
    queryset = ShareTree.objects.all()
    desk_model = ShareLink
    whole = EVERY
    serializer_class = TreeSerializer
    lookup_url_kwarg = "campaign"
    lookup_field = "campaign"
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(summary="A campaign's tree of friends", responses=TreeSerializer)
    def retrieve(self, request: Request, campaign: str) -> Response:
        """Figures with K by generation; a small tree is put together now, a large one as of the last five minutes."""
        return Response(TreeSerializer(tree_told(self._tree(campaign))).data)

    @extend_schema(
        summary="People of a tree",
        parameters=[
            OpenApiParameter("of", int, description="whom they came through, by contact id; left out = everybody")
        ],
        responses=PersonSerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def people(self, request: Request, campaign: str) -> Response:
        """Everybody, or those below one person. Ids hold until the tree is put together anew."""
        tree = self._tree(campaign)
        rows: QuerySet[TreeNode] = TreeNode.objects.filter(tree=tree, version=tree.version)
        if (of := whole_number(request, "of")) is not None:
            above = branches.find(tree, f"c{of}")
            rows = rows.filter(parent=above) if above is not None else rows.none()
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(PersonSerializer(page or [], many=True).data)

    def _tree(self, campaign: str) -> ShareTree:
        return build.fresh(get_object_or_404(Campaign, pk=int(campaign)))


ROUTES = {"share-links": ShareLinkViewSet, "referrals": ReferralViewSet, "trees": TreeViewSet}
