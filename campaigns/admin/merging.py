"""Two people at one campaign: what the other changed meanwhile is kept, and where both changed, the second chooses.

The form carries the values that it showed (`base`). On saving, a field that only the other changed takes theirs; a
field that both changed is shown with both values, and `take-<field>` says whose is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from campaigns.models import Campaign


@dataclass(frozen=True)
class Conflict:
    """One field that both changed, as people read it."""

    name: str
    label: str
    mine: str
    theirs: str


class MergingForm(forms.ModelForm[Campaign]):
    """A campaign's form that notices what somebody else saved since it was shown.

    conflicts   fields that both changed; the form is invalid and shows them
    kept        labels of fields that the other changed and this form left alone
    """

    base = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts: list[Conflict] = []
        self.kept: list[str] = []
        if self.instance.pk:
            self.fields["base"].initial = json.dumps(self._values(self.instance))

    @property
    def other(self) -> str:
        """Who saved it last, '' when nobody is known."""
        last = self.instance.history.first()
        return str(last.history_user or "") if last else ""

    def clean(self) -> dict[str, Any] | None:
        found = super().clean()
        base = _parsed(self.data.get(self.add_prefix("base"), ""))
        if self.instance.pk and base:
            self._merge(base)
        return found

    def _names(self) -> list[str]:
        return [name for name in self.fields if name != "base"]

    def _values(self, campaign: Campaign) -> dict[str, Any]:
        return {name: _plain(_held(campaign, name)) for name in self._names()}

    def _merge(self, base: Mapping[str, Any]) -> None:
        # Locked until the answer: of two who save at the same moment the second waits, and sees what the first wrote.
        theirs = Campaign.objects.select_for_update().get(pk=self.instance.pk)
        for name, value in self._values(theirs).items():
            mine = _plain(self.cleaned_data.get(name))
            if name not in base or mine == value:
                continue
            if self.data.get(f"take-{name}") == "theirs" or (value != base[name] and mine == base[name]):
                self._keep(name, theirs)
            elif value != base[name]:
                self.conflicts.append(self._conflict(name, theirs))
        if self.conflicts:
            self._show("base", json.dumps(self._values(theirs)))  # the next save is measured against this
            self.add_error(None, _("Somebody else changed this campaign meanwhile. Choose below whose words stay."))

    def _keep(self, name: str, theirs: Campaign) -> None:
        value = _held(theirs, name)
        self.cleaned_data[name] = value
        self.kept.append(str(self.fields[name].label))
        plain = _plain(value)
        self._show(name, *([str(one) for one in plain] if isinstance(plain, list) else [_written(plain)]))

    def _show(self, name: str, *values: str) -> None:
        """Let the form that is shown again hold this."""
        data = cast(QueryDict, self.data).copy()
        data.setlist(self.add_prefix(name), list(values))
        self.data = data

    def _conflict(self, name: str, theirs: Campaign) -> Conflict:
        field = self.fields[name]
        mine = self.cleaned_data.get(name)
        return Conflict(name, str(field.label), _words(field, mine), _words(field, _held(theirs, name)))


def _held(campaign: Campaign, name: str) -> Any:
    value = getattr(campaign, name)
    return value.all() if hasattr(value, "all") else value


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it, alike whether it comes from the row or from the form."""
    if isinstance(value, QuerySet):
        return sorted(value.values_list("pk", flat=True))
    if isinstance(value, Model):
        return value.pk
    return value.isoformat() if isinstance(value, date) else value


def _written(plain: Any) -> str:
    return "" if plain in (None, False) else str(plain)


def _words(field: forms.Field, value: Any) -> str:
    if isinstance(value, QuerySet):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = getattr(field, "choices", None)
    if choices is not None and not isinstance(value, Model):
        return str(dict(choices).get(value, "" if value is None else value))
    return "" if value is None else str(value)


def _parsed(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
