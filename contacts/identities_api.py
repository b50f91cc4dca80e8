"""By what people are found: addresses, cards, phones, ids of shops and other systems.

GET  /api/v1/identities/?contact=7
POST /api/v1/identities/   {"contact": 7, "kind": "card", "value": "2000123"}
"""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import bounds, identities
from contacts.addresses import BadAddress
from contacts.models import Contact, Identity
from contacts.problems import Strict
from contacts.resource import Resource


class OneIdentitySerializer(serializers.ModelSerializer[Identity]):
    """A value by which one contact is found."""

    class Meta:
        model = Identity
        fields = ["id", "contact", "kind", "value", "proof", "source", "created_at"]
        read_only_fields = fields


class IdentityWishSerializer(Strict):
    contact: serializers.PrimaryKeyRelatedField[Contact] = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.filter(merged_into=None)
    )
    kind = serializers.ChoiceField(Identity.Kind.choices)
    value = serializers.CharField(max_length=320)


CARD = OpenApiExample("A loyalty card", request_only=True, value={"contact": 7, "kind": "card", "value": "2000123"})


@extend_schema_view(list=extend_schema(summary="List identities"), retrieve=extend_schema(summary="One identity"))
class IdentityViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Identity]):
    """Addresses, cards, phones and ids, each of one contact."""

    scope = "contacts"
    topic_lookup = f"contact__{bounds.PERSON}"
    queryset = Identity.objects.all()
    serializer_class = OneIdentitySerializer
    filterset_fields = ["contact", "kind", "value"]

    @extend_schema(
        summary="Let a contact be found by this too", request=IdentityWishSerializer,
        responses={201: OneIdentitySerializer}, examples=[CARD],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """201, also when she had it; 422 when it is another contact's."""
        wish = IdentityWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        bounds.check_person(request, given["contact"])
        try:
            made = identities.attach(given["contact"], given["kind"], given["value"], proof="declared", source="api")
        except (BadAddress, identities.IdentityTaken, identities.BadIdentity) as why:
            raise serializers.ValidationError({"value": [str(why)]}) from why
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)


ROUTES = {"identities": IdentityViewSet}
