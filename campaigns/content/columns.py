"""Values of a whole batch turned into pieces at once: a column of names costs a fraction of as many single names.

Column(["Ann", "Dan"]).easy     # → [b"Ann=\\r\\n", b"Dan=\\r\\n"]; None when one of them needs care
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from campaigns.content.quoted import SOFT_BREAK

SEPARATOR = "|"  # between the values of a column while they are looked at together
LONGEST = 72  # characters of a value that fits its line, as in quoted.is_easy
TO_ESCAPE = "&<>'\""

Known = dict[str, "Column"]  # expression, as written → its values for one batch


class Column:
    """What one expression gives for each contact of a batch. Subject, text and HTML that show it share the work."""

    def __init__(self, found: list[Any]) -> None:
        self.found = found
        self.kinds = set(map(type, found))

    @cached_property
    def joined(self) -> str:
        return SEPARATOR.join(self.found)

    @cached_property
    def is_plain(self) -> bool:
        """Say whether HTML shows the texts as they are."""
        return not any(sign in self.joined for sign in TO_ESCAPE)

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
        if column.easy is not None and (not escapes or column.is_plain):
            return column.easy
        return list(map(pieces.__getitem__, column.found))
    if column.kinds == {int}:
        return [b"%d=\r\n" % number for number in column.found]
    return None


def text_column(column: Column) -> Sequence[str] | None:
    """Return a column as pieces of plain text; None when its values are not all text."""
    return column.found if column.kinds == {str} else None
