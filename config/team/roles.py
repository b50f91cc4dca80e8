"""The roles that come with the installation, in the reader's language; roles of one's own keep their names.

told("place manager")     # → "responsable de boutique", read in French
"""

from __future__ import annotations

from django import forms
from django.contrib.auth.models import Group
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, str | Promise] = {
    "administrator": _("administrator"),
    "analyst": _("analyst"),
    "approver": _("approver"),
    "cashier": _("cashier"),
    "marketer": _("marketer"),
    "place manager": _("place manager"),
}


def told(name: str) -> str:
    """Return what a role is called."""
    return str(NAMES.get(name, name))


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Roles to choose from, by their names in the reader's language."""

    def label_from_instance(self, obj: Group) -> str:
        return told(obj.name)
