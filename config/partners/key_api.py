"""A key reads about itself, and renews itself.

GET  /api/v1/keys/own/          → {"name": "shop", "scopes": ["contacts:read"], "usage": [{"day": "…", "n": 812}], …}
POST /api/v1/keys/own/rotate/   → {"key": "fan_7K2MQX9D.…", "old_valid_until": "2026-05-03T10:00:00Z"}
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from config.partners import keys
from config.partners.models import ApiKey
from contacts.answers import Once, acting_user

DAYS = 30  # of usage


class IsKey(BasePermission):
    """Whoever comes with a key, whatever its scopes."""

    message = gettext_lazy("Ask with the key that you want to know about.")

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiKey)


class UsageSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    n = serializers.IntegerField(help_text="Requests; those of the running minute are not counted yet.")


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    places: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField("slug", many=True, read_only=True)
    topics: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField("slug", many=True, read_only=True)
    per_minute = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()

    class Meta:
        model = ApiKey
        fields = [
            "name", "prefix", "scopes", "places", "topics", "per_minute", "created_at", "expires_at", "last_used_at",
            "old_secret_until", "usage",
        ]  # fmt: skip
        read_only_fields = fields

    def get_per_minute(self, key: ApiKey) -> int:
        return key.per_minute or settings.API_PER_MINUTE

    @extend_schema(responses=UsageSerializer(many=True))
    def get_usage(self, key: ApiKey) -> list[dict[str, Any]]:
        return [{"day": row.day.isoformat(), "n": row.n} for row in key.usage.order_by("-day")[:DAYS]]


class RotatedSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="The whole new key, shown this once.")
    old_valid_until = serializers.DateTimeField()


class KeyViewSet(Once, ViewSet):
    """The key that asks."""

    secret_answers = ("rotate",)
    permission_classes = [IsKey]

    @extend_schema(summary="What this key may do, and did", responses=KeySerializer)
    @action(detail=False)
    def own(self, request: Request) -> Response:
        """GET /api/v1/keys/own/"""
        return Response(KeySerializer(_key(request)).data)

    @extend_schema(summary="Renew this key", request=None, responses=RotatedSerializer)
    @action(detail=False, methods=["post"], url_path="own/rotate")
    def rotate(self, request: Request) -> Response:
        """POST /api/v1/keys/own/rotate/; the former secret opens for 24 hours more."""
        key = _key(request)
        text = keys.rotate(key, acting_user(request))
        return Response({"key": text, "old_valid_until": key.old_secret_until})


def _key(request: Request) -> ApiKey:
    assert isinstance(request.auth, ApiKey)  # noqa: S101 - IsKey looked
    return request.auth


ROUTES = {"keys": KeyViewSet}
