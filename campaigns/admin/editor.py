"""The editor of a mail: its blocks or its code beside the mail itself. A plain form, which its script makes quick.

| address under the mail                 | what it answers                                                       |
|----------------------------------------|-----------------------------------------------------------------------|
| `edit/<language>/`                     | the page; a POST saves what the form holds and does what was pressed  |
| `edit/<language>/preview/`             | the mail as somebody sees it now; saves nothing                       |
| `edit/<language>/versions/`            | two versions side by side, and the way back to one of them            |
| `people/?q=`                           | contacts to look through the eyes of                                  |
"""

from __future__ import annotations

import difflib
import re
from typing import Any, cast

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import writers
from campaigns.content import editing, lint, naming, styling, versions, web
from campaigns.content.blocks import Audience, registry
from campaigns.content.findings import BadContent, Finding, errors
from campaigns.content.merge import LiquidError
from campaigns.content.recipients import NOBODY, Recipient
from campaigns.models import ContentBody, ContentVersion, EmailContent
from contacts.admin_base import SANDBOX
from contacts.models import Contact

NUMBER = re.compile("[0-9]{1,18}")  # of a contact or a version
PICTURES = {"img-src": ["'self'", "data:", "https:", settings.SITE_URL]}
NAME = "campaigns_emailcontent"
IS_PART = "X-Fanfare-Part"  # the script asks for the form alone


class EditorPages:
    """The pages of the editor, for the admin of mails."""

    def get_urls(self) -> list[URLPattern]:
        view = cast(Any, self).admin_site.admin_view
        return [
            path("people/", view(self.people), name=f"{NAME}_people"),
            path("<int:pk>/edit/<str:language>/", view(self.edit), name=f"{NAME}_edit"),
            path("<int:pk>/edit/<str:language>/preview/", view(self.preview), name=f"{NAME}_preview"),
            path("<int:pk>/edit/<str:language>/versions/", view(self.versions), name=f"{NAME}_versions"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def content_of(self, request: HttpRequest, pk: int, *, changes: bool) -> EmailContent:
        """Return the mail when this person may see it, or change it."""
        content = get_object_or_404(writers.contents(request.user, EmailContent.objects.select_related("brand")), pk=pk)
        model = cast(Any, self)
        may = model.has_change_permission if changes else model.has_view_permission
        if not may(request, content):
            raise PermissionDenied
        return content

    @method_decorator(csp_replace(PICTURES))
    def edit(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Show the editor; a press saves what the form holds, then does what the button says."""
        content = self.content_of(request, pk, changes=True)
        if request.method == "POST":
            return self._pressed(request, content, language)
        body = body_of(content, language)
        context = {
            **cast(Any, self).admin_site.each_context(request),
            **form_context(content, body, request.GET.get("open", "")),
            "title": content.name,
            "languages": ContentBody._meta.get_field("language").choices,
            "people": recent_people() if _sees_people(request) else [],
            "sees_people": _sees_people(request),
            "campaign": content.campaigns.order_by("-pk").first(),
            "preview": shown(body, {}, sees_people=False),
            "style": styling.StyleForm(instance=content.brand) if _may_style(request) else None,
        }
        return render(request, "admin/content/editor.html", context)

    def _pressed(self, request: HttpRequest, content: EmailContent, language: str) -> HttpResponse:
        is_part = IS_PART in request.headers
        if _is_stale(request, body_of(content, language)):
            return self._stale(request, content, language, is_part)
        draft = versions.draft_of(content, cast(Any, request.user))
        body = draft.bodies.filter(language=language).first() or new_body(draft, language)
        body.version.content = content
        try:
            opened = _do(body, request)
        except ValueError:
            return HttpResponse(_("This state cannot be read."), status=400, content_type="text/plain")
        versions.save_body(body)
        if request.POST.get("press") == "keep":
            versions.keep(content, request.POST.get("note", ""), cast(Any, request.user))
        if request.POST.get("press") == "style" and (wrong := self._style(request, content)):
            if is_part:
                return HttpResponse(wrong, status=400, content_type="text/plain")
            messages.error(request, wrong)
        if request.POST.get("press") == "publish":
            self._publish(request, draft)
        if is_part:
            return render(request, "admin/content/form.html", form_context(content, body, opened))
        here = reverse(f"admin:{NAME}_edit", args=[content.pk, language])
        return HttpResponseRedirect(f"{here}?open={opened}#{opened}" if opened else here)

    def _stale(self, request: HttpRequest, content: EmailContent, language: str, is_part: bool) -> HttpResponse:
        words = _("Somebody else changed this mail meanwhile. Load the page again; their words are kept as a version.")
        if is_part:
            return HttpResponse(words, status=409, content_type="text/plain")
        messages.error(request, words)
        return HttpResponseRedirect(reverse(f"admin:{NAME}_edit", args=[content.pk, language]))

    def _publish(self, request: HttpRequest, draft: ContentVersion) -> None:
        try:
            versions.publish(draft)
            said = _("Version %(n)d is published. A campaign may send it now.") % {"n": draft.number}
            messages.success(request, said)
        except BadContent as bad:
            for finding in bad.findings:
                messages.error(request, f"{finding.where}: {finding.message} {finding.remedy}")

    def _style(self, request: HttpRequest, content: EmailContent) -> str:
        """Keep the style of the brand; return what is wrong with it, else ''."""
        if not _may_style(request):
            raise PermissionDenied
        wrong = styling.keep(content.brand, request.POST, request.user, files=request.FILES)
        content.brand.refresh_from_db()
        return " ".join(wrong)

    @method_decorator(require_POST)
    @method_decorator(csp_replace(SANDBOX))
    def preview(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Answer the preview of what the form holds now; nothing is saved."""
        content = self.content_of(request, pk, changes=False)
        content.brand = styling.styled(content.brand, request.POST)
        body = editing.from_form(body_of(content, language), request.POST)
        seen = shown(body, request.POST, sees_people=_sees_people(request))
        return render(request, "admin/content/preview.html", {"preview": seen, "body": body})

    @method_decorator(csp_replace(PICTURES))
    def versions(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Show two versions side by side with what differs; a POST goes back to one of them."""
        content = self.content_of(request, pk, changes=request.method == "POST")
        if request.method == "POST":
            version = get_object_or_404(content.versions, number=_number(request.POST.get("restore", "")))
            versions.restore(version, cast(Any, request.user))
            messages.success(request, _("The words of version %(n)d are the newest again.") % {"n": version.number})
            return HttpResponseRedirect(reverse(f"admin:{NAME}_edit", args=[content.pk, language]))
        every = list(content.versions.select_related("created_by").order_by("-number")[:100])
        new = _chosen(every, request.GET.get("b", ""), 0)
        old = _chosen(every, request.GET.get("a", ""), 1)
        bodies = [version.bodies.filter(language=language).first() if version else None for version in (old, new)]
        context = {
            **cast(Any, self).admin_site.each_context(request),
            **{"title": content.name, "content": content, "language": language, "versions": every},
            **{"old": old, "new": new, "sides": [_side(content, body) for body in bodies]},
            "lines": _difference(*bodies),
        }
        return render(request, "admin/content/versions.html", context)

    def people(self, request: HttpRequest) -> HttpResponse:
        """Answer up to eight contacts whose name or address begins with what is asked."""
        if not _sees_people(request):
            raise PermissionDenied
        words = request.GET.get("q", "").strip()[:100]
        found = recent_people()
        if words:
            begins = Q(email__istartswith=words) | Q(first_name__istartswith=words) | Q(last_name__istartswith=words)
            matching = Contact.objects.filter(begins, email__isnull=False, merged_into=None)
            found = list(matching.order_by("-pk")[:8])
        return JsonResponse({"people": [{"id": person.pk, "name": str(person)} for person in found]})


def _do(body: ContentBody, request: HttpRequest) -> str:
    """Take the form, then do the press; return the block to look at."""
    if request.POST.get("press") == "state":
        editing.take_back(body, request.POST.get("state", ""))
        return request.POST.get("open", "")
    editing.from_form(body, request.POST)
    return editing.act(body, request.POST.get("press", "save"))


def _is_stale(request: HttpRequest, body: ContentBody) -> bool:
    told = request.POST.get("stamp", "")
    return bool(told and body.pk) and told != versions.stamp(body)


def form_context(content: EmailContent, body: ContentBody, opened: str) -> dict[str, Any]:
    """Return what the form shows: blocks, findings, what can be added, and the state for undo."""
    found = lint.body_findings(body, content.brand)
    return {
        "content": content,
        "body": body,
        "cards": editing.cards(body),
        "kinds": sorted(registry().values(), key=lambda kind: str(kind.label)),
        "findings": found,
        "is_ready": not errors(found),
        "names": naming.names(content.brand, body.language),
        "open": opened,
        "state": editing.state_of(body),
        "stamp": versions.stamp(body) if body.pk else "",
        "formats": ContentBody.Format.choices,
    }


def body_of(content: EmailContent, language: str) -> ContentBody:
    """Return the newest body in a language, or an unsaved one with nothing but the footer."""
    newest = content.versions.order_by("-number").first()
    if newest is None:
        return new_body(ContentVersion(content=content, number=1), language)
    body = newest.bodies.filter(language=language).first() or new_body(newest, language)
    body.version.content = content
    body.blocks = versions.with_ids(body.blocks)
    return body


def new_body(version: ContentVersion, language: str) -> ContentBody:
    """Return an unsaved body with nothing but the footer."""
    return ContentBody(version=version, language=language, blocks=versions.with_ids([{"type": "footer"}]))


def recent_people() -> list[Contact]:
    """Return the contacts that came last."""
    return list(Contact.objects.filter(email__isnull=False, merged_into=None).order_by("-pk")[:8])


def _may_style(request: HttpRequest) -> bool:
    return cast(Any, request.user).has_perm("contacts.change_brand")  # type: ignore[no-any-return]


def _sees_people(request: HttpRequest) -> bool:
    return cast(Any, request.user).has_perm("contacts.view_contact")  # type: ignore[no-any-return]


def shown(body: ContentBody, choices: Any, *, sees_people: bool) -> dict[str, Any]:
    """Return what the preview's frame shows: the page or the text, as somebody, in a light; or what is wrong."""
    seen = choices.get("seen_by", "")
    audience: Audience = seen if seen in ("friend", "public") else "self"
    contact = Contact.objects.filter(pk=seen).first() if sees_people and NUMBER.fullmatch(seen) else None
    asked = {"width": choices.get("width", "phone"), "part": choices.get("part", "html")}
    asked |= {"light": choices.get("light", "light")}
    try:
        made = web.preview(body, body.version.content.brand, recipient=recipient(contact), audience=audience)
    except BadContent as bad:
        return {**asked, "findings": bad.findings}
    except LiquidError as error:
        return {**asked, "findings": [Finding("error", "merge.syntax", str(error))]}
    page = web.as_seen(made.html, is_dark=asked["light"] == "dark", shows_images=asked["part"] != "blind")
    return {**asked, "made": made, "page": page, "kb": f"{made.size / 1000:.1f}"}


def recipient(contact: Contact | None) -> Recipient:
    """Return a contact as a mail sees her."""
    if contact is None:
        return NOBODY
    names = (contact.first_name, contact.last_name, contact.language)
    return Recipient(0, contact.pk, contact.email or "", *names, contact.attributes)


# --- Versions ---------------------------------------------------------------------------------------------------------


def _number(text: str) -> int:
    return int(text) if NUMBER.fullmatch(text) else 0


def _chosen(every: list[ContentVersion], number: str, otherwise: int) -> ContentVersion | None:
    named = next((version for version in every if str(version.number) == number), None)
    return named or (every[otherwise] if len(every) > otherwise else None)


def _side(content: EmailContent, body: ContentBody | None) -> dict[str, Any]:
    if body is None:
        return {}
    body.version.content = content
    return shown(body, {"width": "phone"}, sees_people=False)


def _difference(old: ContentBody | None, new: ContentBody | None) -> list[tuple[str, str]]:
    """Return the lines of both texts as (`same`, `gone` or `new`, words), only those near a change."""
    marks = {"-": "gone", "+": "new", " ": "same"}
    lines = list(difflib.unified_diff(_words(old), _words(new), n=1, lineterm=""))[2:]
    return [(marks[line[0]], line[1:]) for line in lines if line[0] in marks and line[1:].strip()]


def _words(body: ContentBody | None) -> list[str]:
    if body is None:
        return []
    head = [body.subject, body.preheader]
    if body.format != ContentBody.Format.BLOCKS:
        return [*head, *body.source.splitlines()]
    fields = (str(value) for block in body.blocks for name, value in block.items() if name != "id" and value)
    return [*head, *(line for text in fields for line in text.splitlines())]
