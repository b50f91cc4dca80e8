"""Redemptions and their reversals for partners: shops, tills, web shops.

POST /api/v1/redemptions/   Idempotency-Key: order-1042   {"code": "7K2M9-PQRWX-G", "place": "lyon"}
POST /api/v1/reversals/     Idempotency-Key: return-1042  {"redemption": 88, "reason": "Goods back"}
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.answers import acting_user
from contacts.resource import Resource
from social import offers_wishes as wishes
from social.models import Redemption
from social.offers.reasons import Refused
from social.offers.redemption import redeem, reverse
from social.offers_asked import KEY, allowed_places, bound_to, is_insider, place_of, refusal, required_key, who_asks


class CostSerializer(serializers.Serializer[Any]):
    """What one offer cost in one currency."""

    offer = serializers.IntegerField()
    currency = serializers.CharField()
    redeemed = serializers.IntegerField()
    undone = serializers.IntegerField()
    amount_minor = serializers.IntegerField(help_text="What was bought with it, undone uses left out.")
    discount_minor = serializers.IntegerField()
    cost_minor = serializers.IntegerField(help_text="What it took from the offer's budget.")


def costs(rows: QuerySet[Redemption]) -> list[dict[str, Any]]:
    """Return a line for each offer and currency; money of uses that were undone is left out."""
    kept = Q(reversal__isnull=True)
    money = {name: Coalesce(Sum(name, filter=kept), 0) for name in ("amount_minor", "discount_minor", "cost_minor")}
    told = rows.order_by().annotate(offer=F("claim__offer_id")).values("offer", "currency")
    told = told.annotate(redeemed=Count("pk"), undone=Count("pk", filter=~kept), **money)
    return [dict(line) for line in told.order_by("offer", "currency")]


class UsesViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Redemption]):
    """The rows that this key's places may see."""

    serializer_class = wishes.RedemptionSerializer
    filterset_fields = {
        "place__slug": ["exact"], "claim__offer": ["exact"], "order_reference": ["exact"], "at": ["gte", "lt"],
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[Redemption]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        auth = self.request.auth
        if auth is not None and not is_insider(self.request):
            return rows.filter(client=who_asks(self.request).client)
        if auth is not None and not bound_to(self.request):
            return rows
        if auth is None and acting_user(self.request).has_perm("social.view_sharelink"):
            return rows
        return rows.filter(place__in=allowed_places(self.request))


@extend_schema_view(list=extend_schema(summary="List redemptions"), retrieve=extend_schema(summary="One redemption"))
class RedemptionViewSet(UsesViewSet):
    """What was used, where and when; never changed, undone by a reversal."""

    own_keys = ("create",)
    scope = "redemptions"
    queryset = Redemption.objects.filter(kind=Redemption.Kind.REDEEM).select_related("claim", "place", "reversal")

    @extend_schema(
        summary="Redeem a code", request=wishes.RedeemWishSerializer, parameters=[KEY], examples=[wishes.REDEEM],
        responses={201: wishes.RedemptionSerializer},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """201 once; the same key gives the same redemption. 403, 404, 409, 410, 422 or 429 with the reason."""
        key = required_key(request)
        wish = wishes.RedeemWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        try:
            made = redeem(
                given["code"], place=place_of(request, given.get("place")), who=who_asks(request), key=key,
                amount_minor=given.get("amount_minor"), order_reference=given.get("order_reference", ""),
            )  # fmt: skip
        except Refused as why:
            return refusal(why)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="What its redemptions cost, by offer and currency", responses=CostSerializer(many=True), filters=False
    )
    @action(detail=False, pagination_class=None)
    def costs(self, request: Request) -> Response:
        """GET /api/v1/redemptions/costs/ → of this key's own; what was undone costs nothing."""
        return Response(CostSerializer(costs(self.get_queryset()), many=True).data)


@extend_schema_view(list=extend_schema(summary="List reversals"), retrieve=extend_schema(summary="One reversal"))
class ReversalViewSet(UsesViewSet):
    """Redemptions that were undone."""

    own_keys = ("create",)
    scope = "reversals"
    queryset = Redemption.objects.filter(kind=Redemption.Kind.REVERSE).select_related("claim", "place")

    @extend_schema(
        summary="Undo a redemption", request=wishes.ReverseWishSerializer, parameters=[KEY],
        examples=[wishes.REVERSE], responses={201: wishes.RedemptionSerializer},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Within the offer's days. The code can be used again, and limits and budget get the use back."""
        key = required_key(request)
        wish = wishes.ReverseWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        row = self._mine(request, wish.validated_data["redemption"])
        try:
            made = reverse(row, reason=wish.validated_data["reason"], who=who_asks(request), key=key)
        except Refused as why:
            return refusal(why)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    def _mine(self, request: Request, pk: int) -> Redemption:
        rows = Redemption.objects.filter(kind=Redemption.Kind.REDEEM)
        if not is_insider(request):
            rows = rows.filter(client=who_asks(request).client)
        if bound_to(request) or request.auth is None:
            rows = rows.filter(place__in=allowed_places(request))
        found = rows.filter(pk=pk).first()
        if found is None:
            raise serializers.ValidationError({"redemption": [_("There is no such redemption for this key.")]})
        return found


ROUTES = {"redemptions": RedemptionViewSet, "reversals": ReversalViewSet}
