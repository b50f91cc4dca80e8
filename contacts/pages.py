"""What all public pages share: the person's language, no cookie, no referrer, nothing kept by a cache.

page = Page(request, brand, contact_language="fr", written=["fr", "en"])
return page.answer("public/share.html", {...})
return not_found(request)             # for every token that is forged, cut, unknown or of another page
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language_info

from contacts.models import Brand

Answer = TypeVar("Answer", bound=HttpResponseBase)


class Page:
    """One answer in one language: that of ?lang=, of the contact, of the browser or of the brand."""

    def __init__(
        self,
        request: HttpRequest,
        brand: Brand | None,
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
        fallback = (brand.default_language if brand else "", settings.LANGUAGE_CODE)
        self.language = next((code for code in (*wanted, *fallback) if code in self.written), settings.LANGUAGE_CODE)

    def _browser(self) -> str:
        asked = self.request.META.get("HTTP_ACCEPT_LANGUAGE", "")
        return translation.get_language_from_request(self.request) if asked else ""

    def answer(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """Return the rendered page in its language: never cached, never indexed, its address told to nobody."""
        everywhere = {"brand": self.brand, "other_languages": self.other_languages()}
        with translation.override(self.language):
            answer = render(self.request, template, {**everywhere, **context}, status=status)
        answer["Content-Language"] = self.language
        return private(answer)

    def other_languages(self) -> list[tuple[str, str]]:
        """Return (code, its own name) of the languages the page also has."""
        others = [code for code in self.written if code != self.language]
        return [(code, get_language_info(code)["name_local"].capitalize()) for code in others]


def private(answer: Answer) -> Answer:
    """Keep the answer out of caches, indexes and referrers."""
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def not_found(request: HttpRequest) -> HttpResponse:
    """Answer the same page for forged, cut, unknown and foreign tokens; it tells nothing of what there is."""
    brands = list(Brand.objects.filter(archived_at=None).order_by("pk")[:2])
    return Page(request, brands[0] if len(brands) == 1 else None).answer("404.html", {}, 404)
