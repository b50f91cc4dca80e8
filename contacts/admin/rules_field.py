"""The rules of a segment as a field of its form: rows that a person builds, checked when they are saved.

A form without such rows may send `rules` as JSON, which is checked in the same way.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.admin.rows import outline
from contacts.models import Segment
from contacts.segments import draft, references
from contacts.segments.draft import Group
from contacts.segments.rules import BadRule


def read_json(text: str) -> Any:
    """Return the tree that was typed; no text is {}.

    Raises:  BadRule.
    """
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        message = _("This is not JSON yet: check braces, commas and quotation marks.")
        raise BadRule("", message, _("Or build the rules by the buttons.")) from None


def outline_context(found: Group, *, focus: str = "", everybody: bool = False, errors: Any = None) -> dict[str, Any]:
    """Return what the builder's template shows of a draft."""
    tree = draft.to_tree(found).tree
    everybody = everybody and not found.parts
    text = json.dumps({"all": []} if everybody else tree, ensure_ascii=False, indent=2)
    return {"root": outline(found, errors), "focus": focus, "everybody": everybody, "json": text}


class Posted:
    """Rules as they came with a form: rows, or JSON where there are none."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.draft = draft.from_post(data) if "r:kind" in data else None
        self.text = str(data.get("rules", ""))
        self.everybody = data.get("everybody") == "on"
        self.errors: dict[str, str] = {}


class RuleRows(forms.Widget):
    """The builder. A form asks for its value several times; what was found wrong with it stays on the one answer."""

    posted: Posted | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Posted:
        if self.posted is None or self.posted.data is not data:
            self.posted = Posted(data)
        return self.posted

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return "r:kind" not in data and name not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return render_to_string("admin/contacts/segment/builder.html", shown(value))


def shown(value: Any) -> dict[str, Any]:
    """Return the builder's context for a tree, for what was posted, or for a tree that no longer holds."""
    if isinstance(value, Posted):
        if value.draft is not None:
            return outline_context(value.draft, everybody=value.everybody, errors=value.errors)
        value = value.text
    try:
        tree = read_json(value) if isinstance(value, str) else value or {}
        references.check(tree)
        return outline_context(draft.from_tree(tree), everybody=tree == {"all": []})
    except BadRule as why:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        return {**outline_context(Group()), "problem": str(why), "json": text}


class RulesField(forms.Field):
    """Takes rows or JSON and gives the checked tree."""

    widget = RuleRows

    def clean(self, value: Any) -> Any:
        if not isinstance(value, Posted):
            return value or {}
        if value.draft is None:
            try:
                return read_json(value.text)
            except BadRule as why:
                raise ValidationError(why.message) from None
        made = draft.to_tree(value.draft)
        if made.blank:
            value.errors[made.blank] = _("Choose what this rule is about, or remove it.")
            raise ValidationError(_("One rule is not complete."))
        return {"all": []} if value.everybody and not made.tree else made.tree

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or {}) != self.clean(data))
        except ValidationError:
            return True


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A segment whose rules are checked before they are kept; what is wrong is said at its row."""

    rules = RulesField(label=gettext_lazy("Rules"), required=False)

    class Meta:
        model = Segment
        fields = ["name", "description", "rules", "archived_at"]

    def clean_rules(self) -> Any:
        tree = self.cleaned_data["rules"]
        try:
            references.check(tree, self.instance.pk)
        except BadRule as why:
            posted = self["rules"].value()
            if isinstance(posted, Posted) and posted.draft is not None:
                posted.errors[draft.to_tree(posted.draft).row_at(why.path)] = f"{why.message} {why.remedy}"
                raise ValidationError(_("One rule does not hold; it is marked.")) from None
            raise ValidationError(str(why)) from None
        return tree
