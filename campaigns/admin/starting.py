"""A new mail: its name, its brand, and the letter it begins with, chosen by looking at it in the brand's own style.

GET …/emailcontent/start/announcement/fr/?brand=2      # → the letter as that brand's mail, for a small frame
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin

from campaigns.content import starters, web
from campaigns.content.findings import BadContent
from campaigns.models import ContentBody, EmailContent
from contacts.admin_base import SANDBOX
from contacts.models import Brand

NAME = "campaigns_emailcontent_start"
KEPT = 300  # seconds that a browser shows a picture again without asking; the style may change meanwhile
PICTURE = {
    **SANDBOX,
    "frame-ancestors": ["'self'"],
    "img-src": ["'self'", "data:", "https:", settings.SITE_URL],
}


def templates() -> QuerySet[EmailContent]:
    """Return the house's own templates that hold something, the one changed last first."""
    own = EmailContent.objects.filter(is_template=True, archived_at=None, versions__isnull=False)
    return own.distinct().order_by("-updated_at")


def bodies(start: str, brand: Brand) -> list[ContentBody]:
    """Return unsaved bodies in every language of a starter, or of an own template by its number.

    Raises:  LookupError when there is no such start.
    """
    if start in starters.STARTERS:
        return starters.bodies(start, website=brand.website, **starters.rows_for(brand))
    template = templates().filter(pk=int(start)).first() if start.isdecimal() and len(start) < 19 else None
    newest = template.versions.order_by("-number").first() if template else None
    if newest is None:
        raise LookupError(start)
    return list(newest.bodies.all())


class Gallery(forms.RadioSelect):
    """One radio button a letter, beside its picture: a small frame that shows the letter itself."""

    brand: int | None = None

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["fanfare/starts.css"]}
        js: ClassVar[list[str]] = ["fanfare/starts.js"]

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> Any:
        groups = [(title, rows) for title, rows, _place in self.optgroups(name, [str(value or "")], attrs)]
        for option in (option for _title, rows in groups for option in rows):
            option["picture"] = reverse(f"admin:{NAME}", args=[option["value"], (get_language() or "en")[:2]])
        opened = next((title for title, rows in groups if any(option["selected"] for option in rows)), groups[0][0])
        context = {"groups": groups, "opened": opened, "name": name, "brand": self.brand}
        return render_to_string("admin/content/starts.html", context)


class NewMail(forms.ModelForm[EmailContent]):
    """A new mail begins with a starter, in every language of its brand."""

    start = forms.ChoiceField(label=gettext_lazy("Start from"), widget=Gallery)

    class Meta:
        model = EmailContent
        fields = ["name", "brand"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["start"])
        letters = {name: str(one.label) for name, one in starters.STARTERS.items()}
        own = [(str(one.pk), one.name) for one in templates()]
        groups = [
            (_("Letters"), [(name, letters[name]) for name in starters.LETTERS]),
            (_("Your own templates"), own),
            (_("Mails that events send"), [one for one in letters.items() if one[0] not in starters.LETTERS]),
        ]
        field.choices = [group for group in groups if group[1]]
        field.initial = next(iter(starters.LETTERS))
        brands = list(Brand.objects.filter(archived_at=None).order_by("pk").values_list("pk", flat=True)[:2])
        cast(Gallery, field.widget).brand = brands[0] if brands else None
        if len(brands) == 1:
            self.fields["brand"].initial = brands[0]


class StartPages:
    """The pictures of the gallery, for the admin of mails."""

    def get_urls(self) -> list[URLPattern]:
        view = cast(Any, self).admin_site.admin_view
        return [
            path("start/<str:start>/<str:language>/", view(self.start_page), name=NAME),
            *super().get_urls(),  # type: ignore[misc]
        ]

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp_replace(PICTURE))
    @method_decorator(cache_control(private=True, max_age=KEPT))
    def start_page(self, request: HttpRequest, start: str, language: str) -> HttpResponse:
        """Answer a letter as a mail of the brand; nothing is saved."""
        if not cast(Any, self).has_add_permission(request):
            raise PermissionDenied
        asked = request.GET.get("brand", "")
        brand = Brand.objects.filter(pk=int(asked) if asked.isdecimal() and len(asked) < 19 else 0).first()
        try:
            written = bodies(start, brand) if brand else []
            body = next((one for one in written if one.language == language), next(iter(written)))
        except (LookupError, StopIteration) as why:
            raise Http404(_("There is no such letter, or no such brand.")) from why
        try:
            return HttpResponse(web.preview(body, cast(Brand, brand)).html)
        except BadContent as bad:  # an own template that points at an offer of another brand, for instance
            return HttpResponse("\n".join(one.message for one in bad.findings), content_type="text/plain")
