"""Topics for partners: what people subscribe to, by short name.

GET /api/v1/topics/            → {"slug": "letter", "name": "Letter", "brand": "maison", …}
GET /api/v1/topics/letter/
"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from contacts.models import Brand, Topic
from contacts.resource import Resource


class TopicSerializer(serializers.ModelSerializer[Topic]):
    brand: serializers.SlugRelatedField[Brand] = serializers.SlugRelatedField("slug", read_only=True)

    class Meta:
        model = Topic
        fields = ["slug", "name", "description", "brand", "is_public"]


@extend_schema_view(
    list=extend_schema(summary="List topics"), retrieve=extend_schema(summary="One topic by its short name")
)
class TopicViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Topic]):
    """What people subscribe to."""

    scope = "topics"
    topic_lookup = "pk"
    queryset = Topic.objects.filter(archived_at=None).select_related("brand")
    serializer_class = TopicSerializer
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"


ROUTES = {"topics": TopicViewSet}
