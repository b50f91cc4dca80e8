"""The public archive of a brand, `/archive/<slug>/`: mails that everybody may read; each opens as its web version."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from campaigns.content import web
from contacts.models import Brand
from contacts.pages import Page, not_found


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """List the newest mails of the archive, without anything personal."""
    brand = Brand.objects.filter(slug=slug, archived_at=None).first()
    if brand is None:
        return not_found(request)
    shown = Page(request, brand, prefers_browser=True)
    return shown.answer("public/archive.html", {"mails": web.archive(brand, shown.language)})
