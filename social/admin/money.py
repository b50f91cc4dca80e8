"""Amounts in forms as people write them: 12.50 or 12,50, kept as minor units of the form's currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextInputWidget

from contacts.money import read_money


class MoneyForm(forms.ModelForm[Any]):
    """A model form whose `*_minor` fields are typed in whole units of the currency."""

    required_amounts: tuple[str, ...] = ()  # those that are 0, not nothing, when left empty

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name.endswith("_minor")]:
            was = self.fields[name]
            self.fields[name] = forms.CharField(
                label=was.label,
                help_text=_("like 12.50"),
                required=False,
                max_length=20,
                widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
            )
            amount = getattr(self.instance, name, None)
            self.initial[name] = written(amount, self._currency()) if amount else ""

    def _currency(self) -> str:
        typed = self.data.get("currency") if self.is_bound else None
        return str(typed or getattr(self.instance, "currency", "") or settings.BASE_CURRENCY)[:3].upper()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name in [name for name in self.fields if name.endswith("_minor") and name in given]:
            typed = str(given[name] or "").strip()
            try:
                given[name] = read_money(typed, self._currency()) if typed else self._nothing(name)
            except (ValueError, LookupError):
                self.add_error(name, _("“%(typed)s” is no amount. Write it like 12.50.") % {"typed": typed})
        return given

    def _nothing(self, name: str) -> int | None:
        return 0 if name in self.required_amounts else None


def written(amount_minor: int, currency: str) -> str:
    """Return an amount as one types it: 1250 EUR → 12.50."""
    precision = get_currency_precision(currency)
    return f"{Decimal(amount_minor).scaleb(-precision):.{precision}f}"
