"""Contacts and topics for partners.

POST /api/v1/contacts/   {"email": "ann@example.com", "first_name": "Ann",
                          "subscriptions": [{"topic": "offers", "basis": "consent", "evidence": {"form": "till 4"}}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import audit, basis, bounds, identities, merging, privacy, profile, upsert
from contacts.addresses import BadAddress
from contacts.answers import FilterSet, acting_user, client_of
from contacts.bulk_api import Bulk
from contacts.models import Brand, Consent, Contact, Identity, Subscription, Topic
from contacts.models.consent import MAIL_BASES, Basis
from contacts.problems import Strict, Unprocessable
from contacts.resource import Resource
from contacts.searching import beginning_with

MAX_TIMELINE = 200  # entries a request


class IdentitySerializer(Strict, serializers.ModelSerializer[Identity]):
    class Meta:
        model = Identity
        fields = ["kind", "value", "proof", "source"]
        read_only_fields = ["proof", "source"]
        validators: list[Any] = []  # unique per person is the upsert's rule, with a better sentence


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    topic: serializers.SlugRelatedField[Topic] = serializers.SlugRelatedField("slug", read_only=True)

    class Meta:
        model = Subscription
        fields = ["topic", "state", "basis", "subscribed_at", "unsubscribed_at"]
        read_only_fields = fields


class ContactSerializer(serializers.ModelSerializer[Contact]):
    tags: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField("name", many=True, read_only=True)
    identities = IdentitySerializer(many=True, read_only=True)
    subscriptions = SubscriptionSerializer(many=True, read_only=True)

    class Meta:
        model = Contact
        fields = [
            "id", "email", "first_name", "last_name", "language", "time_zone", "attributes", "source", "tags",
            "identities", "subscriptions", "open_tracking_at", "click_tracking_at", "last_opened_at",
            "last_clicked_at", "last_shared_at", "last_redeemed_at", "last_ordered_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class SubscriptionWishSerializer(Strict):
    topic: serializers.SlugRelatedField[Topic] = serializers.SlugRelatedField("slug", queryset=Topic.objects.all())
    basis = serializers.ChoiceField(MAIL_BASES, help_text="No basis, no mail.")
    wording = serializers.CharField(required=False, allow_blank=True, help_text="The words the person agreed to.")
    evidence = serializers.DictField(required=False, help_text="Where and how she agreed.")


class ContactWishSerializer(Strict):
    """What a partner knows of a person; fields left out stay as they are."""

    email = serializers.CharField(required=False, max_length=320)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    language = serializers.ChoiceField(Contact._meta.get_field("language").choices or [], required=False)
    time_zone = serializers.CharField(required=False, max_length=64)
    attributes = serializers.DictField(required=False)
    identities = IdentitySerializer(many=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=80), required=False)
    subscriptions = SubscriptionWishSerializer(many=True, required=False)
    source = serializers.CharField(required=False, max_length=120)  # type: ignore[assignment]  # a field, not DRF's own

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("email") and not attrs.get("identities"):
            message = _("Give an e-mail address or at least one identity, so that the person can be found again.")
            raise serializers.ValidationError({"email": [message]})
        return attrs

    def fields_given(self) -> upsert.ContactFields:
        """Return the checked body as the verb takes it."""
        given = dict(self.validated_data)
        given["identities"] = [(one["kind"], one["value"]) for one in given.get("identities", [])]
        given["subscriptions"] = [
            upsert.SubscriptionWish(**{**one, "basis": Basis(one["basis"])}) for one in given.get("subscriptions", [])
        ]
        return upsert.ContactFields(**given)


class ContactChangeSerializer(ContactWishSerializer):
    """What changes of one contact; her address is not among it: a new one is confirmed by herself."""

    email = None  # type: ignore[assignment]  # taken out of the fields of the wish

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs


class TimelineEntrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    """One yes or no of the ledger."""

    topic: serializers.SlugRelatedField[Topic] = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)
    brand: serializers.SlugRelatedField[Brand] = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)
    basis = serializers.CharField(read_only=True, help_text="consent, customer, service or none")

    class Meta:
        model = Consent
        fields = [
            "at", "purpose", "is_given", "brand", "topic", "basis", "method", "actor", "language", "wording",
            "wording_hash", "evidence",
        ]  # fmt: skip
        read_only_fields = fields


class GroundSerializer(serializers.Serializer[Any]):
    brand = serializers.SlugField(source="brand.slug")
    basis = serializers.CharField(help_text="consent, customer, service or none")
    since = serializers.DateTimeField(allow_null=True)


class ConsentsSerializer(serializers.Serializer[Any]):
    grounds = GroundSerializer(many=True, help_text="On which ground each brand may write.")
    ledger = ConsentSerializer(many=True, help_text="Every yes and no, newest first.")


class MergeWishSerializer(Strict):
    contact = serializers.IntegerField(min_value=1, help_text="The id of the contact that is emptied.")
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would move.")


class MergeSerializer(serializers.Serializer[Any]):
    moved = serializers.DictField(child=serializers.IntegerField(), help_text="Rows that moved, by table.")
    kept_back = serializers.DictField(child=serializers.IntegerField(), help_text="Rows that would stand twice.")
    filled = serializers.ListField(child=serializers.CharField(), help_text="Fields that got a value.")


def told_with_parts(request: Request, people: QuerySet[Contact]) -> QuerySet[Contact]:
    """Return people with what is told of them: tags, identities, subscriptions, a constant number of queries."""
    subscriptions = bounds.narrow(request, Subscription.objects.select_related("topic"), "topic")
    return people.prefetch_related("tags", "identities", Prefetch("subscriptions", subscriptions))


@contextmanager
def told_at_fields() -> Iterator[None]:
    """Tell what the verb refuses at the field that it is about. Raises: ValidationError."""
    try:
        yield
    except (BadAddress, upsert.Erased) as why:
        raise serializers.ValidationError({"email": [str(why)]}) from why
    except bounds.TakenOut as why:
        raise serializers.ValidationError({"subscriptions": [str(why)]}) from why
    except upsert.UnknownAttribute as why:
        raise serializers.ValidationError({"attributes": [str(why)]}) from why
    except (upsert.TwoPeople, identities.IdentityTaken, identities.BadIdentity) as why:
        raise serializers.ValidationError({"identities": [str(why)]}) from why


class ContactFilter(FilterSet):
    q = filters.CharFilter(
        method="by_beginning", help_text="The beginning of an address, a first or a last name, or of both: `ann le`."
    )
    email = filters.CharFilter(method="by_email", help_text="The whole address, in any spelling.")
    card = filters.CharFilter(method="by_identity", help_text="A loyalty card.")
    phone = filters.CharFilter(method="by_identity", help_text="A phone number.")
    shop = filters.CharFilter(method="by_identity", help_text="The shop's own id.")
    external = filters.CharFilter(method="by_identity", help_text="Any other system's id.")
    topic = filters.CharFilter(method="by_topic", help_text="Short name; those who are subscribed.")
    tag = filters.CharFilter("tags__name")
    updated_since = filters.IsoDateTimeFilter("updated_at", "gte")

    class Meta:
        model = Contact
        fields: list[str] = []

    def by_beginning(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return queryset.filter(pk__in=beginning_with(value).values("pk"))

    def by_email(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return self.by_identity(queryset, Identity.Kind.EMAIL, value)

    def by_identity(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        found = identities.find(name, value)
        return queryset.filter(pk=found.pk) if found else queryset.none()

    def by_topic(self, queryset: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return queryset.filter(subscriptions__topic__slug=value, subscriptions__state=Subscription.State.SUBSCRIBED)


ANN = OpenApiExample(
    "Ann, by her address and her card",
    request_only=True,
    value={
        "email": "ann@example.com",
        "first_name": "Ann",
        "language": "en",
        "identities": [{"kind": "card", "value": "2000123"}],
        "tags": ["vip"],
        "subscriptions": [{"topic": "offers", "basis": "consent", "evidence": {"form": "till 4, 2026-05-02"}}],
    },
)


@extend_schema_view(
    list=extend_schema(summary="List contacts, oldest first"),
    retrieve=extend_schema(summary="One contact"),
    destroy=extend_schema(summary="Forget a contact for good: rows go, her address stays suppressed as a hash"),
)
class ContactViewSet(
    Bulk, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, Resource[Contact]
):
    """People, found by any of their identities."""

    scope = "contacts"
    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    topic_lookup = bounds.PERSON
    whole = ("timeline", "consents", "export", "merge", "destroy")
    action_scopes = {"timeline": "contacts:read", "consents": "contacts:read", "export": "contacts:read"}

    def get_queryset(self) -> QuerySet[Contact]:
        """Return the people of this key; one bound to topics is told of their subscriptions to these only."""
        return told_with_parts(self.request, super().get_queryset())

    def get_object(self) -> Contact:
        """Return the contact; that a person of the desk looked is audited, as in the desk."""
        contact = super().get_object()
        if self.request.auth is None:
            audit.record(acting_user(self.request), "looked at contact", contact, page="api")
        return contact

    def perform_destroy(self, instance: Contact) -> None:
        """DELETE /api/v1/contacts/7/ → 204."""
        privacy.erase_contact(instance, actor=client_of(self.request))

    @extend_schema(
        summary="Create a contact, or change the one that has this address or identity",
        request=ContactWishSerializer,
        responses={200: ContactSerializer, 201: ContactSerializer},
        examples=[ANN],
    )
    def create(self, request: Request) -> Response:
        """201 when she is new, 200 when she was known. Who unsubscribed stays unsubscribed."""
        return self._upsert(request)

    def _upsert(self, request: Request) -> Response:
        wish = ContactWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.fields_given()
        with told_at_fields(), transaction.atomic():
            self._check(request, given)
            contact, is_new = upsert.upsert(given)
            bounds.check_taken_in(request, [contact.pk])
        answer = self.get_serializer(self.get_queryset().get(pk=contact.pk))
        return Response(answer.data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    def _check(self, request: Request, given: upsert.ContactFields) -> None:
        """Let a key bound to topics write of whom it sees, and of others only as it subscribes them."""
        topics = [each.topic for each in given.subscriptions]
        known = None if topics else upsert.known(given)
        if known is None:
            bounds.check_topics(request, topics or [None], "subscriptions")
        else:
            bounds.check_person(request, known, "email")

    @extend_schema(
        summary="Change one contact", request=ContactChangeSerializer, responses=ContactSerializer,
        examples=[OpenApiExample("She moved", request_only=True, value={"time_zone": "Europe/Paris", "tags": ["vip"]})],
    )  # fmt: skip
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """PATCH /api/v1/contacts/7/ {"first_name": "Anna"}: what is left out stays; tags and identities are added."""
        contact = self.get_object()
        wish = ContactChangeSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        given = wish.fields_given()
        bounds.check_topics(request, [each.topic for each in given.subscriptions], "subscriptions")
        with told_at_fields():
            upsert.change(contact, given)
        return Response(self.get_serializer(self.get_queryset().get(pk=contact.pk)).data)

    @extend_schema(
        summary="Everything that happened with this contact, newest first",
        parameters=[
            OpenApiParameter("before", str, description="Only older than this time (ISO 8601), to page on."),
            OpenApiParameter("kind", str, many=True, description="Only these kinds."),
        ],
        responses=TimelineEntrySerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def timeline(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/contacts/7/timeline/?before=2026-05-01T09:00:00Z → up to 200 entries."""
        before = _time(request.query_params.get("before"))
        kinds = request.query_params.getlist("kind") or None
        entries = profile.timeline(self.get_object(), before=before, kinds=kinds, limit=MAX_TIMELINE)
        return Response(TimelineEntrySerializer(entries, many=True).data)

    @extend_schema(
        summary="What she agreed to: ground by brand, and the ledger", responses=ConsentsSerializer, filters=False
    )
    @action(detail=True, pagination_class=None)
    def consents(self, request: Request, pk: str | None = None) -> Response:
        """GET /api/v1/contacts/7/consents/ → {"grounds": […], "ledger": […]}"""
        contact = self.get_object()
        rows = contact.consents.select_related("brand", "topic").order_by("-at", "-pk")
        return Response(ConsentsSerializer({"grounds": basis.of(contact), "ledger": rows}).data)

    @extend_schema(
        summary="Everything held about her, as a ZIP of JSON files", responses={(200, "application/zip"): bytes}
    )
    @action(detail=True, pagination_class=None)
    def export(self, request: Request, pk: str | None = None) -> HttpResponse:
        """GET /api/v1/contacts/7/export/ → contact-7.zip"""
        contact = self.get_object()
        audit.record(client_of(request), "exported contact", contact)
        answer = HttpResponse(privacy.export_contact(contact), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="contact-{contact.pk}.zip"'
        return answer

    @extend_schema(
        summary="Merge another contact into this one",
        request=MergeWishSerializer,
        responses=MergeSerializer,
        examples=[OpenApiExample("Look first", request_only=True, value={"contact": 8, "dry_run": True})],
    )
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str | None = None) -> Response:
        """POST /api/v1/contacts/7/merge/ {"contact": 8} → what moved from 8 to 7; not undone."""
        return self._merge(request)

    def _merge(self, request: Request) -> Response:
        wish = MergeWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        stays, double = self.get_object(), Contact.objects.filter(pk=wish.validated_data["contact"]).first()
        if double is None:
            raise serializers.ValidationError({"contact": [_("There is no contact with this id.")]})
        try:
            if wish.validated_data["dry_run"]:
                done = merging.preview(double, stays)
            else:
                done = merging.merge(double, stays, by=client_of(request))
        except merging.CannotMerge as why:
            raise Unprocessable(str(why), code="cannot_merge") from why
        moved = {"moved": dict(done.moves), "kept_back": dict(done.kept_back), "filled": done.fills}
        return Response(MergeSerializer(moved).data)


def _time(text: str | None) -> Any:
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        message = _("Write a time with its zone, for example 2026-05-01T09:00:00Z.")
        raise serializers.ValidationError({"before": [message]})
    return found


ROUTES = {"contacts": ContactViewSet}
