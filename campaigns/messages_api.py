"""One mail to one person now, for partners.

POST /api/v1/messages/    Idempotency-Key: order-1042-ready
{"trigger": "order_ready", "email": "ann@example.com", "values": {"order": "1042"}}  → 201 {"id": 7, "state": "queued"}
GET  /api/v1/messages/7/  → {"state": "sent", "sent_at": "…"}
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.delivery import single
from campaigns.models import Campaign, Delivery
from contacts import bounds, identities
from contacts.answers import client_of
from contacts.models import Contact, Identity
from contacts.problems import Strict, Unprocessable
from contacts.resource import Resource

LARGEST_VALUES = 32_768  # bytes of JSON a mail may bring along
WHO = ("contact", "email", "external_id")


class MessageSerializer(serializers.ModelSerializer[Delivery]):
    """A transactional mail and how far it got."""

    trigger = serializers.CharField(source="campaign.trigger", read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "trigger", "campaign", "contact", "state", "language", "attempts", "next_at", "reply_code", "reply",
            "created_at", "sent_at", "bounced_at",
        ]  # fmt: skip
        read_only_fields = fields


class MessageWishSerializer(Strict):
    """Which mail, to whom (exactly one of `contact`, `email`, `external_id`), and its `event.*` values."""

    trigger = serializers.CharField(max_length=40, help_text="Of a mail “sent by an event” that is switched on.")
    contact = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    email = serializers.CharField(max_length=320, required=False)
    external_id = serializers.CharField(max_length=254, required=False)
    brand = serializers.CharField(
        max_length=50, required=False, help_text="Slug of the brand that writes, where several have this trigger."
    )
    values = serializers.DictField(required=False, help_text="In the mail as {{ event.name }}; up to 32 kB.")

    def validate_values(self, values: dict[str, Any]) -> dict[str, Any]:
        try:
            size = len(json.dumps(values, ensure_ascii=False).encode())
        except (UnicodeEncodeError, RecursionError):
            raise serializers.ValidationError(_("A text is no valid Unicode, or nested too deeply.")) from None
        if size > LARGEST_VALUES:
            words = _("The values take %(n)d bytes; at most %(most)d are allowed. Send fewer.")
            raise serializers.ValidationError(words % {"n": size, "most": LARGEST_VALUES})
        return values

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in WHO) != 1:
            words = _("Say who gets the mail by exactly one of: %(names)s.") % {"names": ", ".join(WHO)}
            raise serializers.ValidationError({"contact": [words]})
        return attrs

    def person(self) -> Contact:
        """Return who is meant, following merges. Raises: ValidationError at the field that finds nobody."""
        name = next(name for name in WHO if name in self.validated_data)
        value = self.validated_data[name]
        if name == "contact":
            known = Contact.objects.filter(pk=value).first()
            found = known and identities.survivor(known)
        else:
            found = identities.find(Identity.Kind.EMAIL if name == "email" else Identity.Kind.EXTERNAL, value)
        if found is None:
            raise serializers.ValidationError({name: [_("No contact is known by this. Create her first.")]})
        return found


READY = OpenApiExample(
    "An order is ready",
    request_only=True,
    value={"trigger": "order_ready", "email": "ann@example.com", "values": {"order": "1042", "shop": "Lyon"}},
)
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="One mail per key, for example an order.",
)


@extend_schema_view(retrieve=extend_schema(summary="How far one message got"))
class MessageViewSet(mixins.RetrieveModelMixin, Resource[Delivery]):
    """Transactional mails, one at a time."""

    scope = "messages"
    topic_lookup = f"contact__{bounds.PERSON}"
    queryset = Delivery.objects.filter(campaign__kind=Campaign.Kind.TRANSACTIONAL).select_related("campaign")
    serializer_class = MessageSerializer

    @extend_schema(
        summary="Send one message to one contact now",
        request=MessageWishSerializer,
        responses={201: MessageSerializer},
        parameters=[KEY],
        examples=[READY],
    )
    def create(self, request: Request) -> Response:
        """201 with the queued mail; the same key again gives the same mail. `GET` tells what became of it."""
        if not request.headers.get("Idempotency-Key", ""):
            words = _("Send an Idempotency-Key that names the cause, for example the order: one mail goes out per key.")
            raise Unprocessable(words, code="idempotency_key")
        return self._send(request)

    def _send(self, request: Request) -> Response:
        wish = MessageWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given, person = wish.validated_data, wish.person()
        bounds.check_person(request, person)
        occasion = single.occasion(client_of(request), request.headers["Idempotency-Key"])
        try:
            row = single.send(given["trigger"], person, given.get("values", {}), occasion, brand=given.get("brand", ""))
        except single.NotSwitchedOn as why:
            raise Unprocessable(str(why), code="not_switched_on") from why
        except single.NoAddress as why:
            raise Unprocessable(str(why), code="no_address") from why
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)


ROUTES = {"messages": MessageViewSet}
