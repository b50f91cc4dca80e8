"""What every resource of the API does beside its own verbs: an entity tag, a condition on changes, fewer fields.

    GET   /api/v1/segments/3/               → ETag: "9f3c…"
    GET   /api/v1/segments/3/               If-None-Match: "9f3c…"  → 304, nothing is sent again
    PATCH /api/v1/segments/3/ {…}           If-Match: "9f3c…"       → 412 when somebody changed it meanwhile
    GET   /api/v1/contacts/?fields=id,email → these two and nothing else

Source: RFC 9110, sections 8.8.3 and 13.1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts import bounds
from contacts.answers import Once
from contacts.problems import PreconditionFailed

M = TypeVar("M", bound=Model)


class Every:
    """Holds every action."""

    def __contains__(self, action: object) -> bool:
        return True


EVERY = Every()


class Resource(Once, GenericViewSet[M]):
    """A viewset whose single things have tags and whose answers can be narrowed by `?fields=`.

    `topic_lookup` leads from a row to its topic, for keys bound to topics (contacts/bounds.py); '' = about nobody.
    `whole` names actions that such keys have not, `EVERY` all of them.
    """

    topic_lookup = ""
    whole: Container[str | None] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises: PreconditionFailed (412) when `If-Match` names another state than the one that would be changed."""
        super().initial(request, *args, **kwargs)
        if self.action in self.whole:
            bounds.refuse_whole(request)
        wanted = request.headers.get("If-Match", "")
        if wanted and self.detail and request.method not in SAFE_METHODS:
            current = etag(super().get_serializer(self.get_object()).data)
            if not _names(wanted, current):
                raise PreconditionFailed(headers={"ETag": current})

    def get_queryset(self) -> QuerySet[M]:
        """Return the rows that who asks may see."""
        rows = super().get_queryset()
        is_described = getattr(self, "swagger_fake_view", False)  # nobody asks: the description is written
        return rows if is_described else bounds.narrow(self.request, rows, self.topic_lookup)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer, without the fields that `?fields=` leaves out."""
        made = super().get_serializer(*args, **kwargs)
        wanted = self.request.query_params.get("fields") if self.request.method in SAFE_METHODS else None
        return made if wanted is None else narrow(made, wanted)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Tag the answer about one thing, and send nothing when the asker has it already."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in SAFE_METHODS and self.action == "retrieve" and answer.status_code == 200:
            tag = etag(answer.data)
            answer["ETag"] = tag
            if _names(request.headers.get("If-None-Match", ""), tag):
                answer.status_code, answer.data = 304, None
        return answer


def etag(data: Any) -> str:
    """Return the strong tag of what is told of a thing: 32 hex digits in quotation marks."""
    told = json.dumps(data, cls=DjangoJSONEncoder, sort_keys=True).encode()
    return f'"{hashlib.sha256(told).hexdigest()[:32]}"'


def _names(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in header.split(",")}


def narrow(made: Any, wanted: str) -> Any:
    """Leave only the wanted fields in a serializer.

    Raises:  ValidationError for a name that it does not have, and where none is named.
    """
    one: Any = made.child if isinstance(made, serializers.ListSerializer) else made
    fields = one.fields
    names = {name.strip() for name in wanted.split(",") if name.strip()}
    if unknown := sorted(names - set(fields)):
        message = _("There is no field %(name)s. Known: %(known)s.")
        raise serializers.ValidationError({"fields": [message % {"name": unknown[0], "known": ", ".join(fields)}]})
    if not names:
        raise serializers.ValidationError({"fields": [_("Write a value, or leave it out.")]})
    for name in set(fields) - names:
        fields.pop(name)
    return made
