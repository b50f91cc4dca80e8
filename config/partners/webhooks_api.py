"""Webhooks for partners: asked for, tested, replayed and given up by the key that owns them (REST hooks).

POST   /api/v1/webhooks/               {"url": "https://crm.example/hook"} → 201, with the secret
POST   /api/v1/webhooks/3/test/        → {"status": 204, …}
POST   /api/v1/webhooks/3/replay/      {"since": "2026-05-01T00:00:00Z"}
DELETE /api/v1/webhooks/3/             → 204
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from config.partners.models import ApiKey, WebhookAttempt, WebhookEndpoint
from config.partners.webhooks import endpoints
from contacts.answers import client_of
from contacts.problems import Strict, Unprocessable
from contacts.resource import Resource


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    class Meta:
        model = WebhookEndpoint
        fields = ["id", "url", "events", "is_active", "disabled_reason", "failing_since", "retry_at", "created_at"]
        read_only_fields = fields


class SecretSerializer(WebhookSerializer):
    """With the secret that signs, told when it is made and never again."""

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret", "old_secret_until"]
        read_only_fields = fields


class WebhookWishSerializer(Strict):
    url = serializers.URLField(max_length=500, help_text="https; it may not lead into a private network.")
    events = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        help_text="Names of docs/api/webhooks.md; empty = all.",
    )


class WebhookChangeSerializer(WebhookWishSerializer):
    url = serializers.URLField(max_length=500, required=False)
    is_active = serializers.BooleanField(required=False)


class WebhookMessageSerializer(serializers.ModelSerializer[WebhookAttempt]):
    """One message of the delivery log; the receiver's answer is its status only."""

    class Meta:
        model = WebhookAttempt
        fields = [
            "message_id", "event", "body", "tries", "status", "error", "next_at", "delivered_at", "given_up_at",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class ReplaySerializer(Strict):
    message = serializers.CharField(required=False, max_length=64, help_text="One message, by its id.")
    since = serializers.DateTimeField(required=False, help_text="Only what happened since then.")
    also_delivered = serializers.BooleanField(default=False, help_text="Not only what was given up.")


class ReplayedSerializer(serializers.Serializer[Any]):
    replayed = serializers.IntegerField()


HOOK = OpenApiExample(
    "Hear of erasures and redemptions",
    request_only=True,
    value={"url": "https://crm.example/fanfare", "events": ["contact.erased", "offer.redeemed"]},
)


AGAIN = OpenApiExample("What was given up in May", request_only=True, value={"since": "2026-05-01T00:00:00Z"})


@extend_schema_view(
    list=extend_schema(summary="List the webhooks of this key"), retrieve=extend_schema(summary="One webhook"),
    destroy=extend_schema(summary="Unsubscribe: forget a webhook and all that it is owed"),
)  # fmt: skip
class WebhookViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, Resource[WebhookEndpoint]
):
    """Where this key wants to be told of events."""

    secret_answers = ("create", "rotate_secret")
    outside = ("test",)
    scope = "webhooks"
    queryset = WebhookEndpoint.objects.select_related("key__owner")
    serializer_class = WebhookSerializer

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        found = super().get_queryset()
        return found.filter(key=self.request.auth) if isinstance(self.request.auth, ApiKey) else found

    @extend_schema(
        summary="Subscribe: be told of events", request=WebhookWishSerializer, responses={201: SecretSerializer},
        examples=[HOOK],
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """201 with the signing secret, which is not shown again."""
        return self._create(request)

    def _create(self, request: Request) -> Response:
        if not isinstance(request.auth, ApiKey):
            raise PermissionDenied(_("A webhook belongs to a key. Ask with one, or add it in the desk."))
        wish = WebhookWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        try:
            made = endpoints.make(request.auth, given["url"], given.get("events", []), by=client_of(request))
        except endpoints.BadEndpoint as why:
            raise Unprocessable(str(why), code="bad_webhook") from why
        return Response(SecretSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change a webhook", request=WebhookChangeSerializer, responses=WebhookSerializer,
        examples=[OpenApiExample("On again", request_only=True, value={"is_active": True})],
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """PATCH /api/v1/webhooks/3/ {"is_active": true}: one that was switched off starts with a clean slate."""
        wish = WebhookChangeSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        try:
            changed = endpoints.change(self.get_object(), by=client_of(request), **wish.validated_data)
        except endpoints.BadEndpoint as why:
            raise Unprocessable(str(why), code="bad_webhook") from why
        return Response(WebhookSerializer(changed).data)

    def perform_destroy(self, instance: WebhookEndpoint) -> None:
        endpoints.remove(instance, by=client_of(self.request))

    @extend_schema(summary="Send a test event now", request=None, responses=WebhookMessageSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/webhooks/3/test/ → the receiver's status, or why it could not be reached."""
        return Response(WebhookMessageSerializer(endpoints.test(self.get_object())).data)

    @extend_schema(summary="Renew the secret", request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/webhooks/3/rotate-secret/; for 24 hours messages bear both signatures."""
        rotated = endpoints.rotate_secret(self.get_object(), by=client_of(request))
        return Response(SecretSerializer(rotated).data)

    @extend_schema(summary="The delivery log", responses=WebhookMessageSerializer(many=True))
    @action(detail=True)
    def messages(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/webhooks/3/messages/ → what was sent or is owed, oldest first."""
        found: QuerySet[Any] = WebhookAttempt.objects.filter(endpoint=self.get_object())
        page: list[Any] = self.paginate_queryset(found) or []
        return self.get_paginated_response(WebhookMessageSerializer(page, many=True).data)

    @extend_schema(summary="Send again", request=ReplaySerializer, responses=ReplayedSerializer, examples=[AGAIN])
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/webhooks/3/replay/ {"since": "2026-05-01T00:00:00Z"}; ids stay, so a receiver can tell."""
        return self._replay(request)

    def _replay(self, request: Request) -> Response:
        wish = ReplaySerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.validated_data
        n = endpoints.replay(
            self.get_object(), message=given.get("message", ""), since=given.get("since"),
            only_failed=not given["also_delivered"], by=client_of(request),
        )  # fmt: skip
        return Response({"replayed": n})


ROUTES = {"webhooks": WebhookViewSet}
