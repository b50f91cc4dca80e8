"""What all pages of a token share: the person's language, no cookie, no referrer, nothing kept by a cache.

page = Page(request, brand, contact_language="fr", written=["fr", "en"])
return page.answer("public/share.html", {...})
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language_info

from contacts.models import Brand


class Page:
    """One answer in one language: that of ?lang=, of the contact, of the browser or of the brand."""

    def __init__(
        self,
        request: HttpRequest,
        brand: Brand,
        *,
        contact_language: str = "",
        written: Sequence[str] = (),
        prefers_browser: bool = False,
    ) -> None:
        self.request = request
        self.brand = brand
        self.written = [code for code in written or dict(settings.LANGUAGES) if code in dict(settings.LANGUAGES)]
        browser = self._browser()
        wanted = (request.GET.get("lang", ""), browser if prefers_browser else "", contact_language, browser)
        fallback = (brand.default_language, settings.LANGUAGE_CODE)
        self.language = next((code for code in (*wanted, *fallback) if code in self.written), settings.LANGUAGE_CODE)

    def _browser(self) -> str:
        asked = self.request.META.get("HTTP_ACCEPT_LANGUAGE", "")
        return translation.get_language_from_request(self.request) if asked else ""

    def answer(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """Return the rendered page: never cached, never indexed, its address told to nobody."""
        with translation.override(self.language):
            response = render(
                self.request,
                template,
                {"brand": self.brand, "other_languages": self.other_languages(), **context},
                status=status,
            )
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Content-Language"] = self.language
        return response

    def other_languages(self) -> list[tuple[str, str]]:
        """Return (code, its own name) of the languages the page also has."""
        others = [code for code in self.written if code != self.language]
        return [(code, get_language_info(code)["name_local"].capitalize()) for code in others]
