"""Senders, images and mails in the admin; the editor is a page of its own beside its preview."""

from __future__ import annotations

import re
from typing import Any, cast

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from campaigns.content import editing, images, lint, starters, versions, web
from campaigns.content.blocks import Audience, registry
from campaigns.content.findings import BadContent, Finding, errors
from campaigns.content.merge import LiquidError
from campaigns.content.recipients import NOBODY, Recipient
from campaigns.models import ContentBody, ContentVersion, EmailContent, Image, Sender
from contacts.admin_base import SANDBOX, FanfareAdmin
from contacts.models import Contact

NUMBER = re.compile("[0-9]{1,18}")  # of a contact


@admin.register(Sender)
class SenderAdmin(FanfareAdmin):
    """Who writes."""

    list_display = ["from_name", "from_email", "brand", "relay"]
    list_filter = ["brand"]
    search_fields = ["from_name", "from_email"]
    list_select_related = ["brand"]


class ImageForm(forms.ModelForm[Image]):
    """An upload is looked at before it is loaded, and drawn anew; the alternative text is asked for."""

    class Meta:
        model = Image
        fields = ["file", "alt", "brand"]

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if "file" in self.changed_data:
            try:
                images.encoded(upload)
            except images.BadImage as bad:
                raise ValidationError(str(bad)) from bad
        return upload


@admin.register(Image)
class ImageAdmin(FanfareAdmin):
    """The image library."""

    form = ImageForm
    list_display = ["thumbnail", "alt", "size", "brand", "created_at"]
    list_display_links = ["thumbnail", "alt"]
    list_filter = ["brand"]
    search_fields = ["alt"]
    list_select_related = ["brand"]

    def get_readonly_fields(self, request: HttpRequest, obj: Image | None = None) -> list[str]:
        return ["file", "size"] if obj else []  # mails already sent show these very bytes

    def save_model(self, request: HttpRequest, obj: Image, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        kept = images.add(form.cleaned_data["file"], alt=obj.alt, brand=obj.brand)
        obj.__dict__.update(kept.__dict__)

    @admin.display(description=gettext_lazy("picture"))
    def thumbnail(self, image: Image) -> str:
        return format_html('<img src="{}" alt="{}" class="fan-thumb" loading="lazy">', image.file.url, image.alt)

    @admin.display(description=gettext_lazy("size"))
    def size(self, image: Image) -> str:
        return f"{image.width} × {image.height}"


class NewMail(forms.ModelForm[EmailContent]):
    """A new mail begins with a starter, in every language of its brand."""

    start = forms.ChoiceField(label=gettext_lazy("Start from"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = EmailContent
        fields = ["name", "brand"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(str(one.pk), one.name) for one in EmailContent.objects.filter(is_template=True, archived_at=None)]
        begin = [(name, str(starter.label)) for name, starter in starters.STARTERS.items()]
        cast(forms.ChoiceField, self.fields["start"]).choices = [*own, *begin]


@admin.register(EmailContent)
class EmailContentAdmin(SimpleHistoryAdmin, FanfareAdmin):  # type: ignore[misc]
    """Mails and their versions; writing happens on the editor's page."""

    list_display = ["name", "brand", "languages", "state", "updated_at"]
    list_filter = ["brand", "is_template"]
    search_fields = ["name"]
    list_select_related = ["brand"]
    ordering = ["-updated_at"]
    fields = ["name", "brand", "is_template", "written", "history_of_versions"]
    readonly_fields = ["written", "history_of_versions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailContent]:
        rows = super().get_queryset(request).annotate(newest=Max("versions__number"))
        return cast("QuerySet[EmailContent]", rows.prefetch_related("versions__bodies"))

    def get_form(self, request: HttpRequest, obj: EmailContent | None = None, **kwargs: Any) -> Any:
        return super().get_form(request, obj, **kwargs if obj else {**kwargs, "form": NewMail})

    def get_fields(self, request: HttpRequest, obj: EmailContent | None = None) -> Any:
        return self.fields if obj else ["name", "brand", "start"]

    def save_model(self, request: HttpRequest, obj: EmailContent, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            start = form.cleaned_data["start"]
            if start in starters.STARTERS:
                bodies = starters.bodies(start, website=obj.brand.website)
            else:
                template = EmailContent.objects.get(pk=start).versions.order_by("-number").first()
                bodies = list(template.bodies.all()) if template else []
            versions.new_version(obj, bodies, cast(Any, request.user))

    def response_add(
        self, request: HttpRequest, obj: EmailContent, post_url_continue: str | None = None
    ) -> HttpResponse:
        newest = obj.versions.order_by("-number").first()
        body = newest.bodies.order_by("language").first() if newest else None
        if body is None:
            return cast(HttpResponse, super().response_add(request, obj, post_url_continue))
        return HttpResponseRedirect(reverse("admin:campaigns_emailcontent_edit", args=[obj.pk, body.language]))

    @admin.display(description=gettext_lazy("languages"))
    def languages(self, content: EmailContent) -> str:
        newest = next(iter(content.versions.all()), None)
        return ", ".join(sorted(body.language for body in newest.bodies.all())) if newest else ""

    @admin.display(description=gettext_lazy("state"))
    def state(self, content: EmailContent) -> str:
        newest = next(iter(content.versions.all()), None)
        if newest is None:
            return _("empty")
        return _("version %(n)d, published") % {"n": newest.number} if newest.published_at else _("draft")

    @admin.display(description=gettext_lazy("write"))
    def written(self, content: EmailContent) -> str:
        newest = content.versions.order_by("-number").first()
        there = {body.language: body.subject for body in newest.bodies.all()} if newest else {}
        rows = [
            (
                reverse("admin:campaigns_emailcontent_edit", args=[content.pk, language]),
                name,
                there.get(language) or _("write it"),
            )
            for language, name in ContentBody._meta.get_field("language").choices or []
        ]
        return format_html_join(
            "", '<p class="mail-written"><a class="fan-button fan-button-quiet" href="{}">{}</a> {}</p>', rows
        )

    @admin.display(description=gettext_lazy("versions"))
    def history_of_versions(self, content: EmailContent) -> str:
        rows = [
            (version.number, _published(version), version.note, version.created_by or "")
            for version in content.versions.select_related("created_by").order_by("-number")[:20]
        ]
        return format_html_join("", "<p>{} · {} {} {}</p>", rows) if rows else "–"

    # --- The editor ------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "campaigns_emailcontent"
        return [
            path("<int:pk>/edit/<str:language>/", view(self.edit), name=f"{name}_edit"),
            path("<int:pk>/edit/<str:language>/preview/", view(self.preview), name=f"{name}_preview"),
            *super().get_urls(),
        ]

    @method_decorator(csp_replace({"img-src": ["'self'", "data:", "https:", settings.SITE_URL]}))
    def edit(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Show the editor; a press saves what the form holds, then does what the button says."""
        content = get_object_or_404(EmailContent.objects.select_related("brand"), pk=pk)
        if not self.has_change_permission(request, content):
            raise PermissionDenied
        if request.method == "POST":
            return self._pressed(request, content, language)
        body = _body(content, language)
        found = lint.body_findings(body, content.brand)
        context = {
            **self.admin_site.each_context(request),
            "title": content.name,
            "content": content,
            "body": body,
            "cards": editing.cards(body),
            "kinds": sorted(registry().values(), key=lambda kind: str(kind.label)),
            "findings": found,
            "is_ready": not errors(found),
            "languages": ContentBody._meta.get_field("language").choices,
            "people": Contact.objects.filter(email__isnull=False).order_by("-pk")[:8] if _sees_people(request) else [],
            "open": request.GET.get("open", ""),
            "preview": _shown(body, {}, sees_people=False),
        }
        return render(request, "admin/content/editor.html", context)

    def _pressed(self, request: HttpRequest, content: EmailContent, language: str) -> HttpResponse:
        draft = versions.draft_of(content, cast(Any, request.user))
        body = draft.bodies.filter(language=language).first() or _new_body(draft, language)
        editing.from_form(body, request.POST)
        press = request.POST.get("press", "save")
        opened = editing.act(body, press)
        versions.save_body(body)
        if press == "publish":
            self._publish(request, draft)
        here = reverse("admin:campaigns_emailcontent_edit", args=[content.pk, language])
        return HttpResponseRedirect(f"{here}?open={opened}#{opened}" if opened else here)

    def _publish(self, request: HttpRequest, draft: ContentVersion) -> None:
        try:
            versions.publish(draft)
            messages.success(
                request, _("Version %(n)d is published. A campaign may send it now.") % {"n": draft.number}
            )
        except BadContent as bad:
            for finding in bad.findings:
                messages.error(request, f"{finding.where}: {finding.message} {finding.remedy}")

    @method_decorator(require_POST)
    @method_decorator(csp_replace(SANDBOX))
    def preview(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Answer the preview of what the form holds now; nothing is saved."""
        content = get_object_or_404(EmailContent.objects.select_related("brand"), pk=pk)
        if not self.has_view_permission(request, content):
            raise PermissionDenied
        body = editing.from_form(_body(content, language), request.POST)
        shown = _shown(body, request.POST, sees_people=_sees_people(request))
        return render(request, "admin/content/preview.html", {"preview": shown, "body": body})


def _published(version: ContentVersion) -> str:
    if version.published_at is None:
        return _("draft")
    return _("published %(at)s") % {
        "at": date_format(timezone.localtime(version.published_at), "SHORT_DATETIME_FORMAT")
    }


def _body(content: EmailContent, language: str) -> ContentBody:
    """Return the newest body in a language, or an unsaved one with nothing but the footer."""
    newest = content.versions.order_by("-number").first()
    if newest is None:
        return _new_body(ContentVersion(content=content, number=1), language)
    body = newest.bodies.filter(language=language).first() or _new_body(newest, language)
    body.version.content = content
    body.blocks = versions.with_ids(body.blocks)
    return body


def _new_body(version: ContentVersion, language: str) -> ContentBody:
    return ContentBody(version=version, language=language, blocks=versions.with_ids([{"type": "footer"}]))


def _sees_people(request: HttpRequest) -> bool:
    return request.user.has_perm("contacts.view_contact")


def _shown(body: ContentBody, choices: Any, *, sees_people: bool) -> dict[str, Any]:
    """Return what the preview's frame shows: the page or the text, as somebody, at a width; or what is wrong."""
    seen = choices.get("seen_by", "")
    audience: Audience = "friend" if seen == "friend" else "self"
    contact = Contact.objects.filter(pk=seen).first() if sees_people and NUMBER.fullmatch(seen) else None
    shown: dict[str, Any] = {"width": choices.get("width", "phone"), "part": choices.get("part", "html")}
    try:
        made = web.preview(body, body.version.content.brand, recipient=_as(contact), audience=audience)
        return {**shown, "made": made, "kb": f"{made.size / 1000:.1f}"}
    except BadContent as bad:
        return {**shown, "findings": bad.findings}
    except LiquidError as error:
        return {**shown, "findings": [Finding("error", "merge.syntax", str(error))]}


def _as(contact: Contact | None) -> Recipient:
    if contact is None:
        return NOBODY
    names = (contact.first_name, contact.last_name, contact.language)
    return Recipient(0, contact.pk, contact.email or "", *names, contact.attributes)
