"""What holds for every operation of the API, written into its description once."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from contacts import problems
from contacts.resource import Resource

FIELDS = OpenApiParameter("fields", str, description="Only these fields, separated by commas.")
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


REFUSED = OpenApiResponse(ProblemSerializer, description="Refused: 400, 401, 403, 404, 405, 409, 412, 415, 422 or 429.")


class Schema(AutoSchema):
    """Adds the headers and the query that `contacts.resource` understands, and how every refusal looks."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        found = super()._get_response_bodies(direction)
        if direction == "response":
            problem = [problems.CONTENT_TYPE]
            if isinstance(self.view, Resource) and getattr(self.view, "action", "") == "retrieve":
                found["304"] = {"description": "You have it already: nothing is sent again."}
            found["4XX"] = self._get_response_for_code(REFUSED, "4XX", problem, direction)  # type: ignore[no-untyped-call]
        return found

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of this operation that come from no view."""
        found: list[Any] = list(super().get_override_parameters())
        action = getattr(self.view, "action", "")
        if isinstance(self.view, Resource) and action in {"list", "retrieve"}:
            found += [FIELDS, *([UNLESS] if action == "retrieve" else [])]
        if isinstance(self.view, Resource) and self.method in {"PUT", "PATCH", "DELETE"}:
            found.append(IF)
        return found
