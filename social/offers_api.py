"""Offers for partners: what runs, codes, claims, redemptions and their reversal, places.

POST /api/v1/codes/validate/ {"code": "7K2M9-PQRWX-G", "place": "lyon"}      → {"valid": false, "reason": "EXPIRED", …}
POST /api/v1/redemptions/      Idempotency-Key: order-1042
{"code": "7K2M9-PQRWX-G", "place": "lyon", "amount_minor": 5000, "order_reference": "1042"}                    → 201
POST /api/v1/reversals/        Idempotency-Key: return-1042   {"redemption": 88, "reason": "Goods back"}       → 201
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import problems
from contacts.answers import acting_user, once
from contacts.models import Contact
from contacts.problems import Unprocessable
from contacts.resource import Resource
from social import offers_wishes as wishes
from social.models import Claim, Code, CodeBatch, Offer, Place, Redemption
from social.offers import bulk, held, pools, reservations, states, writing
from social.offers.asking import Who
from social.offers.claims import claim
from social.offers.reasons import Refused, remedy, sentence
from social.offers.redemption import redeem, reverse, validate
from social.offers.value import headline, title_of

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="The same key acts once."
)


class Passing(Exception):
    """Carries a refusal that passes by itself past the idempotency key, which must forget it."""

    def __init__(self, why: Refused) -> None:
        self.why = why


def refusal(why: Refused) -> Response:
    """Return a refusal as problem+json: `code` is the reason, `facts` what its sentence names."""
    said = why.answer()
    body = {
        "type": f"{wishes.docs()}#{why.reason}",
        "code": said["reason"],
        "title": str(why.reason).replace("_", " ").capitalize(),
        "status": why.status,
        "detail": said["message"],
        "remedy": remedy(why.reason),
        "facts": said["detail"],
    }
    headers = {"Retry-After": "600"} if why.status == 429 else None
    return Response(body, status=why.status, content_type=problems.CONTENT_TYPE, headers=headers)


def required_key(request: Request) -> str:
    """Return the Idempotency-Key. Raises: Unprocessable when there is none or it is too long."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > 255:
        words = _("Send an Idempotency-Key of up to 255 characters that names the cause, for example the order.")
        raise Unprocessable(words, code="idempotency_key")
    return key


def who_asks(request: Request) -> Who:
    """Return the key, or the person signed in to the desk."""
    prefix = getattr(request.auth, "prefix", None)
    return Who.by_key(prefix) if prefix else Who.by_user(acting_user(request))


def bound_to(request: Request) -> list[int]:
    """Return the places that a partner's key is bound to; none = all."""
    places = getattr(request.auth, "places", None)  # the roof's ApiKey, unknown down here
    return list(places.values_list("pk", flat=True)) if places is not None else []


def allowed_places(request: Request) -> QuerySet[Place]:
    """Return the places that this key, or this person, may act for."""
    places = Place.objects.filter(archived_at__isnull=True)
    if request.auth is not None:
        only = bound_to(request)
        return places.filter(pk__in=only) if only else places
    user = acting_user(request)
    return places if user.has_perm("social.view_sharelink") else places.filter(managers=user)


def place_of(request: Request, slug: str | None) -> Place | None:
    """Return the place of a wish.

    Raises:  ValidationError for a place unknown or not this key's; also for none where the key is bound to places.
    """
    places = allowed_places(request)
    if slug is None:
        if bound_to(request):
            raise serializers.ValidationError({"place": [_("This key is bound to places. Name one.")]})
        return None
    found = places.filter(slug=slug).first()
    if found is None:
        raise serializers.ValidationError({"place": [_("There is no such place for this key.")]})
    return found


# --- offers -----------------------------------------------------------------------------------------------------------


@extend_schema_view(list=extend_schema(summary="List offers"), retrieve=extend_schema(summary="One offer"))
class OfferViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Offer]):
    """Offers with their words, limits and days without redemption."""

    scope = "offers"
    queryset = Offer.objects.select_related("brand").prefetch_related("texts", "limits", "blackouts", "places")
    serializer_class = wishes.OfferSerializer
    filterset_fields = ["state", "brand"]

    @extend_schema(
        summary="Make an offer", request=wishes.OfferWishSerializer, responses={201: wishes.OfferSerializer},
        examples=[wishes.OFFER],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """201 with a draft; `live` opens it."""
        return once(request, lambda: self._write(request, None))

    @extend_schema(
        summary="Change an offer", request=wishes.OfferWishSerializer, responses={200: wishes.OfferSerializer}
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
    action_scopes = {"validate": "codes:read"}
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
        return once(request, lambda: self._make(request))

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
                "first_name": said.first_name,
                "claim": said.claim.pk if said.claim else None,
            }
        )


# --- claims -----------------------------------------------------------------------------------------------------------


@extend_schema_view(list=extend_schema(summary="List claims"), retrieve=extend_schema(summary="One claim"))
class ClaimViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Claim]):
    """Who took which offer."""

    scope = "claims"
    queryset = Claim.objects.select_related("offer", "code")
    serializer_class = wishes.ClaimSerializer
    filterset_fields = ["offer", "contact", "state"]

    @extend_schema(
        summary="Claim an offer for a contact", request=wishes.ClaimWishSerializer, parameters=[KEY],
        examples=[wishes.CLAIM], responses={201: wishes.ClaimSerializer},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """The claim she has, when she has one. The code of a personal offer is mailed to her and not shown here."""
        required_key(request)
        try:
            return once(request, lambda: self._claim(request))
        except Passing as passed:
            return refusal(passed.why)

    def _claim(self, request: Request) -> Response:
        wish = wishes.ClaimWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        contact: Contact = wish.person()
        try:
            made = claim(wish.validated_data["offer"], contact, via=Claim.Via.API)
        except Refused as why:
            if why.is_temporary:
                raise Passing(why) from None
            return refusal(why)
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
            return refusal(why)
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
            return refusal(why)
        if row is None:
            raise NotFound
        reservations.release(row, who=who_asks(request))
        row.refresh_from_db()
        return Response(self.get_serializer(row).data)


# --- redemptions ------------------------------------------------------------------------------------------------------


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
    "redemptions": RedemptionViewSet,
    "reversals": ReversalViewSet,
    "places": PlaceViewSet,
}
