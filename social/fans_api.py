"""Who is a fan where, and how well it is known, for partners.

GET  /api/v1/fan-proofs/?contact=7
POST /api/v1/fan-proofs/            {"contact": 7, "network": "instagram", "level": 3}   somebody of yours saw it
POST /api/v1/fan-proofs/41/revoke/
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import audit, bounds
from contacts.answers import client_of
from contacts.models import Contact
from contacts.problems import Strict
from contacts.resource import Resource
from social.fans import networks, proofs
from social.models import FanProof
from social.models.fans import FanLevel


class FanProofSerializer(serializers.ModelSerializer[FanProof]):
    """One proof; it holds from `verified_at` until `expires_at` or `revoked_at`."""

    level = serializers.IntegerField(read_only=True, help_text="0 to 5: docs/fans.md.")
    is_verified = serializers.SerializerMethodField(help_text="Levels 4 and 5 alone may be called verified.")

    class Meta:
        model = FanProof
        fields = [
            "id",
            "contact",
            "network",
            "level",
            "is_verified",
            "method",
            "verified_at",
            "expires_at",
            "revoked_at",
        ]
        read_only_fields = fields

    def get_is_verified(self, proof: FanProof) -> bool:
        return proofs.is_verified(proof.level)


class FanProofWishSerializer(Strict):
    """What somebody of yours saw; a check by the network itself (5) comes from no partner."""

    contact: serializers.PrimaryKeyRelatedField[Contact] = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.filter(merged_into=None)
    )
    network = serializers.CharField(max_length=24, help_text="For example instagram: docs/fans.md.")
    level = serializers.IntegerField(min_value=0, max_value=FanLevel.BRAND_LIST)

    def validate_network(self, network: str) -> str:
        if network not in networks.names():
            raise serializers.ValidationError(_("There is no network “%(name)s”.") % {"name": network})
        return network


SEEN = OpenApiExample("Seen at the till", request_only=True, value={"contact": 7, "network": "instagram", "level": 3})


@extend_schema_view(list=extend_schema(summary="List fan proofs"), retrieve=extend_schema(summary="One fan proof"))
class FanProofViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[FanProof]):
    """Proofs that contacts follow the brand."""

    scope = "fan-proofs"
    topic_lookup = f"contact__{bounds.PERSON}"
    queryset = FanProof.objects.all()
    serializer_class = FanProofSerializer
    filterset_fields = ["contact", "network", "level"]

    @extend_schema(
        summary="Say that a contact follows the brand", request=FanProofWishSerializer,
        responses={201: FanProofSerializer}, examples=[SEEN],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """201 with a proof that holds for the life of its level."""
        wish = FanProofWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        bounds.check_person(request, given["contact"])
        level, by = FanLevel(given["level"]), client_of(request)
        made = proofs.give(given["contact"], given["network"], level, "partner", {"by": by})
        audit.record(by, "gave fan proof", made, level=made.level)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Revoke a fan proof", request=None, responses=FanProofSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str | None = None) -> Response:
        """It holds no more from now on; claims keep what they rested on."""
        proof = self.get_object()
        if proof.revoked_at is None:
            proof.revoked_at = timezone.now()
            proof.save(update_fields=["revoked_at"])
            audit.record(client_of(request), "revoked fan proof", proof)
        return Response(self.get_serializer(proof).data)


ROUTES = {"fan-proofs": FanProofViewSet}
