"""Who asks about offers by API, for which places, and how a refusal is told.

place_of(request, "lyon")     # → the place, when the key may act for it
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import problems
from contacts.answers import Passing, acting_user
from contacts.problems import Unprocessable
from social import offers_wishes as wishes
from social.models import Place
from social.offers.asking import Who
from social.offers.reasons import Refused, remedy

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="The same key acts once."
)


def refusal(why: Refused) -> Response:
    """Return a refusal as problem+json: `code` is the reason, `facts` what its sentence names."""
    said = why.answer()
    body = {
        "type": f"{wishes.docs()}#{why.reason}",
        "code": said["reason"],
        "title": str(why.reason).replace("_", " ").capitalize(),
        "status": why.status,
        "detail": said["message"],
        "remedy": remedy(why.reason),
        "facts": said["detail"],
    }
    headers = {"Retry-After": "600"} if why.status == 429 else None
    return Response(body, status=why.status, content_type=problems.CONTENT_TYPE, headers=headers)


def answered(why: Refused) -> Response:
    """Return a refusal to be kept with its idempotency key. Raises: Passing for one that passes by itself."""
    if why.is_temporary:
        raise Passing(refusal(why)) from why
    return refusal(why)


def required_key(request: Request) -> str:
    """Return the Idempotency-Key. Raises: Unprocessable when there is none or it is too long."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > 255:
        words = _("Send an Idempotency-Key of up to 255 characters that names the cause, for example the order.")
        raise Unprocessable(words, code="idempotency_key")
    return key


def who_asks(request: Request) -> Who:
    """Return the key, or the person signed in to the desk."""
    prefix = getattr(request.auth, "prefix", None)
    return Who.by_key(prefix) if prefix else Who.by_user(acting_user(request))


def bound_to(request: Request) -> list[int]:
    """Return the places that a partner's key is bound to; none = all."""
    places = getattr(request.auth, "places", None)  # the roof's ApiKey, unknown down here
    return list(places.values_list("pk", flat=True)) if places is not None else []


def is_insider(request: Request) -> bool:
    """Say whether who asks may read of people: a key with `contacts:read`, or anybody of the desk."""
    scopes = getattr(request.auth, "scopes", ())  # the roof's ApiKey, unknown down here
    return request.auth is None or "contacts:read" in scopes


def allowed_places(request: Request) -> QuerySet[Place]:
    """Return the places that this key, or this person, may act for."""
    places = Place.objects.filter(archived_at__isnull=True)
    if request.auth is not None:
        only = bound_to(request)
        return places.filter(pk__in=only) if only else places
    user = acting_user(request)
    return places if user.has_perm("social.view_sharelink") else places.filter(managers=user)


def place_of(request: Request, slug: str | None) -> Place | None:
    """Return the place of a wish.

    Raises:  ValidationError for a place unknown or not this key's; also for none where the key is bound to places.
    """
    places = allowed_places(request)
    if slug is None:
        if bound_to(request):
            raise serializers.ValidationError({"place": [_("This key is bound to places. Name one.")]})
        return None
    found = places.filter(slug=slug).first()
    if found is None:
        raise serializers.ValidationError({"place": [_("There is no such place for this key.")]})
    return found
