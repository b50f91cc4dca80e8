"""Segments: rules as JSON with their sentence, their count and ten people beside them as one types."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import JSONField, ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from contacts.admin_base import FanfareAdmin
from contacts.models import Segment
from contacts.segments import counting, fields, rules, sql
from contacts.segments.ops import OPS
from contacts.segments.rules import BadRule

EXAMPLE = {
    "all": [{"field": "language", "op": "is", "value": "fr"}, {"field": "created", "op": "in_last_days", "value": 90}]
}


class PrettyJson(JSONField):
    """JSON shown with line breaks, letters as letters."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


class SegmentForm(ModelForm):  # type: ignore[type-arg]
    """A segment whose rules are checked before they are kept."""

    rules = PrettyJson(
        label=gettext_lazy("Rules"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14, "spellcheck": "false", "class": "font-mono"}),
        help_text=gettext_lazy("what people must be like, as JSON; the fields are listed below"),
    )

    class Meta:
        model = Segment
        fields = ["name", "description", "rules", "archived_at"]

    def clean_rules(self) -> Any:
        tree = self.cleaned_data["rules"] or {}
        try:
            sql.check_cycles(tree, self.instance.pk)
        except BadRule as why:
            raise ValidationError(str(why)) from None
        return tree


@admin.register(Segment)
class SegmentAdmin(SimpleHistoryAdmin, FanfareAdmin):  # type: ignore[misc]
    """Who gets what, said in rules."""

    form = SegmentForm
    change_form_template = "admin/contacts/segment/change_form.html"
    list_display = ["name", "sentence", "updated_at"]
    search_fields = ["name", "description"]
    fieldsets = [(None, {"fields": ["name", "description", "rules"]})]

    @admin.display(description=gettext_lazy("people"))
    def sentence(self, segment: Segment) -> str:
        try:
            return rules.describe(rules.parse(segment.rules))
        except BadRule as why:
            return _("Broken: %(why)s") % {"why": why}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"rules": EXAMPLE, **super().get_changeform_initial_data(request)}

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_POST(self.preview))
        return [path("preview/", preview, name="contacts_segment_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Answer htmx with the sentence, the count and ten people of the rules as they stand in the form."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(request, "admin/contacts/segment/preview.html", preview(request.POST.get("rules", "")))

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {**(extra_context or {}), "fields_known": fields_known()}
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra)
        return answer


def preview(text: str) -> dict[str, Any]:
    """Return what the page shows of rules as text: sentence, count, sample, or what is wrong."""
    try:
        tree = json.loads(text or "{}")
        sql.check_cycles(tree, None)
        rule = rules.parse(tree)
        return {
            "sentence": rules.describe(rule),
            "count": counting.count(rule),
            "sample": counting.sample(rule),
        }
    except BadRule as why:
        return {"problem": why}
    except (ValueError, RecursionError):
        return {"broken": True}


def fields_known() -> list[dict[str, Any]]:
    """Return every field as the page lists it: key, label, operators, first choices."""
    return [
        {
            "key": field.key,
            "label": field.label,
            "group": str(field.group),
            "ops": [{"key": op, "label": OPS[op].label} for op in field.ops],
            "choices": list(field.choices())[:12] if field.choices else [],
        }
        for field in sorted(fields.catalogue().values(), key=lambda one: str(one.group))
    ]
