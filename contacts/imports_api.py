"""Imports of files and exports of people, for partners.

POST /api/v1/imports/   multipart: file=@people.csv, topic=letter, basis=consent, evidence="form, since 2023"
GET  /api/v1/imports/12/   → {"state": "running", "lines": 4000, "created": 3990, "rejected": 10, …}
GET  /api/v1/imports/12/rejected/   → the rejected rows as CSV
GET  /api/v1/exports/?segment=3&type=xlsx   → the file
"""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import answers, audit, exporting
from contacts.answers import acting_user
from contacts.importing import blocklist, mapping, work
from contacts.importing.mapping import Column
from contacts.importing.reader import BadFile
from contacts.importing.upsert import Policy
from contacts.jobs_api import JobSerializer, JobViewSet
from contacts.models import Job, Segment, Suppression, Topic
from contacts.models.consent import MAIL_BASES, Basis
from contacts.problems import Strict
from contacts.resource import EVERY, Resource
from contacts.segments.rules import BadRule

STANDINGS = [
    Suppression.Reason.UNSUBSCRIBED_ALL, Suppression.Reason.HARD_BOUNCE, Suppression.Reason.COMPLAINT,
    Suppression.Reason.IMPORTED,
]  # fmt: skip


class ImportSerializer(JobSerializer):
    dry_run = serializers.BooleanField(source="parameters.dry_run", read_only=True)
    columns = serializers.SerializerMethodField(help_text="What each column of the file became.")
    counts = serializers.SerializerMethodField(
        help_text="created + updated + unchanged + rejected = lines; subscribed, suppressed and left beside them."
    )

    class Meta:
        model = Job
        fields = [
            "id", "name", "state", "error", "dry_run", "percent", "counts", "columns", "created_at", "started_at",
            "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_columns(self, job: Job) -> dict[str, str]:
        return {one["header"]: one["target"] for one in job.parameters["columns"]}

    def get_counts(self, job: Job) -> dict[str, int]:
        names = ("lines", "created", "updated", "unchanged", "rejected", "subscribed", "suppressed", "left")
        return {name: job.counts.get(name, 0) for name in names}


class ImportWishSerializer(Strict):
    """A file and what is to become of its people."""

    file = serializers.FileField(help_text="CSV, TSV, XLSX or ODS.")
    columns = serializers.JSONField(
        required=False, help_text='What a header becomes, where the proposal is wrong: {"Ville": "attribute:city"}.'
    )
    topic: serializers.SlugRelatedField[Topic] = serializers.SlugRelatedField(
        "slug", queryset=Topic.objects.filter(archived_at=None), required=False
    )
    basis = serializers.ChoiceField(MAIL_BASES, required=False, help_text="No basis, no mail.")
    evidence = serializers.CharField(required=False, max_length=500, help_text="Where and how they agreed.")
    tags = serializers.CharField(required=False, help_text="For all of them, separated by commas.")
    existing = serializers.ChoiceField(Policy.values, required=False, default=Policy.OVERWRITE)
    standing = serializers.ChoiceField(STANDINGS, required=False, help_text="Why nobody in this file is written to.")
    dry_run = serializers.BooleanField(required=False, default=False)


LETTER = OpenApiExample(
    "A file of subscribers",
    request_only=True,
    media_type="multipart/form-data",
    value={
        "file": "people.csv", "topic": "letter", "basis": "consent", "evidence": "form on the website, since 2023",
        "existing": "fill",
    },
)  # fmt: skip


class ImportViewSet(JobViewSet):
    """Files of contacts, taken in by a job."""

    scope = "contacts"
    queryset = Job.objects.filter(kind="import")
    serializer_class = ImportSerializer

    @extend_schema(
        summary="Import a file of contacts",
        request={"multipart/form-data": ImportWishSerializer},
        responses={202: ImportSerializer},
        examples=[LETTER],
    )
    def create(self, request: Request) -> Response:
        """202 with the import, which runs on; 422 says what is wrong with the file."""
        wish = ImportWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        job = _plan(wish.validated_data, request)
        audit.record(acting_user(request), "imported contacts", job, dry_run=wish.validated_data["dry_run"])
        return Response(self.get_serializer(job).data, status=status.HTTP_202_ACCEPTED)


def _plan(said: dict[str, Any], request: Request) -> Job:
    try:
        shape, columns, _first = work.look(said["file"])
        return work.plan(
            said["file"], columns=_chosen(columns, said.get("columns") or {}), shape=shape, topic=said.get("topic"),
            basis=said.get("basis", Basis.NONE), evidence=said.get("evidence", ""),
            tags=mapping.to_list(said.get("tags", "")), policy=said["existing"], standing=said.get("standing", ""),
            dry_run=said["dry_run"], by=acting_user(request),
        )  # fmt: skip
    except BadFile as why:
        raise serializers.ValidationError({"file": [str(why)]}) from why
    except work.NoEvidence as why:
        raise serializers.ValidationError({"evidence": [str(why)]}) from why


def _chosen(columns: list[Column], wished: Any) -> list[Column]:
    """Return the columns as the partner wants them.

    Raises:  ValidationError for a header that is not there and for what no column can become.
    """
    if not isinstance(wished, dict):
        raise serializers.ValidationError({"columns": [_("Write an object of headers and what they become.")]})
    headers = {one.header for one in columns}
    for header, target in wished.items():
        if header not in headers:
            raise serializers.ValidationError({"columns": [_("The file has no column “%(name)s”.") % {"name": header}]})
        name = str(target).removeprefix("attribute:")
        is_attribute = str(target).startswith("attribute:") and name and mapping.attribute_name(name) == name
        if target and not is_attribute and target not in mapping.TARGETS:
            known = ", ".join([*mapping.TARGETS, "attribute:<name>"])
            message = _("A column cannot become “%(name)s”. Choose one of: %(known)s.")
            raise serializers.ValidationError({"columns": [message % {"name": target, "known": known}]})
    chosen = [
        Column(one.index, one.header, wished.get(one.header, one.target), one.type, one.examples) for one in columns
    ]
    return mapping.with_declared_types(chosen)


class SuppressionFileSerializer(Strict):
    """A list of addresses that are never written to again."""

    file = serializers.FileField(help_text="CSV, TSV, XLSX or ODS; a column of reasons is understood.")
    reason = serializers.ChoiceField(
        blocklist.REASONS, required=False, default=Suppression.Reason.IMPORTED, help_text="Where the file gives none."
    )
    source = serializers.CharField(required=False, default="", max_length=120, help_text="Where the list comes from.")  # type: ignore[assignment]


LEFT = OpenApiExample(
    "Addresses that bounced elsewhere",
    request_only=True,
    media_type="multipart/form-data",
    value={"file": "cleaned.csv", "reason": "hard_bounce", "source": "Mailchimp"},
)


class SuppressionImportViewSet(JobViewSet):
    """Lists of addresses that another tool no longer writes to; nobody becomes a contact."""

    scope = "contacts"
    queryset = Job.objects.filter(kind=blocklist.KIND)

    @extend_schema(
        summary="Suppress the addresses of a file",
        request={"multipart/form-data": SuppressionFileSerializer},
        responses={202: JobSerializer},
        examples=[LEFT],
    )
    def create(self, request: Request) -> Response:
        """202 with the job, which runs on; 422 says what is wrong with the file."""
        wish = SuppressionFileSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        said = wish.validated_data
        try:
            job = blocklist.plan(said["file"], reason=said["reason"], source=said["source"], by=acting_user(request))
        except BadFile as why:
            raise serializers.ValidationError({"file": [str(why)]}) from why
        audit.record(acting_user(request), "imported suppressions", job)
        return Response(self.get_serializer(job).data, status=status.HTTP_202_ACCEPTED)


class ExportWishSerializer(Strict):
    segment: serializers.PrimaryKeyRelatedField[Segment] = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.filter(archived_at=None), required=False
    )
    type = serializers.ChoiceField(["csv", "xlsx"], required=False, default="csv")


class ExportViewSet(Resource[Segment]):
    """People as a file."""

    scope = "contacts"
    whole = EVERY
    queryset = Segment.objects.none()
    serializer_class = ExportWishSerializer

    @extend_schema(
        summary="A segment, or everybody, as CSV or XLSX",
        parameters=[
            OpenApiParameter("segment", int, description="Number of the segment; without it everybody."),
            OpenApiParameter("type", str, enum=["csv", "xlsx"], description="XLSX up to 100,000 people."),
        ],
        responses={
            (200, "text/csv"): OpenApiTypes.BINARY,
            (200, exporting.XLSX_TYPE): OpenApiTypes.BINARY,
        },
        filters=False,
    )
    def list(self, request: Request) -> HttpResponseBase:
        """GET /api/v1/exports/?segment=3&type=csv → the file, streamed; cells are safe in a spreadsheet."""
        answers.refuse_empty(request, ("type", "segment"))
        wish = ExportWishSerializer(data=request.query_params)
        wish.is_valid(raise_exception=True)
        segment, kind = wish.validated_data.get("segment"), wish.validated_data["type"]
        try:
            answer = exporting.answer_with(exporting.people_of(segment), kind)
        except (BadRule, exporting.TooManyRows) as why:
            raise serializers.ValidationError({"segment": [str(why)]}) from why
        audit.record(acting_user(request), "exported contacts", segment, format=kind)
        return answer


ROUTES = {"imports": ImportViewSet, "suppression-imports": SuppressionImportViewSet, "exports": ExportViewSet}
