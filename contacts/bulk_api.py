"""Many contacts in one request, with a result for each row.

POST /api/v1/contacts/bulk/   {"contacts": [{"email": "ann@example.com"}, …], "topic": "offers", "basis": "consent",
                               "evidence": {"form": "till 4"}}
→ {"created": 1, "updated": 0, "unchanged": 0, "refused": 0, "rows": [{"row": 0, "status": "created", "id": 12}]}
"""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import bounds, bulk_upsert
from contacts.answers import client_of
from contacts.models import Topic
from contacts.models.consent import MAIL_BASES
from contacts.problems import Strict


class RowsField(serializers.ListField):
    """Rows as JSON gave them: `bulk_upsert` checks each and tells its result, so that none stops the others."""

    def run_child_validation(self, data: list[Any]) -> list[Any]:
        return data


class BulkSerializer(Strict):
    """Up to 10,000 contacts; `topic`, `basis` and `evidence` are those of all of them."""

    contacts = RowsField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=bulk_upsert.MOST,
        help_text="Each with email or identities, and first_name, last_name, language, time_zone, attributes, tags.",
    )
    topic: serializers.SlugRelatedField[Topic] = serializers.SlugRelatedField(
        "slug", queryset=Topic.objects.select_related("brand"), required=False
    )
    basis = serializers.ChoiceField(MAIL_BASES, required=False, help_text="No basis, no mail.")
    wording = serializers.CharField(required=False, allow_blank=True)
    evidence = serializers.DictField(required=False, help_text="Where and how these people agreed.")
    tags = serializers.ListField(child=serializers.CharField(max_length=80), required=False)
    policy = serializers.ChoiceField(bulk_upsert.Policy.choices, required=False)
    source = serializers.CharField(required=False, max_length=120)  # type: ignore[assignment]  # a field, not DRF's own

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("topic") and not (attrs.get("basis") and attrs.get("evidence")):
            message = _("To subscribe people say the basis and its evidence: no basis, no mail.")
            raise serializers.ValidationError({"basis": [message]})
        return attrs

    def options(self, actor: str) -> bulk_upsert.Options:
        """Return what holds for all rows."""
        given = dict(self.validated_data)
        given.pop("contacts")
        return bulk_upsert.Options(**{"source": "api", **given, "actor": actor})


class RowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="From 0, in the order of the request.")
    status = serializers.ChoiceField(["created", "updated", "unchanged", "refused"])
    id = serializers.IntegerField(allow_null=True)
    detail = serializers.CharField(help_text="Why it was refused; else empty.")


class BulkAnswerSerializer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    rows = RowSerializer(many=True)


TWO = OpenApiExample(
    "Two customers of a shop",
    request_only=True,
    value={
        "contacts": [
            {"email": "ann@example.com", "first_name": "Ann", "identities": [{"kind": "card", "value": "2000123"}]},
            {"email": "ben@example.com", "tags": ["vip"]},
        ],
        "topic": "offers",
        "basis": "customer",
        "evidence": {"export": "shop, 2026-05-02"},
    },
)


class Bulk:
    """The action of the contacts' viewset that takes many at once."""

    @extend_schema(
        summary="Create or change up to 10,000 contacts", request=BulkSerializer,
        responses={200: BulkAnswerSerializer}, examples=[TWO],
    )  # fmt: skip
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """POST /api/v1/contacts/bulk/ → a result for each row; a refused row stops no other."""
        return _bulk(request)


def _bulk(request: Request) -> Response:
    wish = BulkSerializer(data=request.data)
    wish.is_valid(raise_exception=True)
    bounds.check_topics(request, [wish.validated_data.get("topic")])
    results = _within_bounds(request, wish.validated_data["contacts"], wish.options(client_of(request)))
    counts = Counter(result.status for result in results)
    rows = [{"row": one.row, "status": one.status, "id": one.id, "detail": one.detail} for one in results]
    return Response({**{name: counts[name] for name in ("created", "updated", "unchanged", "refused")}, "rows": rows})


def _within_bounds(request: Request, rows: list[Any], options: bulk_upsert.Options) -> list[bulk_upsert.Result]:
    """Upsert the rows; of a key bound to topics those about people who left them are refused and change nothing."""
    refused: dict[int, str] = {}
    while True:
        kept = [number for number in range(len(rows)) if number not in refused]
        try:
            with transaction.atomic() if bounds.topics_of(request) else nullcontext():
                done = bulk_upsert.upsert_many([rows[number] for number in kept], options)
                results = [replace(one, row=kept[one.row]) for one in done]
                bounds.check_taken_in(request, [one.id for one in results if one.id])
        except bounds.TakenOut as why:
            refused |= {one.row: str(why) for one in results if one.id in why.people}
            continue
        results += [bulk_upsert.Result(number, "refused", detail=why) for number, why in refused.items()]
        return sorted(results, key=lambda one: one.row)
