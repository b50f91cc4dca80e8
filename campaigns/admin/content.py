"""Senders, images and mails in the admin; the editor and its pages are in `campaigns/admin/editor.py`."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import action

from campaigns import writers
from campaigns.admin import starting
from campaigns.admin.editor import EditorPages
from campaigns.content import images, versions
from campaigns.content.findings import BadContent
from campaigns.delivery import control
from campaigns.models import ContentBody, ContentVersion, EmailContent, Image, Sender
from contacts import pictures
from contacts.admin_base import FanfareAdmin


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
                pictures.encoded(upload)
            except pictures.BadImage as bad:
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


@admin.register(EmailContent)
class EmailContentAdmin(starting.StartPages, EditorPages, SimpleHistoryAdmin, FanfareAdmin):  # type: ignore[misc]
    """Mails and their versions; writing happens on the editor's page."""

    list_display = ["name", "brand", "languages", "state", "updated_at"]
    list_filter = ["brand", "is_template"]
    search_fields = ["name"]
    list_select_related = ["brand"]
    ordering = ["-updated_at"]
    fields = ["name", "brand", "is_template", "approved", "written", "history_of_versions"]
    readonly_fields = ["approved", "written", "history_of_versions"]
    actions_list = ["bring_templates"]
    actions = ["approve", "withdraw"]

    @action(description=gettext_lazy("Bring templates from another tool"), url_path="to-bring", permissions=["add"])  # type: ignore[untyped-decorator]
    def bring_templates(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:contacts_job_import"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailContent]:
        rows = writers.contents(request.user, super().get_queryset(request)).select_related("approved_version")
        rows = rows.annotate(newest=Max("versions__number"))
        return cast("QuerySet[EmailContent]", rows.prefetch_related("versions__bodies"))

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(writers.APPROVES)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not writers.is_bound(request.user)

    def has_view_permission(self, request: HttpRequest, obj: EmailContent | None = None) -> bool:
        may: bool = super().has_view_permission(request, obj)
        seen = writers.contents(request.user, EmailContent.objects.all())
        return may and (obj is None or seen.filter(pk=obj.pk).exists())

    def has_change_permission(self, request: HttpRequest, obj: EmailContent | None = None) -> bool:
        may: bool = super().has_change_permission(request, obj)
        return may and (obj is None or writers.may_change(request.user, obj))

    @admin.action(description=gettext_lazy("Approve as they stand, for managers of shops"), permissions=["approve"])
    def approve(self, request: HttpRequest, templates: QuerySet[EmailContent]) -> None:
        for template in templates:
            try:
                version = writers.approve(template, cast(Any, request.user))
            except (control.Refused, BadContent) as why:
                self.message_user(request, f"{template}: {why}", messages.ERROR)
                continue
            words = {"mail": template, "n": version.number}
            self.message_user(request, _("Shops may write with “%(mail)s”, version %(n)d.") % words)

    @admin.action(description=gettext_lazy("Take the approval for shops back"), permissions=["approve"])
    def withdraw(self, request: HttpRequest, templates: QuerySet[EmailContent]) -> None:
        for template in templates.filter(approved_version__isnull=False):
            writers.withdraw(template, cast(Any, request.user))
            self.message_user(request, _("No new campaign of a shop begins with “%(mail)s”.") % {"mail": template})

    def get_form(self, request: HttpRequest, obj: EmailContent | None = None, **kwargs: Any) -> Any:
        return super().get_form(request, obj, **kwargs if obj else {**kwargs, "form": starting.NewMail})

    def get_fields(self, request: HttpRequest, obj: EmailContent | None = None) -> Any:
        return self.fields if obj else ["name", "brand", "start"]

    def save_model(self, request: HttpRequest, obj: EmailContent, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            written = starting.bodies(form.cleaned_data["start"], obj.brand)
            versions.new_version(obj, written, cast(Any, request.user))

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

    @admin.display(description=gettext_lazy("approved for shops"))
    def approved(self, content: EmailContent) -> str:
        if content.approved_version is None:
            return _("no; whoever approves campaigns does it in the list of mails")
        return _("version %(n)d") % {"n": content.approved_version.number}

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


def _published(version: ContentVersion) -> str:
    if version.published_at is None:
        return _("draft")
    return _("published %(at)s") % {
        "at": date_format(timezone.localtime(version.published_at), "SHORT_DATETIME_FORMAT")
    }
