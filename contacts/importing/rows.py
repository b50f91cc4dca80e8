"""One line of a file as a person: checked, typed, or refused with a reason.

reading = Reading(columns)
reading.person(Row(2, ["ann@example.com", "Ann"]))     # → Person(email="ann@example.com", first_name="Ann", …)
Raises Unfit with a sentence for the file of rejected rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from contacts import addresses, identities
from contacts.importing import mapping
from contacts.importing.mapping import IDENTITIES, Column
from contacts.importing.reader import Row


class Unfit(ValueError):
    """A line that cannot be taken in; the message is the reason."""


@dataclass(slots=True)
class Person:
    """What one line says of a person; empty cells say nothing."""

    line: int
    email: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    identities: list[tuple[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    accepts: bool = True
    asked_at: str = ""
    left: str = ""  # a reason of Suppression: she left, bounced, complained
    left_at: str = ""
    raw: Sequence[str] = ()


class Reading:
    """How the lines of one file are read: its columns, resolved once."""

    def __init__(self, columns: Sequence[Column], standing: str = "") -> None:
        self.standing = standing  # why none of the file's people is written to, for a list of those who left
        self.found: dict[str, str] = {}  # attributes met in JSON, with their types
        self.width = len(columns)
        wanted = [column for column in columns if column.target]
        self.email = next((column.index for column in wanted if column.target == "email"), None)
        self.attributes = [
            (column.index, column.target.removeprefix("attribute:"), column.type)
            for column in wanted
            if column.target.startswith("attribute:")
        ]
        self.rest = [
            (column.index, column.target)
            for column in wanted
            if column.target != "email" and not column.target.startswith("attribute:")
        ]
        self.zones = available_timezones()

    def person(self, row: Row) -> Person:
        """Return the person of one line.

        Raises:  Unfit.
        """
        if row.error:
            raise Unfit(row.error)
        values = self._cells(row)
        person = Person(row.line, raw=row.values, left=self.standing)
        if self.email is not None and values[self.email]:
            try:
                person.email = addresses.normalise(values[self.email])
            except addresses.BadAddress as why:
                raise Unfit(str(why)) from None
        for index, target in self.rest:
            if values[index]:
                self._take(person, target, values[index])
        for index, name, kind in self.attributes:
            if values[index]:
                person.attributes[name] = self._typed(name, values[index], kind)
        if not person.email and not person.identities:
            raise Unfit(_("The e-mail address is missing."))
        return person

    def _cells(self, row: Row) -> list[str]:
        values = row.values
        if len(values) < self.width:
            values = [*values, *[""] * (self.width - len(values))]
        elif len(values) > self.width and any(values[self.width :]):
            raise Unfit(
                _("The line has %(n)d values, the header %(width)d. A value with a comma needs quotation marks.")
                % {"n": len(values), "width": self.width}
            )
        if "\x00" in "".join(values):
            raise Unfit(_("The line holds NUL bytes, which are no text."))
        return values

    def _take(self, person: Person, target: str, value: str) -> None:
        if target in ("first_name", "last_name"):
            person.fields[target] = _name(value)
        elif target == "full_name":
            first, _space, last = _name(value).partition(" ")
            person.fields.setdefault("first_name", first)
            person.fields.setdefault("last_name", last)
        elif target == "language":
            if language := _language(value):
                person.fields["language"] = language
        elif target == "time_zone":
            if value in self.zones:
                person.fields["time_zone"] = value
        elif target in IDENTITIES:
            person.identities.append(_identity(target, value))
        elif target == "tags":
            person.tags = mapping.to_list(value)
        elif target == "accepts":
            person.accepts = mapping.to_answer(value) is True
        elif target == "asked_at":
            person.asked_at = _date(value)
        elif target == "left_at":
            person.left_at = _date(value)
        elif target == "status":
            self._status(person, value)
        elif target == "blocked":
            person.left = person.left or mapping.to_block(value)
        elif target == "json":
            self._several(person, value)

    def _several(self, person: Person, value: str) -> None:
        """Take attributes written as one JSON object; what is no plain value is left out."""
        try:
            said = json.loads(value)
        except (ValueError, RecursionError):
            raise Unfit(_("The attributes are no JSON: “%(value)s”.") % {"value": value[:60]}) from None
        for key, one in said.items() if isinstance(said, dict) else ():
            name, kind = mapping.attribute_name(str(key)), mapping.type_of(one)
            known = self.found.setdefault(name, kind) if name and kind else ""
            if known and known == kind:
                person.attributes[name] = one[:1000] if isinstance(one, str) else one

    def _status(self, person: Person, value: str) -> None:
        """Take what another tool says of her standing; what it does not clearly call a yes is none."""
        person.left = mapping.to_reason(value) or person.left
        person.accepts = mapping.to_answer(value) is True

    def _typed(self, name: str, value: str, kind: str) -> Any:
        try:
            return mapping.to_type(value, kind)
        except ValueError as why:
            raise Unfit(f"{name}: {why}") from None


_language = lru_cache(maxsize=1000)(mapping.to_language)
_date = lru_cache(maxsize=10_000)(mapping.to_date)


def _name(value: str) -> str:
    if len(value) > 150:
        raise Unfit(_("The name is longer than 150 characters."))
    return value


def _identity(kind: str, value: str) -> tuple[str, str]:
    try:
        return kind, identities.normalise(kind, value)
    except identities.BadIdentity as why:
        raise Unfit(str(why)) from None
