"""On which ground people of a file are written to, asked alike wherever a file is taken in."""

from django import forms
from django.utils.translation import gettext_lazy

from contacts.models.consent import MAIL_BASES, Basis


class GroundForm(forms.Form):
    """The basis and its evidence, asked after the topic; nothing is assumed."""

    field_order = ("topic", "basis", "evidence")

    basis = forms.ChoiceField(
        label=gettext_lazy("On which ground"),
        choices=[
            (Basis.NONE, gettext_lazy("none: no mail")),
            *MAIL_BASES,
        ],
        initial=Basis.NONE,
    )
    evidence = forms.CharField(
        label=gettext_lazy("Where and how they agreed"), required=False, max_length=500,
        help_text=gettext_lazy("for example: form on the website, since 2023; kept with each consent"),
    )  # fmt: skip
