"""Values of a whole batch read and turned into pieces at once: a column costs a fraction of as many single values.

batch = Batch(people)                         # the merge values of each
batch.field(("contact", "first_name"))        # → ["Ann", "Dan"]
Column(["Ann", "Dan"]).easy                   # → [b"Ann=\\r\\n", b"Dan=\\r\\n"]; None when one of them needs care
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from markupsafe import escape

from campaigns.content.quoted import SOFT_BREAK

SEPARATOR = "|"  # between the values of a column while they are looked at together
LONGEST = 72  # characters of a value that fits its line, as in quoted.is_easy
TO_ESCAPE = "&<>'\""

Values = dict[str, Any]
Steps = tuple[str, ...]  # a path of the merge language, all of it names of fields


class Batch:
    """The merge values of many, and what was read of them: each field, expression and list once, whoever shows it."""

    __slots__ = ("columns", "fields", "lists", "people")

    def __init__(self, people: Sequence[Values]) -> None:
        self.people = people
        self.fields: dict[Steps, list[Any]] = {}
        self.columns: dict[str, Column] = {}
        self.lists: dict[str, tuple[list[int], Batch]] = {}

    def field(self, steps: Steps) -> list[Any]:
        """Return what a path gives for each. Only dicts are looked into, what else stands there gives None."""
        if steps not in self.fields:
            name, inner = steps[-1], self.field(steps[:-1]) if len(steps) > 1 else self.people
            if set(map(type, inner)) == {dict}:
                self.fields[steps] = [each.get(name) for each in inner]
            else:
                self.fields[steps] = [each.get(name) if type(each) is dict else None for each in inner]
        return self.fields[steps]

    def column(self, written: str, read: Callable[[Batch], list[Any]]) -> Column:
        """Return what an expression gives for each; `written` is how the mail has it."""
        if written not in self.columns:
            self.columns[written] = Column(read(self))
        return self.columns[written]

    def items(self, written: str, read: Callable[[Batch], list[Sequence[Any]]]) -> tuple[list[int], Batch]:
        """Return how long each one's list is, and the items of all lists as a batch of their own."""
        if written not in self.lists:
            lists = read(self)
            self.lists[written] = list(map(len, lists)), Batch(list(chain.from_iterable(lists)))
        return self.lists[written]


class Column:
    """What one expression gives for each contact of a batch. Subject, text and HTML that show it share the work."""

    def __init__(self, found: list[Any]) -> None:
        self.found = found
        self.kinds = set(map(type, found))

    @cached_property
    def joined(self) -> str:
        return SEPARATOR.join(self.found)

    @cached_property
    def is_repetitive(self) -> bool:
        """Say whether few texts come again and again, as cities and prices do: looking up is then the faster way."""
        return 2 * len(set(self.found)) <= len(self.found)

    @cached_property
    def is_plain(self) -> bool:
        """Say whether HTML shows the texts as they are."""
        return not any(sign in self.joined for sign in TO_ESCAPE)

    @cached_property
    def escaped(self) -> Column | None:
        """The texts as HTML shows them; None when one holds the separator."""
        texts = str(escape(self.joined)).split(SEPARATOR)
        return Column(texts) if len(texts) == len(self.found) else None

    @cached_property
    def easy(self) -> list[bytes] | None:
        """All texts as pieces when each is printable ASCII that stands for itself on one line, else None."""
        joined = self.joined
        is_easy = joined.isascii() and joined.isprintable() and "=" not in joined
        if not is_easy or joined.count(SEPARATOR) != len(self.found) - 1 or len(max(self.found, key=len)) > LONGEST:
            return None
        lined = f"{SEPARATOR}{joined}{SEPARATOR}"
        if "||" in lined or "|." in lined or "|From " in lined:  # empty ones; what a line must not begin with
            return None
        pieces = joined.encode().replace(b"|", SOFT_BREAK + b"|").split(b"|")
        pieces[-1] += SOFT_BREAK
        return pieces


class Pieces(dict[str, bytes]):
    """What texts become on the wire, remembered: names and cities come again, within a mail and between mails.

    Full, it forgets everything: to age entries would cost more than to make them anew.
    """

    def __init__(self, make: Callable[[str], bytes], most: int = 8192) -> None:
        super().__init__()
        self.make = make
        self.most = most

    def __missing__(self, text: str) -> bytes:
        if len(self) >= self.most:
            self.clear()
        piece = self[text] = self.make(text)
        return piece


def wire_column(column: Column, pieces: Pieces, *, escapes: bool) -> Sequence[bytes] | None:
    """Return a column as pieces of a mail; None when its values are not all text or all whole numbers."""
    if column.kinds == {str}:
        if column.is_repetitive:
            return list(map(pieces.__getitem__, column.found))
        shown = column if not escapes or column.is_plain else column.escaped
        if shown is not None and shown.easy is not None:
            return shown.easy
        return list(map(pieces.__getitem__, column.found))
    if column.kinds == {int}:
        return [b"%d=\r\n" % number for number in column.found]
    return None


def text_column(column: Column) -> Sequence[str] | None:
    """Return a column as pieces of plain text; None when its values are not all text."""
    return column.found if column.kinds == {str} else None
