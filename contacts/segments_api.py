"""Segments for partners: made, tried, counted, and why somebody is in one.

GET  /api/v1/segments/3/count/     → {"yes": 1204, "no": 8796, "not_observable": 0}
POST /api/v1/segments/preview/     {"rules": {"field": "language", "op": "is", "value": "fr"}} → sentence and count
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from contacts import bounds
from contacts.admin_base import found
from contacts.answers import ByCursor
from contacts.api import ContactSerializer, told_with_parts
from contacts.models import Contact, Segment
from contacts.problems import Strict
from contacts.resource import Resource
from contacts.segments import counting, predicate, references, rules, sql
from contacts.segments.fields import Field, catalogue
from contacts.segments.rules import BadRule


class SegmentSerializer(Strict, serializers.ModelSerializer[Segment]):
    sentence = serializers.SerializerMethodField(help_text="The rules in words.")

    class Meta:
        model = Segment
        fields = ["id", "name", "description", "rules", "sentence", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]

    def get_sentence(self, segment: Segment) -> str:
        return rules.describe(rules.parse(segment.rules, self.known), fields=self.known)

    @cached_property
    def known(self) -> dict[str, Field]:
        """The catalogue of fields, asked once a list."""
        return catalogue()

    def validate_rules(self, tree: Any) -> Any:
        try:
            references.check(tree, self.instance.pk if isinstance(self.instance, Segment) else None)
        except BadRule as why:
            raise serializers.ValidationError(str(why)) from why
        return tree


class SegmentCountSerializer(serializers.Serializer[Any]):
    yes = serializers.IntegerField()
    no = serializers.IntegerField()
    not_observable = serializers.IntegerField(help_text="People of whom it cannot be known, for lack of consent.")


class SegmentTrialSerializer(Strict):
    """Rules to try, nothing is kept."""

    rules = serializers.JSONField()

    def validate_rules(self, tree: Any) -> Any:
        try:
            references.check(tree)
        except BadRule as why:
            raise serializers.ValidationError(str(why)) from why
        return tree


class SegmentPreviewSerializer(serializers.Serializer[Any]):
    sentence = serializers.CharField(help_text="The rules in words.")
    count = SegmentCountSerializer(allow_null=True, help_text="Null where even an estimate took too long.")
    margin = serializers.IntegerField(allow_null=True, help_text="Of an estimate: give or take, at 95 %.")


class SegmentFieldSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(source="key")
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not DRF's own
    group = serializers.CharField()
    type = serializers.CharField()
    ops = serializers.ListField(child=serializers.CharField())
    conditions = serializers.SerializerMethodField(help_text="Of an act, beside the time and the number of times.")
    may_be_unknown = serializers.SerializerMethodField(help_text="Whether some people are not observable.")

    def get_conditions(self, field: Any) -> list[str]:
        return list(field.params)

    def get_may_be_unknown(self, field: Any) -> bool:
        return field.observable is not None


class SegmentVerdictSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["leaf", "all", "any", "not"])
    words = serializers.CharField()
    answer = serializers.BooleanField(allow_null=True, help_text="Null: not observable.")
    parts = serializers.SerializerMethodField(help_text="The rules inside, in the same form.")

    def get_parts(self, verdict: Any) -> list[dict[str, Any]]:
        return [dict(SegmentVerdictSerializer(part).data) for part in verdict.parts]


FRENCH = OpenApiExample(
    "French-speaking VIPs",
    request_only=True,
    value={
        "name": "French VIPs",
        "rules": {
            "all": [
                {"field": "language", "op": "is", "value": "fr"},
                {"field": "tag", "op": "has", "value": "vip"},
            ]
        },
    },
)


TRIAL = OpenApiExample(
    "Who bought knitwear last winter",
    request_only=True,
    value={"rules": {"field": "ordered", "op": "did", "value": {"category": "Knitwear", "period": "last_winter"}}},
)


@extend_schema_view(
    list=extend_schema(summary="List segments"),
    retrieve=extend_schema(summary="One segment"),
    partial_update=extend_schema(
        summary="Change a segment", examples=[OpenApiExample("Renamed", request_only=True, value={"name": "VIPs"})]
    ),
)
class SegmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, Resource[Segment]):
    """Rules over contacts."""

    scope = "segments"
    whole = ("count", "preview")
    action_scopes = {"members": "contacts:read", "why": "contacts:read"}
    queryset = Segment.objects.filter(archived_at=None)
    serializer_class = SegmentSerializer
    http_method_names = ["get", "post", "patch", "head", "options"]

    @extend_schema(summary="Make a segment", examples=[FRENCH], responses={201: SegmentSerializer})
    def create(self, request: Request) -> Response:
        """Rules are checked first; what is wrong is named with its place in the tree."""
        return self._create(request)

    def _create(self, request: Request) -> Response:
        serializer: BaseSerializer[Segment] = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="How many people it holds", responses=SegmentCountSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def count(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/segments/3/count/ → {"yes": 1204, "no": 8796, "not_observable": 0}"""
        return Response(SegmentCountSerializer(counting.count(self.get_object().rules)).data)

    @extend_schema(
        summary="Try rules", request=SegmentTrialSerializer, responses=SegmentPreviewSerializer, examples=[TRIAL]
    )
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """POST /api/v1/segments/preview/ {"rules": {…}} → sentence and count in about a second; keeps nothing."""
        wish = SegmentTrialSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        rule = rules.parse(wish.validated_data["rules"])
        count = counting.preview(rule, people=0).count
        shown = {"sentence": rules.describe(rule), "count": count, "margin": count.margin if count else None}
        return Response(SegmentPreviewSerializer(shown).data)

    @extend_schema(summary="What rules may ask", responses=SegmentFieldSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def fields(self, request: Request) -> Response:
        """GET /api/v1/segments/fields/ → every field with its type, operators and conditions."""
        return Response(SegmentFieldSerializer(catalogue().values(), many=True).data)

    @extend_schema(
        summary="Why a contact is in it, or not",
        parameters=[OpenApiParameter("contact", int, required=True)],
        responses=SegmentVerdictSerializer,
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def why(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/segments/3/why/?contact=7 → the answer of every rule for this contact."""
        person = found(Contact, request.query_params.get("contact", ""))
        bounds.check_person(request, person)
        return Response(SegmentVerdictSerializer(predicate.why(self.get_object().rules, person)).data)

    @extend_schema(summary="The people in it", responses=ContactSerializer(many=True), filters=False)
    @action(detail=True)
    def members(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/segments/3/members/?limit=100 → a cursor page of contacts."""
        people = bounds.narrow(request, sql.people(self.get_object().rules), bounds.PERSON)
        page = ByCursor()
        rows = page.paginate_queryset(told_with_parts(request, people), request, view=self) or []
        return page.get_paginated_response(ContactSerializer(rows, many=True).data)


ROUTES = {"segments": SegmentViewSet}
