"""The style of a brand's mails, tried out beside the mail before it is kept: colours, font, the footer's address.

styled(brand, request.POST)        # → the brand as the form would have it; nothing is saved
keep(brand, request.POST, marie)   # → [] or what is wrong, as sentences
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

PREFIX = "style"
FIELDS = ("colour_primary", "colour_accent", "font_stack", "postal_address")
# Fonts that every mail program has by itself: no foreign sheet is ever linked.
FONTS = (
    ("-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif", _("The reader's own (sans serif)")),
    ("Helvetica, Arial, sans-serif", "Helvetica, Arial"),
    ("Verdana, Geneva, sans-serif", "Verdana"),
    ("'Trebuchet MS', Tahoma, sans-serif", "Trebuchet"),
    ("Georgia, 'Times New Roman', serif", "Georgia"),
    ("'Courier New', Courier, monospace", "Courier"),
)


class StyleForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the panel in the editor asks."""

    class Meta:
        model = Brand
        fields = FIELDS
        widgets: ClassVar[dict[str, Any]] = {
            "colour_primary": forms.TextInput(attrs={"type": "color"}),
            "colour_accent": forms.TextInput(attrs={"type": "color"}),
            "postal_address": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, asked: Any = None, *, instance: Brand) -> None:
        super().__init__(asked, instance=instance, prefix=PREFIX, use_required_attribute=False)
        own = self.instance.font_stack
        choices = [*FONTS, *([] if own in dict(FONTS) else [(own, own)])]
        self.fields["font_stack"].widget = forms.Select(choices=choices)


def styled(brand: Brand, asked: Any) -> Brand:
    """Return a copy of the brand with what the panel says and the model allows; nothing is saved."""
    made = copy.copy(brand)
    if not any(f"{PREFIX}-{name}" in asked for name in FIELDS):
        return made
    form = StyleForm(asked, instance=copy.copy(brand))
    form.is_valid()
    for name, value in form.cleaned_data.items():
        setattr(made, name, value)
    return made


def keep(brand: Brand, asked: Any, by: AbstractBaseUser | AnonymousUser) -> list[str]:
    """Save the panel's style for every mail of the brand, or return what is wrong.

    Writes:  Brand, AuditEntry.
    """
    form = StyleForm(asked, instance=copy.copy(brand))
    if not form.is_valid():
        return [f"{form.fields[name].label}: {' '.join(map(str, words))}" for name, words in form.errors.items()]
    if form.changed_data:
        with transaction.atomic():
            form.save()
            audit.record(by, "changed style", brand, fields=sorted(form.changed_data))
    return []
