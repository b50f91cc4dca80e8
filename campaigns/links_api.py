"""The links of all mails, for partners who count clicks by link.

GET /api/v1/links/?campaign=7     → {"id": 41, "campaign": 7, "number": 3, "target": "https://shop.example/sale", …}
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from campaigns.models import Link
from contacts.resource import Resource


class OneLinkSerializer(serializers.ModelSerializer[Link]):
    """A link of a mail; `number` is its own in the campaign, events name it by `id`."""

    class Meta:
        model = Link
        fields = ["id", "campaign", "number", "block", "target", "created_at", "updated_at"]
        read_only_fields = fields


@extend_schema_view(list=extend_schema(summary="List links of mails"), retrieve=extend_schema(summary="One link"))
class LinkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Link]):
    """Where the links of mails lead; `campaigns/{id}/retarget/` lets one lead elsewhere."""

    scope = "campaigns"
    topic_lookup = "campaign__topic"
    queryset = Link.objects.filter(kind=Link.Kind.CLICK, number__isnull=False)
    serializer_class = OneLinkSerializer
    filterset_fields = ["campaign", "number"]


ROUTES = {"links": LinkViewSet}
