"""One JSON column, several fields: words per language and a person's attributes are typed, not written as JSON.

title = PerLanguageField(label=_("title"))         # {"fr": "…", "en": "…"}, languages without words left out
attributes = AttributesField(AttributeType.objects.all())
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contacts.models import AttributeType

Type = AttributeType.Type


class LabelledParts(forms.MultiWidget):
    """A widget for each key of a mapping, each under its label."""

    def __init__(self, parts: Mapping[str, tuple[Any, forms.Widget]]) -> None:
        self.keys = list(parts)
        self.labels = [label for label, _widget in parts.values()]
        super().__init__({key: widget for key, (_label, widget) in parts.items()})

    def decompress(self, value: Any) -> list[Any]:
        return [shown(value.get(key)) for key in self.keys] if isinstance(value, Mapping) else [None] * len(self.keys)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        values = value if isinstance(value, list) else self.decompress(value)  # a list is what was posted
        parts = []
        for key, label, widget, one in zip(self.keys, self.labels, self.widgets, values, strict=True):
            about = {"id": f"{(attrs or {}).get('id', name)}_{key}"}
            parts.append({"label": label, "id": about["id"], "html": widget.render(f"{name}_{key}", one, about)})
        return render_to_string("admin/contacts/labelled_parts.html", {"parts": parts})


def shown(value: Any) -> Any:
    """Return a value of the mapping as its field shows it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


class PartsField(forms.MultiValueField):
    """Fields by key whose answers become one mapping; what is left empty is left out of it."""

    def __init__(self, parts: Mapping[str, tuple[Any, forms.Field]], **more: Any) -> None:
        self.keys = list(parts)
        widget = LabelledParts({key: (label, field.widget) for key, (label, field) in parts.items()})
        fields = tuple(field for _label, field in parts.values())
        super().__init__(fields, widget=widget, require_all_fields=False, required=False, **more)

    def compress(self, values: Any) -> dict[str, Any]:
        named = zip(self.keys, values or (), strict=False)
        return {key: plain(value) for key, value in named if value not in self.empty_values}


def plain(value: Any) -> Any:
    """Return a cleaned answer as JSON holds it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


class PerLanguageField(PartsField):
    """The same words in each language that the desk speaks."""

    def __init__(self, *, rows: int = 1, max_length: int = 2000, **more: Any) -> None:
        super().__init__({code: (name, _words(rows, max_length)) for code, name in settings.LANGUAGES}, **more)


def _words(rows: int, max_length: int) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows}) if rows > 1 else UnfoldAdminTextInputWidget()
    return forms.CharField(required=False, max_length=max_length, widget=widget)


class AttributesField(PartsField):
    """A field for each declared attribute, of its type."""

    def __init__(self, types: Iterable[AttributeType], **more: Any) -> None:
        super().__init__({one.name: (one.label, _field(one.type)) for one in types}, **more)


class ListField(forms.CharField):
    """Words with commas between them."""

    def clean(self, value: Any) -> Any:
        return [word for word in map(str.strip, str(super().clean(value) or "").split(",")) if word]


def _field(kind: str) -> forms.Field:
    if kind == Type.NUMBER:
        return forms.DecimalField(required=False, widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}))
    if kind == Type.DATE:
        widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
        return forms.DateField(required=False, input_formats=["%Y-%m-%d"], widget=widget)
    if kind == Type.BOOLEAN:
        choices = [("", gettext_lazy("unknown")), ("true", gettext_lazy("yes")), ("false", gettext_lazy("no"))]
        return forms.NullBooleanField(widget=YesNo(choices=choices))
    if kind == Type.LIST:
        attrs = {"placeholder": _("words with commas between")}
        return ListField(required=False, widget=UnfoldAdminTextInputWidget(attrs=attrs))
    return forms.CharField(required=False, max_length=1000, widget=UnfoldAdminTextInputWidget())


class YesNo(UnfoldAdminSelectWidget):  # type: ignore[misc]
    """Unknown, yes or no."""

    def format_value(self, value: Any) -> list[str]:
        return ["" if value in (None, "") else str(value).lower()]
