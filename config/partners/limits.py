"""How many requests a key may make: so many a minute, said in the headers of every answer, counted for its owner.

    RateLimit-Policy: "key";q=600;w=60
    RateLimit: "key";r=599;t=42
    Retry-After: 42                      (with 429)

Counts live in Django's cache: exact within one web process, and over all of them with CACHE_URL=redis://…

Source: draft-ietf-httpapi-ratelimit-headers-10; RFC 6585 (429).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.partners.models import ApiKey, KeyUsage

if TYPE_CHECKING:
    from rest_framework.views import APIView

WINDOW = 60  # seconds
KEPT = 86_400  # seconds that a minute is remembered until the next request books it
ATTRIBUTE = "_rate_limit"


@dataclass(frozen=True)
class Standing:
    """What is left of a key's minute."""

    quota: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        return max(self.quota - self.used, 0)


def count(key: ApiKey, now: float) -> Standing:
    """Count one request of a key and return where it stands.

    Writes:  the cache; once a minute the number of the minute before into KeyUsage.
    """
    window = int(now // WINDOW)
    name = f"api:{key.pk}:{window}"
    if cache.add(name, 1, timeout=KEPT):
        used = 1
        _book(key, now)
    else:
        used = cache.incr(name)
    cache.set(f"api:{key.pk}:last", window, timeout=None)
    return Standing(key.per_minute or settings.API_PER_MINUTE, used, int((window + 1) * WINDOW - now) + 1)


def _book(key: ApiKey, now: float) -> None:
    """Add what the key did in its last minute to the day of that minute."""
    last = cache.get(f"api:{key.pk}:last")
    n = cache.get(f"api:{key.pk}:{last}", 0) if last is not None else 0
    if not n or last == int(now // WINDOW):
        return
    day = datetime.fromtimestamp(last * WINDOW, UTC).date()
    KeyUsage.objects.bulk_create([KeyUsage(key=key, day=day)], ignore_conflicts=True)
    KeyUsage.objects.filter(key=key, day=day).update(n=F("n") + n)


class PerKey(BaseThrottle):
    """Refuses a key's request beyond its minute; people signed in to the desk are not counted."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        self.standing = count(request.auth, time.time())
        setattr(request._request, ATTRIBUTE, self.standing)
        return self.standing.used <= self.standing.quota

    def wait(self) -> float:
        return float(self.standing.reset)


class Headers:
    """Says on every answer to a key what is left of its minute."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        standing: Standing | None = getattr(request, ATTRIBUTE, None)
        if standing:
            response["RateLimit-Policy"] = f'"key";q={standing.quota};w={WINDOW}'
            response["RateLimit"] = f'"key";r={standing.remaining};t={standing.reset}'
        return response
