"""What every job of a file has in the API: a list, how far it is, a stop, and its rejected rows.

GET  /api/v1/suppression-imports/12/             → {"state": "running", "percent": 40, "counts": {"lines": 4000, …}, …}
POST /api/v1/suppression-imports/12/cancel/      what is in stays in
GET  /api/v1/suppression-imports/12/rejected/    → CSV
"""

from __future__ import annotations

from django.http import Http404
from django.http.response import FileResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import audit, jobs
from contacts.answers import acting_user
from contacts.models import Job
from contacts.problems import Json
from contacts.resource import EVERY, Resource


class JobSerializer(serializers.ModelSerializer[Job]):
    """A file on its way in."""

    name = serializers.CharField(source="parameters.name", read_only=True)
    percent = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField(help_text="What became of its lines so far.")

    class Meta:
        model = Job
        fields = ["id", "name", "state", "error", "percent", "counts", "created_at", "started_at", "finished_at"]
        read_only_fields = fields

    def get_percent(self, job: Job) -> int:
        return round(100 * job.progress / job.total) if job.total else 0

    def get_counts(self, job: Job) -> dict[str, int]:
        names = ["lines", *(jobs.KINDS[job.kind].figures if job.kind in jobs.KINDS else ())]
        return {name: job.counts.get(name, 0) for name in names}


@extend_schema_view(
    list=extend_schema(summary="List them, oldest first"), retrieve=extend_schema(summary="How far it is")
)
class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Job]):
    """Files taken in by a job; a kind of its own adds how one is sent."""

    whole = EVERY
    serializer_class: type[serializers.ModelSerializer[Job]] = JobSerializer
    parser_classes = [MultiPartParser, Json]  # JSON for what takes no file

    @extend_schema(summary="Stop it; what is in stays in", request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """200, also when it was done already."""
        job = self.get_object()
        if jobs.cancel(job):
            audit.record(acting_user(request), "cancelled job", job)
        job.refresh_from_db()
        return Response(self.get_serializer(job).data)

    @extend_schema(
        summary="The rejected rows with line and reason",
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def rejected(self, request: Request, pk: str | None = None) -> HttpResponseBase:
        """CSV; 404 while there is none."""
        job = self.get_object()
        if not job.result:
            raise Http404
        return FileResponse(job.result.open("rb"), as_attachment=True, filename=f"rejected-{job.pk}.csv")
