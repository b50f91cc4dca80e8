"""Campaigns, their deliveries and events for partners.

POST /api/v1/campaigns/           {"name": "May", "topic": "offers", "segments": [3], "template": 2}
POST /api/v1/campaigns/7/check/   → {"is_ready": true, "findings": [], "people": 12480, "left_out": {"suppressed": 3}}
POST /api/v1/campaigns/7/start/
GET  /api/v1/campaigns/7/report/
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import composing, reports, writers
from campaigns.content import checks
from campaigns.content.findings import BadContent
from campaigns.control_api import SENDING_SCOPES, BodySerializer, Controls
from campaigns.delivery import audience, control, leftovers
from campaigns.models import Campaign, Delivery, EmailContent, Event, Sender
from campaigns.report_api import ReportSerializer
from campaigns.reports import people
from contacts import bounds, feeds
from contacts.answers import FilterSet, acting_user
from contacts.models import Segment, Topic
from contacts.problems import Conflict, Strict, Unprocessable
from contacts.resource import Resource


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    topic: serializers.SlugRelatedField[Topic] = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)
    sender = serializers.CharField(source="sender.from_email", read_only=True, default=None)

    class Meta:
        model = Campaign
        fields = [
            "id", "name", "kind", "state", "topic", "sender", "content", "segments", "excluded_segments",
            "within", "everyone_reason", "scheduled_at", "timing", "pace_per_hour", "tracking", "ambiguity",
            "holdout_percent", "objective", "target", "due_on", "owner", "needs_approval", "paused_reason",
            "audience_at", "started_at", "finished_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class CampaignWishSerializer(Strict):
    """A campaign as a partner asks for it: its mail is a `template` that is copied, or `bodies` of its own."""

    name = serializers.CharField(max_length=120)
    topic: serializers.SlugRelatedField[Topic] = serializers.SlugRelatedField("slug", queryset=Topic.objects.all())
    sender: serializers.SlugRelatedField[Sender] = serializers.SlugRelatedField(
        "from_email",
        queryset=Sender.objects.filter(archived_at=None),
        required=False,
        help_text="The address of a sender of the topic's brand; may be left out when the brand has one.",
    )
    segments: serializers.ManyRelatedField = serializers.PrimaryKeyRelatedField(  # type: ignore[assignment]
        many=True, queryset=Segment.objects.filter(archived_at=None), required=False
    )
    excluded_segments: serializers.ManyRelatedField = serializers.PrimaryKeyRelatedField(  # type: ignore[assignment]
        many=True, queryset=Segment.objects.filter(archived_at=None), required=False
    )
    within: serializers.PrimaryKeyRelatedField[Segment] = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.filter(archived_at=None),
        required=False,
        help_text="Nobody outside this segment gets it, whatever else is chosen; alone, all of it get it.",
    )
    everyone_reason = serializers.CharField(
        max_length=300, required=False, help_text="Needed when no segment is chosen: why everybody gets this."
    )
    template: serializers.PrimaryKeyRelatedField[EmailContent] = serializers.PrimaryKeyRelatedField(
        queryset=EmailContent.objects.filter(archived_at=None), required=False
    )
    bodies = BodySerializer(many=True, required=False)
    tracking = serializers.ChoiceField(Campaign.Tracking.choices, required=False)
    ambiguity = serializers.ChoiceField(Campaign.Ambiguity.choices, required=False)
    holdout_percent = serializers.IntegerField(min_value=0, max_value=20, required=False)
    objective = serializers.ChoiceField(Campaign.Objective.choices, required=False)
    target = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Of the number that the objective leads with."
    )
    due_on = serializers.DateField(required=False)
    needs_approval = serializers.BooleanField(required=False)
    pace_per_hour = serializers.IntegerField(min_value=1, required=False)
    timing = serializers.ChoiceField(Campaign.Timing.choices, required=False)


class ScheduleSerializer(Strict):
    send_at = serializers.DateTimeField()
    own_evening = serializers.BooleanField(
        required=False, help_text="Each mail waits for 18–21 h in its reader's own time zone. Left out: as it was."
    )


class ReasonSerializer(Strict):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class FindingSerializer(serializers.Serializer[Any]):
    level = serializers.ChoiceField(["error", "warning", "note"])
    code = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    where = serializers.CharField()


class TakeOutSerializer(Strict):
    segment = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.all(), help_text="Its people get nothing more of this campaign."
    )


class WriteToSerializer(Strict):
    """Who is written to: one of the two."""

    version = serializers.IntegerField(min_value=1, required=False, help_text="All who were sent this version.")
    link = serializers.IntegerField(min_value=1, required=False, help_text="All known to have followed this link.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(_("Name either a version or a link."))
        return attrs


class CheckSerializer(serializers.Serializer[Any]):
    is_ready = serializers.BooleanField()
    people = serializers.IntegerField(help_text="Who would get the mail now.")
    left_out = serializers.DictField(child=serializers.IntegerField(), help_text="Who would not, by reason.")
    findings = FindingSerializer(many=True)


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    class Meta:
        model = Delivery
        fields = ["id", "campaign", "contact", "state", "variant", "language", "reply_code", "sent_at", "bounced_at"]
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = ["id", "kind", "at", "verdict", "campaign", "contact", "link", "network", "device", "os"]
        read_only_fields = fields


MAY = OpenApiExample(
    "A May offer for one segment",
    request_only=True,
    value={"name": "May offer", "topic": "offers", "segments": [3], "template": 2},
)


WRONG_LINK = OpenApiExample("Who got the wrong link", request_only=True, value={"version": 1})


@extend_schema_view(
    list=extend_schema(summary="List campaigns"), retrieve=extend_schema(summary="One campaign with its state")
)
class CampaignViewSet(Controls, mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Campaign]):
    """Mailings, from draft to report."""

    scope = "campaigns"
    topic_lookup = "topic"
    outside = ("test",)
    action_scopes: ClassVar[dict[str, str | tuple[str, ...]]] = {
        **dict.fromkeys(
            ("start", "schedule", "pause", "resume", "cancel", "add_people", "remove_people", "retry_failed"),
            "campaigns:send",
        ),
        **SENDING_SCOPES,
        "write_to": ("campaigns:write", "segments:write"),  # it keeps the readers as a segment
    }
    queryset = Campaign.objects.select_related("topic", "sender").prefetch_related("segments", "excluded_segments")
    serializer_class = CampaignSerializer
    filterset_fields = ["state", "kind"]

    def get_queryset(self) -> QuerySet[Campaign]:
        return writers.visible(getattr(self.request, "user", None), super().get_queryset())

    @extend_schema(
        summary="Make a draft", request=CampaignWishSerializer, responses={201: CampaignSerializer}, examples=[MAY]
    )
    def create(self, request: Request) -> Response:
        """The mail is copied from `template`, or made of `bodies`; nothing is sent before `start` or `schedule`."""
        return self._create(request)

    def _create(self, request: Request) -> Response:
        wish = CampaignWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        bounds.check_topics(request, [wish.validated_data["topic"]])
        try:
            campaign = composing.compose(by=acting_user(request), **wish.validated_data)
        except (BadContent, composing.Incomplete) as why:
            raise Unprocessable(str(why), code="bad_content") from why
        except control.Refused as why:
            raise Unprocessable(str(why), code="not_yours") from why
        return Response(self.get_serializer(campaign).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Check before sending", request=None, responses=CheckSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/check/ → go, or why not."""
        campaign = self.get_object()
        findings, counted = checks.check(campaign), audience.count(campaign)
        is_ready = not any(finding.level == "error" for finding in findings)
        answer = {"is_ready": is_ready, "people": counted.reachable, "left_out": counted.excluded, "findings": findings}
        return Response(CheckSerializer(answer).data)

    @extend_schema(summary="Start sending now", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/start/ → 200, 409 if started already, 422 with what is missing."""
        return self._do(request, lambda campaign: control.start(campaign, request.user))

    @extend_schema(
        summary="Start at a time", request=ScheduleSerializer, responses=CampaignSerializer,
        examples=[OpenApiExample("In May", request_only=True, value={"send_at": "2026-05-01T09:00:00+02:00"})],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/schedule/ {"send_at": "2026-05-01T09:00:00Z"} → 200, or 409 if already started."""
        wish = ScheduleSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        at, evening = wish.validated_data["send_at"], wish.validated_data.get("own_evening")
        return self._do(request, lambda c: control.schedule(c, at, request.user, own_evening=evening))

    @extend_schema(
        summary="Stop for now", request=ReasonSerializer, responses=CampaignSerializer,
        examples=[OpenApiExample("A wrong link", request_only=True, value={"reason": "A link is wrong."})],
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/pause/ {"reason": "wrong price"}; mails already out stay out."""
        wish = ReasonSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return self._do(request, lambda c: control.pause(c, wish.validated_data.get("reason", ""), request.user))

    @extend_schema(summary="Go on", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/resume/"""
        return self._do(request, lambda campaign: control.resume(campaign, request.user))

    @extend_schema(summary="End for good", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/cancel/; whoever has not got the mail will not get it."""
        return self._do(request, lambda campaign: control.cancel(campaign, request.user))

    @extend_schema(summary="Add who matches now", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"], url_path="add-people")
    def add_people(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/add-people/; a second snapshot: nobody gets the mail twice."""
        return self._do(request, lambda campaign: control.add_people(campaign, request.user))

    @extend_schema(
        summary="Take people out", request=TakeOutSerializer, responses=CampaignSerializer,
        examples=[OpenApiExample("The shop's own staff", request_only=True, value={"segment": 3})],
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="remove-people")
    def remove_people(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/remove-people/ {"segment": 3}; who has the mail already keeps it."""
        wish = TakeOutSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        segment = wish.validated_data["segment"]
        return self._do(request, lambda campaign: control.remove_people(campaign, segment, request.user))

    @extend_schema(summary="Try only the failed again", request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"], url_path="retry-failed")
    def retry_failed(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/retry-failed/ → 200; 422 when nothing failed but addresses that do not exist."""
        return self._do(request, lambda campaign: leftovers.retry_failed(campaign, request.user))

    @extend_schema(summary="The same again, as a draft", request=None, responses={201: CampaignSerializer})
    @action(detail=True, methods=["post"])
    def duplicate(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/duplicate/ → 201 with the new draft; its mail is a copy of the newest version."""
        return self._made(composing.duplicate(self.get_object(), acting_user(request)))

    @extend_schema(
        summary="Write to who got a version, or followed a link",
        request=WriteToSerializer,
        responses={201: CampaignSerializer},
        examples=[WRONG_LINK],
    )
    @action(detail=True, methods=["post"], url_path="write-to")
    def write_to(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/write-to/ {"version": 1} → 201 with a draft to exactly these people."""
        wish = WriteToSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return self._write_to(request, **wish.validated_data)

    def _write_to(self, request: Request, version: int | None = None, link: int | None = None) -> Response:
        campaign = self.get_object()
        try:
            segment = people.those(campaign, version=version, link=link)
        except people.UnknownAct as why:
            raise Unprocessable(str(why), code="unknown_people") from why
        return self._made(composing.write_to(campaign, [segment], acting_user(request)))

    def _made(self, campaign: Campaign) -> Response:
        return Response(self.get_serializer(campaign).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="What came of it", responses=ReportSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def report(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/campaigns/7/report/ → the funnel and every table, each rate with its 95 % interval."""
        return Response(ReportSerializer(reports.campaign_report(self.get_object())).data)

    def _do(self, request: Request, verb: Any) -> Response:
        return self._moved(verb)

    def _moved(self, verb: Any) -> Response:
        campaign = self.get_object()
        try:
            verb(campaign)
        except control.WrongState as why:
            raise Conflict(str(why), code="wrong_state") from why
        except control.Refused as why:
            raise Unprocessable(str(why), code="not_ready") from why
        campaign.refresh_from_db()
        return Response(self.get_serializer(campaign).data)


class DeliveryFilter(FilterSet):
    class Meta:
        model = Delivery
        fields = ["campaign", "contact", "state"]


@extend_schema_view(list=extend_schema(summary="List deliveries"), retrieve=extend_schema(summary="One delivery"))
class DeliveryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Delivery]):
    """One mail to one contact."""

    scope = "deliveries"
    topic_lookup = "campaign__topic"
    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter


class EventFilter(FilterSet):
    since = filters.IsoDateTimeFilter("at", "gte")

    class Meta:
        model = Event
        fields = ["campaign", "contact", "kind", "verdict"]


@extend_schema_view(list=extend_schema(summary="List events"), retrieve=extend_schema(summary="One event"))
class EventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Event]):
    """What happened, classified."""

    scope = "events"
    serializer_class = EventSerializer
    filterset_class = EventFilter
    topic_lookup = "campaign__topic"
    queryset = Event.objects.all()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Show only what no open transaction can still overtake: a cursor that was followed misses nothing."""
        found = super().filter_queryset(queryset)
        return found.filter(pk__lte=feeds.settled(Event)) if self.action == "list" else found


ROUTES = {"campaigns": CampaignViewSet, "deliveries": DeliveryViewSet, "events": EventViewSet}
