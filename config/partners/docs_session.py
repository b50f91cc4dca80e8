"""The one place where a sign-in to the desk opens the API: the page on which one tries it, `/api/docs/`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.urls import reverse
from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class DocsSession(SessionAuthentication):
    """A session, for requests that the API's own page sends (its address is their `Referer`); all else needs a key.

    So a stolen or ridden cookie does nothing by the API that the desk's forms, with their checks, would not do.
    """

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        page = urlsplit(request.headers.get("Referer", ""))
        if "Authorization" in request.headers:  # a key that opens nothing is not made good by a cookie
            return None
        if page.netloc != request.get_host() or page.path != reverse("api-docs"):
            return None
        return super().authenticate(request)


class DocsSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """How the OpenAPI file names it."""

    target_class = "config.partners.docs_session.DocsSession"
