"""The form of a brand: languages to tick, colours to choose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminColorInputWidget

from contacts.models import Brand
from contacts.pictures import KeepsLogo


class BrandForm(KeepsLogo, forms.ModelForm[Brand]):
    """Nobody should have to write `["fr", "en"]` or `#5b2a86`."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=settings.LANGUAGES,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text=_("the languages it writes in; none ticked: the default one"),
    )

    class Meta:
        model = Brand
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them
        widgets = {"colour_primary": UnfoldAdminColorInputWidget(), "colour_accent": UnfoldAdminColorInputWidget()}

    def clean_languages(self) -> list[Any]:
        """Keep what was written by API and has no box here."""
        known = {code for code, _name in settings.LANGUAGES}
        kept = [one for one in self.instance.languages or [] if one not in known]
        return [*self.cleaned_data["languages"], *kept]
