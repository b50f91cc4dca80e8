"""Offers for partners: what runs, codes, claims, places; what is used stands in `redemptions_api`.

POST /api/v1/codes/validate/ {"code": "7K2M9-PQRWX-G", "place": "lyon"}      → {"valid": false, "reason": "EXPIRED", …}
POST /api/v1/redemptions/      Idempotency-Key: order-1042
{"code": "7K2M9-PQRWX-G", "place": "lyon", "amount_minor": 5000, "order_reference": "1042"}                    → 201
POST /api/v1/reversals/        Idempotency-Key: return-1042   {"redemption": 88, "reason": "Goods back"}       → 201
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import bounds
from contacts.answers import acting_user
from contacts.models import Contact
from contacts.problems import Unprocessable
from contacts.resource import Resource
from social import offers_wishes as wishes
from social.models import Claim, Code, CodeBatch, Offer, Place
from social.offers import bulk, counters, held, pools, reservations, states, writing
from social.offers.claims import claim
from social.offers.reasons import Refused, remedy, sentence
from social.offers.redemption import validate
from social.offers.value import headline, title_of
from social.offers_asked import KEY, allowed_places, answered, is_insider, place_of, required_key, who_asks

# --- offers -----------------------------------------------------------------------------------------------------------


@extend_schema_view(list=extend_schema(summary="List offers"), retrieve=extend_schema(summary="One offer"))
class OfferViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Offer]):
    """Offers with their words, limits and days without redemption."""

    scope = "offers"
    queryset = Offer.objects.select_related("brand").prefetch_related(
        "texts", "limits", counters.TOTALS, "blackouts", "places"
    )
    serializer_class = wishes.OfferSerializer
    filterset_fields = ["state", "brand"]

    @extend_schema(
        summary="Make an offer", request=wishes.OfferWishSerializer, responses={201: wishes.OfferSerializer},
        examples=[wishes.OFFER],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """201 with a draft; `live` opens it."""
        return self._write(request, None)

    @extend_schema(
        summary="Change an offer",
        request=wishes.OfferWishSerializer,
        responses={200: wishes.OfferSerializer},
        examples=[OpenApiExample("Longer", request_only=True, value={"ends_at": "2026-07-01T00:00:00+02:00"})],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Only what is sent changes; `texts`, `limits` and `blackouts` are replaced whole. Every change is kept."""
        return self._write(request, self.get_object())

    @extend_schema(summary="Set an offer live", request=None, responses={200: wishes.OfferSerializer})
    @action(detail=True, methods=["post"])
    def live(self, request: Request, pk: str) -> Response:
        """422 `not_ready` says everything that is missing."""
        offer = self.get_object()
        try:
            states.go_live(offer, acting_user(request))
        except states.NotReady as why:
            raise Unprocessable(str(why), code="not_ready") from why
        return Response(self.get_serializer(offer).data)

    @extend_schema(summary="Pause an offer", request=None, responses={200: wishes.OfferSerializer})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Codes stay theirs and work again when it is live."""
        offer = self.get_object()
        states.pause(offer, acting_user(request))
        return Response(self.get_serializer(offer).data)

    @extend_schema(summary="End an offer now", request=None, responses={200: wishes.OfferSerializer})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Nothing can be claimed or redeemed any more."""
        offer = self.get_object()
        states.end(offer, acting_user(request))
        return Response(self.get_serializer(offer).data)

    def _write(self, request: Request, offer: Offer | None) -> Response:
        wish = wishes.OfferWishSerializer(data=request.data, partial=offer is not None)
        wish.is_valid(raise_exception=True)
        try:
            written = writing.write(offer, dict(wish.validated_data), by=acting_user(request))
        except writing.BadOffer as why:
            raise Unprocessable(str(why), code="bad_offer") from why
        answer = self.get_serializer(self.get_queryset().get(pk=written.pk))
        return Response(answer.data, status=status.HTTP_200_OK if offer else status.HTTP_201_CREATED)


# --- codes ------------------------------------------------------------------------------------------------------------


@extend_schema_view(list=extend_schema(summary="List codes"))
class CodeViewSet(mixins.ListModelMixin, Resource[Code]):
    """Codes and their state, for a shop's own till; each is a secret worth money."""

    scope = "codes"
    action_scopes = {"validate": "redemptions:write"}  # a till validates; the list of codes is worth money
    queryset = Code.objects.select_related("batch")
    serializer_class = wishes.CodeSerializer
    filterset_fields = ["offer", "batch", "state"]

    @extend_schema(
        summary="Make or import a batch of codes",
        request=wishes.BatchWishSerializer,
        examples=[wishes.BATCH],
        responses={201: wishes.BatchSerializer, 202: wishes.BatchSerializer},
    )
    def create(self, request: Request) -> Response:
        """`make` answers 202 and a job fills the batch (up to 1,000,000); `own` keeps up to 10,000 codes at once."""
        return self._make(request)

    def _make(self, request: Request) -> Response:
        wish = wishes.BatchWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        if "own" in given:
            batch, left_out = pools.import_batch(given["offer"], given["own"], name=given.get("name", ""))
            said = {**wishes.BatchSerializer(batch).data, "left_out": left_out}
            return Response(said, status=status.HTTP_201_CREATED)
        try:
            batch = bulk.make(
                given["offer"], given["make"], name=given.get("name", ""), pattern=given.get("pattern", ""),
                by=acting_user(request),
            )  # fmt: skip
        except bulk.BadBatch as why:
            raise Unprocessable(str(why), code="bad_batch") from why
        return Response(wishes.BatchSerializer(batch).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="How far a batch got", responses={200: wishes.BatchSerializer})
    @action(detail=False, methods=["get"], url_path=r"batches/(?P<batch>[0-9]{1,18})")
    def batch(self, request: Request, batch: str) -> Response:
        """`n` grows while the job runs; `state` is the job's."""
        found = CodeBatch.objects.select_related("job").filter(pk=int(batch)).first()
        if found is None:
            raise NotFound
        return Response(wishes.BatchSerializer(found).data)

    @extend_schema(
        summary="Ask whether a code may be redeemed now", request=wishes.ValidateWishSerializer,
        examples=[wishes.CODE], responses={200: wishes.VerdictSerializer},
    )  # fmt: skip
    @action(detail=False, methods=["post"])
    def validate(self, request: Request) -> Response:
        """Moves nothing. 200 with `valid` false and the exact reason; wrong tries are counted."""
        wish = wishes.ValidateWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        place = place_of(request, given.get("place"))
        said = validate(given["code"], place=place, who=who_asks(request), amount_minor=given.get("amount_minor"))
        language = get_language() or "en"
        return Response(
            {
                "valid": said.is_good,
                "reason": said.reason,
                "message": sentence(said.reason, said.detail) if said.reason else "",
                "remedy": remedy(said.reason) if said.reason else "",
                "offer": said.offer.pk if said.offer else None,
                "title": title_of(said.offer, language) if said.offer else "",
                "value": headline(said.offer, language) if said.offer else "",
                "first_name": said.first_name if is_insider(request) else said.first_name[:1],
                "claim": said.claim.pk if said.claim else None,
            }
        )


# --- claims -----------------------------------------------------------------------------------------------------------


@extend_schema_view(list=extend_schema(summary="List claims"), retrieve=extend_schema(summary="One claim"))
class ClaimViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Claim]):
    """Who took which offer."""

    scope = "claims"
    topic_lookup = f"contact__{bounds.PERSON}"
    queryset = Claim.objects.select_related("offer", "code")
    serializer_class = wishes.ClaimSerializer
    filterset_fields = ["offer", "contact", "state"]

    def get_queryset(self) -> QuerySet[Claim]:
        """Return the claims that this key asked for or keeps; all of them for a key that reads contacts."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or is_insider(self.request):
            return rows
        client = who_asks(self.request).client
        return rows.filter(Q(client=client) | Q(reserved_by=client))

    @extend_schema(
        summary="Claim an offer for a contact", request=wishes.ClaimWishSerializer, parameters=[KEY],
        examples=[wishes.CLAIM], responses={201: wishes.ClaimSerializer},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """The claim she has, when she has one. The code of a personal offer is mailed to her and not shown here."""
        required_key(request)
        wish = wishes.ClaimWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        contact: Contact = wish.person()
        bounds.check_person(request, contact)
        try:
            made = claim(wish.validated_data["offer"], contact, via=Claim.Via.API, client=who_asks(request).client)
        except Refused as why:
            return answered(why)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Keep a code for a basket", request=wishes.ReserveWishSerializer,
        examples=[wishes.CODE], responses={200: wishes.ClaimSerializer},
    )  # fmt: skip
    @action(detail=False, methods=["post"])
    def reserve(self, request: Request) -> Response:
        """It counts as used for `minutes` (30; 15 at a till), and only this key may redeem it meanwhile."""
        wish = wishes.ReserveWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        hold = timedelta(minutes=given.get("minutes", 30))
        try:
            row = reservations.reserve(
                given["code"], place=place_of(request, given.get("place")), who=who_asks(request), hold=hold
            )
        except Refused as why:
            return answered(why)
        return Response(self.get_serializer(row).data)

    @extend_schema(
        summary="Give a reserved code free",
        request=wishes.CodeWishSerializer,
        examples=[wishes.CODE],
        responses={200: wishes.ClaimSerializer},
    )
    @action(detail=False, methods=["post"])
    def release(self, request: Request) -> Response:
        """Of a basket that was given up; nothing happens when it was not reserved by this key."""
        wish = wishes.CodeWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        try:
            row = held.read(wish.validated_data["code"]).claim
        except Refused as why:
            return answered(why)
        if row is None:
            raise NotFound
        reservations.release(row, who=who_asks(request))
        row.refresh_from_db()
        return Response(self.get_serializer(row).data)


@extend_schema_view(list=extend_schema(summary="List places"), retrieve=extend_schema(summary="One place"))
class PlaceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Place]):
    """Shops and stands, those of this key."""

    scope = "places"
    queryset = Place.objects.all()
    serializer_class = wishes.PlaceSerializer
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Place]:
        return self.queryset if getattr(self, "swagger_fake_view", False) else allowed_places(self.request)


ROUTES = {
    "offers": OfferViewSet,
    "codes": CodeViewSet,
    "claims": ClaimViewSet,
    "places": PlaceViewSet,
}
