"""Orders as conversions, for shops and tills.

POST /api/v1/conversions/   Idempotency-Key: 1042
{"source": "shop", "reference": "1042", "amount_minor": 5990, "currency": "EUR",
 "ordered_at": "2026-05-02T10:15:00Z", "email": "ann@example.com",
 "lines": [{"sku": "K-7", "title": "Scarf", "category": "knitwear", "quantity": 1, "unit_minor": 5990}]}
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import audit, bounds
from contacts.answers import acting_user
from contacts.importing.reader import BadFile
from contacts.jobs_api import JobSerializer, JobViewSet
from contacts.models import Job
from contacts.problems import Strict, Unprocessable
from contacts.resource import Resource
from social import conversions, importing
from social.models import Credit, Order, OrderLine, Place


class CreditSerializer(serializers.ModelSerializer[Credit]):
    class Meta:
        model = Credit
        fields = ["model", "campaign", "touch", "touched_at", "parts"]
        read_only_fields = fields


class ConversionSerializer(serializers.ModelSerializer[Order]):
    """An order; `credits` are empty while nobody is found to whom it belongs."""

    net_minor = serializers.SerializerMethodField(help_text="After returns.")
    credits = CreditSerializer(source="conversion.credits", many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            "id", "source", "reference", "contact", "matched_by", "is_new_customer", "amount_minor",
            "returned_minor", "net_minor", "currency", "channel", "ordered_at", "credits",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Order) -> dict[str, Any]:
        """An order of nobody has no conversion and so no list of credits to read: it has none."""
        shown: dict[str, Any] = super().to_representation(instance)
        return {**shown, "credits": shown["credits"] or []}

    def get_net_minor(self, order: Order) -> int:
        return order.amount_minor - order.returned_minor


class LineSerializer(serializers.ModelSerializer[OrderLine]):
    """One article; `returned` of `quantity` came back."""

    returned = serializers.IntegerField(source="returned_quantity", read_only=True)

    class Meta:
        model = OrderLine
        fields = ["number", "sku", "title", "category", "size", "quantity", "returned", "unit_minor"]
        read_only_fields = fields


class OrderSerializer(ConversionSerializer):
    """An order with its lines, and what of them came back."""

    lines = LineSerializer(many=True, read_only=True)
    place: serializers.SlugRelatedField[Place] = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)

    class Meta(ConversionSerializer.Meta):
        fields = [*ConversionSerializer.Meta.fields, "place", "lines"]
        read_only_fields = fields


class LineWishSerializer(Strict):
    """One article; `returned` of `quantity` came back."""

    sku = serializers.CharField(max_length=80, required=False, allow_blank=True)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    category = serializers.CharField(max_length=120, required=False, allow_blank=True)
    size = serializers.CharField(max_length=40, required=False, allow_blank=True)
    quantity = serializers.IntegerField(min_value=1, required=False)
    returned = serializers.IntegerField(min_value=0, required=False)
    unit_minor = serializers.IntegerField()


class OrderWishSerializer(Strict):
    """An order; sending it again with the same source and reference changes it (a return, a correction)."""

    source = serializers.CharField(  # type: ignore[assignment]  # a field, not DRF\'s own
        max_length=80, help_text="Which shop or system; references are unique in it."
    )
    reference = serializers.CharField(max_length=120)
    amount_minor = serializers.IntegerField(
        min_value=0, help_text="In the currency's smallest unit: 5990 is 59.90 EUR."
    )
    returned_minor = serializers.IntegerField(min_value=0, required=False, help_text="What was paid back so far.")
    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="ISO 4217.")
    ordered_at = serializers.DateTimeField()
    email = serializers.CharField(required=False, max_length=320)
    card = serializers.CharField(required=False, max_length=254, help_text="A loyalty card.")
    shop_id = serializers.CharField(required=False, max_length=254, help_text="The shop's id of the customer.")
    external_id = serializers.CharField(
        required=False, max_length=254, help_text="Any other system's id of the person."
    )
    code = serializers.CharField(required=False, max_length=60, help_text="The offer code that was redeemed.")
    link_reference = serializers.CharField(required=False, max_length=64)
    place: serializers.SlugRelatedField[Place] = serializers.SlugRelatedField(
        "slug", queryset=Place.objects.all(), required=False
    )
    channel = serializers.CharField(required=False, max_length=24)
    lines = LineWishSerializer(many=True, required=False)


ORDER = OpenApiExample(
    "One scarf in the web shop",
    request_only=True,
    value={
        "source": "shop",
        "reference": "1042",
        "amount_minor": 5990,
        "currency": "EUR",
        "ordered_at": "2026-05-02T10:15:00Z",
        "email": "ann@example.com",
        "lines": [{"sku": "K-7", "title": "Scarf", "category": "knitwear", "quantity": 1, "unit_minor": 5990}],
    },
)


@extend_schema_view(
    list=extend_schema(summary="List conversions"), retrieve=extend_schema(summary="One conversion with its credits")
)
class ConversionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Order]):
    """Orders and the touches that share their credit."""

    scope = "conversions"
    topic_lookup = f"contact__{bounds.PERSON}"
    queryset = Order.objects.select_related("conversion").prefetch_related("conversion__credits")
    serializer_class = ConversionSerializer
    filterset_fields = ["contact", "source", "reference"]

    @extend_schema(
        summary="Report an order",
        request=OrderWishSerializer,
        responses={200: ConversionSerializer, 201: ConversionSerializer},
        examples=[ORDER],
    )
    def create(self, request: Request) -> Response:
        """201 for a new order, 200 for one known by source and reference, whose amounts and returns are then set."""
        return self._record(request)

    def _record(self, request: Request) -> Response:
        wish = OrderWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(wish.validated_data)
        given["lines"] = [conversions.Line(number, **line) for number, line in enumerate(given.get("lines", []), 1)]
        known = Order.objects.filter(source=given["source"], reference=given["reference"]).exists()
        try:
            order = conversions.record_order(**given)
        except conversions.BadOrder as why:
            raise Unprocessable(str(why), code="bad_order") from why
        answer = self.get_serializer(self.queryset.get(pk=order.pk))  # it told of it: also of somebody it may not see
        return Response(answer.data, status=status.HTTP_200_OK if known else status.HTTP_201_CREATED)


@extend_schema_view(
    list=extend_schema(summary="List orders with their lines"), retrieve=extend_schema(summary="One order")
)
class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Order]):
    """What was bought and what came back; told by `POST /api/v1/conversions/`."""

    scope = "orders"
    topic_lookup = f"contact__{bounds.PERSON}"
    queryset = Order.objects.select_related("conversion", "place").prefetch_related("conversion__credits", "lines")
    serializer_class = OrderSerializer
    filterset_fields = ["contact", "source", "reference"]


class OrderFileSerializer(Strict):
    """Past orders of one shop."""

    file = serializers.FileField(help_text="CSV, TSV, XLSX or ODS; one line an article.")
    source = serializers.CharField(max_length=80, help_text="The shop; with the order number it names an order.")  # type: ignore[assignment]
    currency = serializers.RegexField("^[A-Z]{3}$", help_text="ISO 4217, for example EUR.")


PAST_ORDERS = OpenApiExample(
    "Orders of three years",
    request_only=True,
    media_type="multipart/form-data",
    value={"file": "orders.csv", "source": "shop", "currency": "EUR"},
)


class OrderImportViewSet(JobViewSet):
    """Files of past orders, taken in by a job; no campaign gets credit for them."""

    scope = "conversions"
    queryset = Job.objects.filter(kind=importing.KIND)

    @extend_schema(
        summary="Load past orders from a file",
        request={"multipart/form-data": OrderFileSerializer},
        responses={202: JobSerializer},
        examples=[PAST_ORDERS],
    )
    def create(self, request: Request) -> Response:
        """202 with the job, which runs on; 422 says what is wrong with the file."""
        wish = OrderFileSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        try:
            job = importing.plan(**wish.validated_data, by=acting_user(request))
        except BadFile as why:
            raise serializers.ValidationError({"file": [str(why)]}) from why
        audit.record(acting_user(request), "imported orders", job, source=wish.validated_data["source"])
        return Response(self.get_serializer(job).data, status=status.HTTP_202_ACCEPTED)


ROUTES = {"conversions": ConversionViewSet, "orders": OrderViewSet, "order-imports": OrderImportViewSet}
