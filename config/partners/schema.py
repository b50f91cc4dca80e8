"""What holds for every operation of the API, written into its description once."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

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


class Schema(AutoSchema):
    """Adds the headers and the query that `contacts.resource` understands."""

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of this operation that come from no view."""
        found: list[Any] = list(super().get_override_parameters())
        action = getattr(self.view, "action", "")
        if isinstance(self.view, Resource) and action in {"list", "retrieve"}:
            found += [FIELDS, *([UNLESS] if action == "retrieve" else [])]
        if isinstance(self.view, Resource) and self.method in {"PUT", "PATCH", "DELETE"}:
            found.append(IF)
        return found
