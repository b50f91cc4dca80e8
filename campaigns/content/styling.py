"""The style of a brand's mails, tried out beside the mail before it is kept: colours, font, logo, the
footer's address.

styled(brand, request.POST)        # → the brand as the form would have it; nothing is saved
keep(brand, request.POST, marie, files=request.FILES)   # → [] or what is wrong, as sentences
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from contacts import audit
from contacts.models import Brand
from contacts.pictures import KeepsLogo

PREFIX = "style"
FIELDS = ("colour_primary", "colour_accent", "font_stack", "postal_address", "logo")
# Fonts that every mail program has by itself: no foreign sheet is ever linked.
FONTS = (
    ("-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif", _("The reader's own (sans serif)")),
    ("Helvetica, Arial, sans-serif", "Helvetica, Arial"),
    ("Verdana, Geneva, sans-serif", "Verdana"),
    ("'Trebuchet MS', Tahoma, sans-serif", "Trebuchet"),
    ("Georgia, 'Times New Roman', serif", "Georgia"),
    ("'Courier New', Courier, monospace", "Courier"),
)


class StyleForm(KeepsLogo, forms.ModelForm):  # type: ignore[type-arg]
    """What the panel in the editor asks."""

    class Meta:
        model = Brand
        fields = FIELDS
        widgets: ClassVar[dict[str, Any]] = {
            "colour_primary": forms.TextInput(attrs={"type": "color"}),
            "colour_accent": forms.TextInput(attrs={"type": "color"}),
            "postal_address": forms.Textarea(attrs={"rows": 3}),
            "logo": forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        }

    without_logo = forms.BooleanField(label=_("Take the logo away"), required=False)

    def __init__(self, asked: Any = None, files: Any = None, *, instance: Brand) -> None:
        super().__init__(asked, files, instance=instance, prefix=PREFIX, use_required_attribute=False)
        own = self.instance.font_stack
        choices = [*FONTS, *([] if own in dict(FONTS) else [(own, own)])]
        self.fields["font_stack"].widget = forms.Select(choices=choices)
        if not self.instance.logo:
            del self.fields["without_logo"]

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        if asked.get("without_logo") and "logo" not in self.changed_data:
            asked["logo"] = False  # what a file field understands as: none
        return asked


def styled(brand: Brand, asked: Any) -> Brand:
    """Return a copy of the brand with what the panel says and the model allows; nothing is saved. A new logo is shown
    once it is kept.
    """
    made = copy.copy(brand)
    if not any(f"{PREFIX}-{name}" in asked for name in FIELDS):
        return made
    form = StyleForm(asked, instance=copy.copy(brand))
    form.is_valid()
    for name in form.cleaned_data.keys() & set(FIELDS):
        setattr(made, name, form.cleaned_data[name] or "")
    return made


def keep(brand: Brand, asked: Any, by: AbstractBaseUser | AnonymousUser, *, files: Any = None) -> list[str]:
    """Save the panel's style for every mail of the brand, or return what is wrong.

    Writes:  Brand, AuditEntry.
    """
    form = StyleForm(asked, files, instance=copy.copy(brand))
    if not form.is_valid():
        return [f"{form.fields[name].label}: {' '.join(map(str, words))}" for name, words in form.errors.items()]
    if form.changed_data:
        with transaction.atomic():
            form.save()
            changed = {name.removeprefix("without_") for name in form.changed_data}
            audit.record(by, "changed style", brand, fields=sorted(changed))
    return []
