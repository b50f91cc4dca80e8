"""What holds for every operation of the API, written into its description once."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from contacts import problems
from contacts.resource import Resource

FIELDS = OpenApiParameter(
    "fields", str, description="Only these fields, separated by commas; the answer lacks all others."
)
UNLESS = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="Your `ETag`: 304 when it is still the same.",
)
IF = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you read: 412 when it was changed since.",
)
ONCE = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body act once and get the same answer however often they come.",
)


class WrongFieldSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer (RFC 6901) to the field.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Every refusal (RFC 9457); `code` is stable, `detail` is for people."""

    type = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = WrongFieldSerializer(many=True, required=False)  # type: ignore[assignment]  # a field, not DRF's own


EXAMPLES = Path(__file__).with_name("examples.json")  # asked of the demo by `python -m tests.api.examples`


@lru_cache(maxsize=1)
def examples() -> dict[str, Any]:
    """Return one real answer for each shape, by the name of its schema; `[Cost]` is a bare array of them."""
    found: dict[str, Any] = json.loads(EXAMPLES.read_text()) if EXAMPLES.exists() else {}
    return found


def example_of(shape: str) -> Any:
    """Return a real answer of a shape, of which perhaps only lists are answered; None when there is none."""
    found = examples()
    return found[shape] if shape in found else next(iter(found.get(f"[{shape}]", [])), None)


def shape_of(schema: dict[str, Any]) -> str:
    """Return the name by which `examples` knows a schema, '' for none."""
    if schema.get("type") == "array":
        return f"[{shape_of(schema.get('items', {}))}]"
    return str(schema.get("$ref", "")).rpartition("/")[2]


REFUSED = OpenApiResponse(ProblemSerializer, description="Refused: 400, 401, 403, 404, 405, 409, 412, 415, 422 or 429.")


class Schema(AutoSchema):
    """Adds the headers and the query that `contacts.resource` understands, and how every refusal looks."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        found = super()._get_response_bodies(direction)
        if direction == "response":
            for content in (one for answer in found.values() for one in answer.get("content", {}).values()):
                if (example := example_of(shape_of(content.get("schema", {})))) is not None:
                    content.setdefault("examples", {"Demo": {"value": example, "summary": "In the demo"}})
            problem = [problems.CONTENT_TYPE]
            if isinstance(self.view, Resource) and getattr(self.view, "action", "") == "retrieve":
                found["304"] = {"description": "You have it already: nothing is sent again."}
            found["4XX"] = self._get_response_for_code(REFUSED, "4XX", problem, direction)  # type: ignore[no-untyped-call]
        return found

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """Say of a choice that is only read that it may be empty, where its model lets it."""
        if isinstance(field, serializers.ChoiceField) and field.read_only and not field.allow_null:
            model = getattr(getattr(field.parent, "Meta", None), "model", None)
            known = {one.name: one for one in model._meta.concrete_fields} if model else {}
            field.allow_blank = field.allow_blank or getattr(known.get(field.source), "blank", False)
        return super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of this operation that come from no view."""
        found: list[Any] = list(super().get_override_parameters())
        action = getattr(self.view, "action", "")
        if isinstance(self.view, Resource) and action in {"list", "retrieve"}:
            found += [FIELDS, *([UNLESS] if action == "retrieve" else [])]
        if isinstance(self.view, Resource) and self.method == "POST":
            found += [] if any(getattr(one, "name", "") == ONCE.name for one in found) else [ONCE]
        if isinstance(self.view, Resource) and self.method in {"PUT", "PATCH", "DELETE"}:
            found.append(IF)
        return found
