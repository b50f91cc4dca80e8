"""What the public pages of offers share: language, brand, no cookie, nothing kept by browsers in between."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.models import Brand


def language_for(request: HttpRequest, preferred: str, brand: Brand) -> str:
    """Return the page's language: the one chosen in `?lang=`, else hers, else the browser's, else the brand's."""
    known = dict(settings.LANGUAGES)
    chosen = request.GET.get("lang", "")
    if chosen in known:
        return chosen
    if preferred in known:
        return preferred
    if request.headers.get("accept-language"):
        return translation.get_language_from_request(request)
    return brand.default_language


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    brand: Brand | None,
    language: str,
    status: int = 200,
) -> HttpResponse:
    """Render a page of a token: in its language, never cached, never indexed, its address told to nobody."""
    others = [(code, _name(code)) for code, _label in settings.LANGUAGES if code != language]
    with translation.override(language):
        page = render(request, template, {**context, "brand": brand, "other_languages": others}, status=status)
    page["Cache-Control"] = "no-store"
    page["Referrer-Policy"] = "no-referrer"
    page["X-Robots-Tag"] = "noindex"
    page["Content-Language"] = language
    return page


def not_found(request: HttpRequest) -> HttpResponse:
    """Answer the same plain page for forged, cut, unknown and foreign tokens."""
    language = translation.get_language_from_request(request)
    with translation.override(language):
        words = {
            "heading": _("This link does not work"),
            "message": _("It may be cut or too old. Open the link in the mail itself, or ask who sent it to you."),
        }
    brand = Brand.objects.filter(archived_at__isnull=True).order_by("pk").first()
    return show(request, "public/message.html", words, brand=brand, language=language, status=404)


def _name(code: str) -> str:
    return str(translation.get_language_info(code)["name_local"]).capitalize()
