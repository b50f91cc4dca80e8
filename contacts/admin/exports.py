"""People out of the desk: everybody or a segment, as CSV or XLSX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from contacts import audit, exporting
from contacts.models import Segment
from contacts.segments.rules import BadRule

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin


class ExportForm(forms.Form):
    """Whom, and how written."""

    segment = forms.ModelChoiceField(
        Segment.objects.filter(archived_at=None), label=gettext_lazy("Whom"), required=False,
        empty_label=gettext_lazy("everybody"),
    )  # fmt: skip
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[("csv", gettext_lazy("CSV, of any length")), ("xlsx", gettext_lazy("Excel, up to 100,000 people"))],
    )


def page(admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Show the form; on POST, stream the file."""
    if not request.user.has_perm("contacts.view_contact"):
        raise PermissionDenied
    form = dressed(ExportForm(request.POST or None))
    if request.method == "POST" and form.is_valid():
        segment = form.cleaned_data["segment"]
        try:
            answer = exporting.answer_with(exporting.people_of(segment), form.cleaned_data["format"])
        except (BadRule, exporting.TooManyRows) as why:
            form.add_error(None, str(why))
        else:
            audit.record(request.user, "exported contacts", segment, format=form.cleaned_data["format"])
            return answer
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "form": form,
        "title": _("Export contacts"),
    }
    return TemplateResponse(request, "admin/contacts/job/export.html", context)


def dressed(form: Any) -> Any:
    """Return the form in the theme's look."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.Select):
            choices = field.widget.choices
            field.widget = UnfoldAdminSelectWidget()
            field.widget.choices = choices
        elif isinstance(field.widget, forms.TextInput):
            field.widget = UnfoldAdminTextInputWidget()
    return form
