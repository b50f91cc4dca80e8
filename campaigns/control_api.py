"""What a partner changes while a campaign runs: its pace, its words, where its links lead, the mails in doubt.

POST /api/v1/campaigns/7/pace/       {"per_hour": 5000}          → 200; {"per_hour": null}: as fast as the relays allow
POST /api/v1/campaigns/7/settle/     {"resend": false}           → 200; the mails in doubt count as sent
POST /api/v1/campaigns/7/publish/    {"bodies": [{"language": "en", "subject": "Sorry", "blocks": […]}]}
POST /api/v1/campaigns/7/retarget/   {"link": 3, "target": "https://shop.example/sale"}     live, also in mails sent
POST /api/v1/campaigns/7/test/       {"to": ["marie@example.com"], "contact": 7}                → 200; a test mail
GET  /api/v1/campaigns/7/links/      → [{"number": 3, "target": "https://…", "block": "b4"}]
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import composing, links
from campaigns.content.findings import BadContent
from campaigns.delivery import control, leftovers, trial
from campaigns.models import Campaign, ContentBody, Link
from contacts import audit, bounds
from contacts.answers import acting_user
from contacts.models import Contact
from contacts.problems import Conflict, Strict, Unprocessable


class BodySerializer(Strict):
    """The words of the mail in one language."""

    language = serializers.ChoiceField(ContentBody._meta.get_field("language").choices or [])
    subject = serializers.CharField(max_length=250)
    preheader = serializers.CharField(max_length=250, required=False, allow_blank=True)
    format = serializers.ChoiceField(ContentBody.Format.choices, required=False)
    blocks = serializers.ListField(child=serializers.DictField(), required=False)
    source = serializers.CharField(required=False, allow_blank=True)  # type: ignore[assignment]  # not DRF's own


class PaceSerializer(Strict):
    per_hour = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, allow_null=True, help_text="Mails an hour; null = as the relays allow."
    )


class SettleSerializer(Strict):
    resend = serializers.BooleanField(help_text="True: send the mails in doubt again. False: count them as sent.")


class MendSerializer(Strict):
    bodies = BodySerializer(many=True, allow_empty=False, help_text="One per language; languages not named stay.")


class RetargetSerializer(Strict):
    link = serializers.IntegerField(min_value=1, help_text="The link's number in this campaign.")
    target = serializers.URLField(max_length=2000)


class LinkSerializer(serializers.ModelSerializer[Link]):
    class Meta:
        model = Link
        fields = ["number", "target", "block", "updated_at"]
        read_only_fields = fields


class VersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="Who has no mail yet gets it when the campaign starts or resumes.")


class TrialSerializer(Strict):
    to = serializers.ListField(
        child=serializers.EmailField(), min_length=1, max_length=trial.MOST, help_text="Who looks at it: testers."
    )
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    contact = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.all(), required=False, help_text="The mail as this person would get it."
    )


class TriedSerializer(serializers.Serializer[Any]):
    sent = serializers.IntegerField(help_text="Test mails sent; they count nowhere.")


TESTERS = OpenApiExample("To the team", request_only=True, value={"to": ["marie@example.com"], "language": "fr"})
SLOWER = OpenApiExample("Five thousand an hour", request_only=True, value={"per_hour": 5000})
COUNT_AS_SENT = OpenApiExample("Count them as sent", request_only=True, value={"resend": False})
ELSEWHERE = OpenApiExample(
    "Link 3 leads elsewhere", request_only=True, value={"link": 3, "target": "https://shop.example/sale"}
)
MENDED = OpenApiExample(
    "The right price",
    request_only=True,
    value={"bodies": [{"language": "en", "subject": "Sorry, the right price", "blocks": [{"type": "footer"}]}]},
)
SENDING_SCOPES = dict.fromkeys(("unschedule", "pace", "settle", "retarget", "test"), "campaigns:send")


class Controls:
    """What CampaignViewSet gets from here."""

    get_object: Any
    get_serializer: Any
    _do: Any

    @extend_schema(summary="Take the start back", request=None)
    @action(detail=True, methods=["post"])
    def unschedule(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/unschedule/ → 200: a draft again; 409 when it started already."""
        return self._do(request, lambda campaign: control.unschedule(campaign, request.user))  # type: ignore[no-any-return]

    @extend_schema(
        summary="Send a test mail", request=TrialSerializer, responses={200: TriedSerializer}, examples=[TESTERS]
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/test/ {"to": ["marie@example.com"]} → {"sent": 1}; no delivery, no event."""
        wish = TrialSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return self._tried(request, wish.validated_data)

    def _tried(self, request: Request, wish: dict[str, Any]) -> Response:
        bounds.check_person(request, wish.get("contact"))
        given = {"language": wish.get("language", ""), "contact": wish.get("contact")}
        try:
            sent = trial.send(self.get_object(), wish["to"], by=acting_user(request), **given)
        except trial.NotSent as why:
            raise Unprocessable(str(why), code="not_sent") from why
        return Response({"sent": sent})

    @extend_schema(summary="Change the pace", request=PaceSerializer, examples=[SLOWER])
    @action(detail=True, methods=["post"])
    def pace(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/pace/ {"per_hour": 5000}; in force within five seconds, also while it sends."""
        wish = PaceSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        per_hour = wish.validated_data["per_hour"]
        return self._do(request, lambda campaign: control.set_pace(campaign, per_hour, request.user))  # type: ignore[no-any-return]

    @extend_schema(summary="Settle the mails in doubt", request=SettleSerializer, examples=[COUNT_AS_SENT])
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/settle/ {"resend": false}; the answer of their relay was lost."""
        wish = SettleSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        resend = wish.validated_data["resend"]
        return self._do(request, lambda c: leftovers.resend_ambiguous(c, request.user, resend=resend))  # type: ignore[no-any-return]

    @extend_schema(
        summary="Mend the mail", request=MendSerializer, responses={201: VersionSerializer}, examples=[MENDED]
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/publish/ {"bodies": […]} → 201; a draft or a paused campaign takes a new version."""
        wish = MendSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return self._mended(request, wish.validated_data["bodies"])

    def _mended(self, request: Request, bodies: list[dict[str, Any]]) -> Response:
        try:
            version = composing.mend(self.get_object(), bodies, acting_user(request))
        except control.WrongState as why:
            raise Conflict(str(why), code="wrong_state") from why
        except (BadContent, composing.Incomplete) as why:
            raise Unprocessable(str(why), code="bad_content") from why
        return Response({"version": version.number}, status=201)

    @extend_schema(summary="Where its links lead", responses=LinkSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def links(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/campaigns/7/links/"""
        numbered = self.get_object().links.filter(kind=Link.Kind.CLICK, number__isnull=False).order_by("number")
        return Response(LinkSerializer(numbered, many=True).data)

    @extend_schema(
        summary="Let a link lead elsewhere", request=RetargetSerializer, responses=LinkSerializer, examples=[ELSEWHERE]
    )
    @action(detail=True, methods=["post"])
    def retarget(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/campaigns/7/retarget/ {"link": 3, "target": "https://…"}; live within seconds."""
        wish = RetargetSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        return self._retargeted(request, **wish.validated_data)

    def _retargeted(self, request: Request, link: int, target: str) -> Response:
        campaign: Campaign = self.get_object()
        found = campaign.links.filter(kind=Link.Kind.CLICK, number=link).first()
        if found is None:
            words = _("The campaign has no link %(number)s.") % {"number": link}
            raise Unprocessable(words, code="unknown_link")
        with transaction.atomic():
            links.retarget(found, target, acting_user(request))
            audit.record(request.user, "retargeted link", found, target=target[:200])
        return Response(LinkSerializer(found).data)
