"""Stretches of days that have a name, as people say them: last winter, this month, last year.

days("last_winter", date(2026, 11, 24))    # → (date(2025, 12, 1), date(2026, 2, 28))

Seasons are whole months, winter from December to February. "Last" is the one that is over, "this" the one after it: it
runs now, or comes next.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}  # the month in which each begins
SPANS = {"month": 1, "quarter": 3, "year": 12}  # months

LABELS: dict[str, str | Promise] = {
    "this_month": _("this month"),
    "last_month": _("last month"),
    "this_quarter": _("this quarter"),
    "last_quarter": _("last quarter"),
    "this_year": _("this year"),
    "last_year": _("last year"),
    "this_spring": _("this spring"),
    "last_spring": _("last spring"),
    "this_summer": _("this summer"),
    "last_summer": _("last summer"),
    "this_autumn": _("this autumn"),
    "last_autumn": _("last autumn"),
    "this_winter": _("this winter"),
    "last_winter": _("last winter"),
}


def days(key: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of the period, seen from today."""
    which, name = key.split("_")
    if name in SEASONS:
        return _season(SEASONS[name], today, is_over=which == "last")
    months = SPANS[name]
    began = (today.year * 12 + today.month - 1) // months * months
    began -= months if which == "last" else 0
    return _month(began), _month(began + months) - timedelta(days=1)


def _season(month: int, today: date, *, is_over: bool) -> tuple[date, date]:
    began = (today.year + 1) * 12 + month - 1
    while _month(began + 3) > today:  # until the season is over
        began -= 12
    began += 0 if is_over else 12
    return _month(began), _month(began + 3) - timedelta(days=1)


def _month(n: int) -> date:
    return date(n // 12, n % 12 + 1, 1)
