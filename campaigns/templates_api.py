"""The mails that are offered as a start, for partners who make campaigns of them.

GET /api/v1/templates/?name=Announcement    → {"id": 6, "brand": "maison", "name": "Announcement", …}
"""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from campaigns import writers
from campaigns.models import EmailContent
from contacts.models import Brand
from contacts.resource import Resource


class TemplateSerializer(serializers.ModelSerializer[EmailContent]):
    """A mail to start from: its `id` is the `template` of a new campaign."""

    brand: serializers.SlugRelatedField[Brand] = serializers.SlugRelatedField("slug", read_only=True)

    class Meta:
        model = EmailContent
        fields = ["id", "brand", "name", "created_at", "updated_at"]
        read_only_fields = fields


@extend_schema_view(list=extend_schema(summary="List templates"), retrieve=extend_schema(summary="One template"))
class TemplateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[EmailContent]):
    """Mails marked as templates in the desk; archived ones are left out."""

    scope = "campaigns"
    queryset = EmailContent.objects.filter(is_template=True, archived_at=None).select_related("brand")
    serializer_class = TemplateSerializer
    filterset_fields = ["name", "brand__slug"]

    def get_queryset(self) -> QuerySet[EmailContent]:
        return writers.contents(getattr(self.request, "user", None), super().get_queryset())


ROUTES = {"templates": TemplateViewSet}
