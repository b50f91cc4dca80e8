"""What a rule's value may be, where that is a list: found as one types, and named in sentences.

Rows(lambda: Campaign.objects.all()).find("spr")     # → [(7, "Spring")]
Rows(lambda: Campaign.objects.all()).label(7)        # → "Spring"; None when there is no such campaign
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.functional import Promise

Text = str | Promise
LIMIT = 20  # values that a list shows at once


class Known(ABC):
    """A list of values with their labels; `is_short` lists are shown whole, others are searched."""

    is_short = False

    @abstractmethod
    def find(self, words: str, limit: int = LIMIT) -> list[tuple[Any, Text]]:
        """Return values whose label holds the words."""

    @abstractmethod
    def label(self, value: Any) -> str | None:
        """Return the value's label, None when there is no such value."""


@dataclass(frozen=True)
class Fixed(Known):
    """A short list that the code knows: languages, levels, purposes."""

    pairs: Callable[[], Iterable[tuple[Any, Text]]]
    is_short = True

    def find(self, words: str = "", limit: int = 200) -> list[tuple[Any, Text]]:
        wanted = words.casefold()
        return [(value, label) for value, label in self.pairs() if wanted in str(label).casefold()][:limit]

    def label(self, value: Any) -> str | None:
        return next((str(label) for key, label in self.pairs() if str(key) == str(value)), None)


@dataclass(frozen=True)
class Rows(Known):
    """Rows of a table, by the beginning or a part of their name."""

    rows: Callable[[], QuerySet[Any]]
    value: str = "pk"
    name: str = "name"

    def find(self, words: str = "", limit: int = LIMIT) -> list[tuple[Any, Text]]:
        found = self.rows().filter(**{f"{self.name}__icontains": words}) if words else self.rows()
        return [(row[0], row[1]) for row in found.order_by(self.name).values_list(self.value, self.name)[:limit]]

    def label(self, value: Any) -> str | None:
        try:
            found = self.rows().filter(**{self.value: value}).values_list(self.name, flat=True).first()
        except (TypeError, ValueError, OverflowError, ValidationError):
            return None
        return None if found is None else str(found)


@dataclass(frozen=True)
class Words(Known):
    """Free text for which there are suggestions: any value is good."""

    suggest: Callable[[str, int], list[str]]

    def find(self, words: str = "", limit: int = LIMIT) -> list[tuple[Any, Text]]:
        return [(word, word) for word in self.suggest(words, limit)]

    def label(self, value: Any) -> str | None:
        return str(value)


def distinct(rows: QuerySet[Any], column: str, words: str, limit: int, *, seeks: int = 300) -> list[str]:
    """Return the column's values that hold the words, each found by one step in the index: no scan of the table."""
    found: list[str] = []
    after, wanted = "", words.casefold()
    for _step in range(seeks):
        later = rows.filter(**{f"{column}__gt": after}).order_by(column).values_list(column, flat=True)
        value = later.first()
        if value is None or len(found) == limit:
            break
        after = str(value)
        if wanted in after.casefold():
            found.append(after)
    return found
