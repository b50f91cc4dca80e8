"""Redemptions and their reversals for partners: shops, tills, web shops.

POST /api/v1/redemptions/   Idempotency-Key: order-1042   {"code": "7K2M9-PQRWX-G", "place": "lyon"}
POST /api/v1/reversals/     Idempotency-Key: return-1042  {"redemption": 88, "reason": "Goods back"}
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.answers import acting_user
from contacts.resource import Resource
from social import offers_wishes as wishes
from social.models import Redemption
from social.offers.reasons import Refused
from social.offers.redemption import redeem, reverse
from social.offers_asked import KEY, allowed_places, bound_to, place_of, refusal, required_key, who_asks


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
        if auth is not None and not bound_to(self.request):
            return rows
        if auth is None and acting_user(self.request).has_perm("social.view_sharelink"):
            return rows
        return rows.filter(place__in=allowed_places(self.request))


@extend_schema_view(list=extend_schema(summary="List redemptions"), retrieve=extend_schema(summary="One redemption"))
class RedemptionViewSet(UsesViewSet):
    """What was used, where and when; never changed, undone by a reversal."""

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


@extend_schema_view(list=extend_schema(summary="List reversals"), retrieve=extend_schema(summary="One reversal"))
class ReversalViewSet(UsesViewSet):
    """Redemptions that were undone."""

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
        if bound_to(request) or request.auth is None:
            rows = rows.filter(place__in=allowed_places(request))
        found = rows.filter(pk=pk).first()
        if found is None:
            raise serializers.ValidationError({"redemption": [_("There is no such redemption for this key.")]})
        return found


ROUTES = {"redemptions": RedemptionViewSet, "reversals": ReversalViewSet}
