"""A compiled document: pieces in order, of which some are filled for each contact, or for a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Generic, TypeVar

from campaigns.content.columns import Column, Known
from campaigns.content.reading import Values

Piece = TypeVar("Piece", str, bytes)


class Slot(Generic[Piece]):
    """What fills a place: called with one contact's values, or `column` with those of a batch."""

    __slots__ = ("one",)
    one: Callable[[Values], Piece]

    def __init__(self, one: Callable[[Values], Piece]) -> None:
        self.one = one

    def __call__(self, values: Values) -> Piece:
        return self.one(values)

    def column(self, people: Sequence[Values], known: Known) -> Sequence[Piece]:
        """Return the piece of each. `known` holds what the batch's expressions gave already."""
        return list(map(self.one, people))


class ReadSlot(Slot[Piece]):
    """A value that is read and then encoded, which a batch does by the column."""

    __slots__ = ("encode", "read", "written")
    encode: Callable[[Column], Sequence[Piece] | None]

    def __init__(
        self,
        one: Callable[[Values], Piece],
        read: Callable[[Values], Any],
        written: str,
        encode: Callable[[Column], Sequence[Piece] | None],
    ) -> None:
        self.one = one
        self.read = read
        self.written = written
        self.encode = encode

    def column(self, people: Sequence[Values], known: Known) -> Sequence[Piece]:
        if self.written not in known:
            known[self.written] = Column(list(map(self.read, people)))
        pieces = self.encode(known[self.written])
        return list(map(self.one, people)) if pieces is None else pieces


class Program(Generic[Piece]):
    """A compiled document. Calling it with merge values returns the document for one contact."""

    __slots__ = ("join", "pieces", "repeated", "single", "tokens")
    join: Callable[[Iterable[Piece]], Piece]

    def __init__(self, join: Callable[[Iterable[Piece]], Piece]) -> None:
        self.join = join
        self.pieces: list[Any] = []
        self.single: list[tuple[int, Slot[Piece]]] = []
        self.repeated: list[tuple[Sequence[int], Slot[Piece]]] = []
        self.tokens: dict[str, tuple[list[int], Slot[Piece]]] = {}

    def __call__(self, values: Values) -> Piece:
        return self.join(self.filled(values))

    def filled(self, values: Values) -> list[Piece]:
        """Return the pieces for one contact, in order, not joined yet."""
        pieces: list[Piece] = self.pieces.copy()
        for place, slot in self.single:
            pieces[place] = slot(values)
        for places, slot in self.repeated:
            piece = slot(values)
            for place in places:
                pieces[place] = piece
        for places, slot in self.tokens.values():
            piece = slot(values)
            for place in places:
                pieces[place] = piece
        return pieces

    def rows(self, people: Sequence[Values], known: Known) -> Iterator[list[Piece]]:
        """Yield the pieces for each contact of a batch, evaluated by the column: one list, filled anew each time."""
        pieces: list[Piece] = self.pieces.copy()
        places = [place for place, _slot in self.single]
        several = [*self.repeated, *self.tokens.values()]
        spread = [spots for spots, _slot in several]
        if not people:
            return
        once = zip(*(slot.column(people, known) for _place, slot in self.single), strict=True) if places else repeat(())
        often = zip(*(slot.column(people, known) for _spots, slot in several), strict=True) if several else repeat(())
        for _person, own, shared in zip(people, once, often, strict=False):
            for place, piece in zip(places, own, strict=True):
                pieces[place] = piece
            for spots, piece in zip(spread, shared, strict=True):
                for place in spots:
                    pieces[place] = piece
            yield pieces

    def given(self, tokens: Mapping[str, Piece]) -> Program[Piece]:
        """Return the program with some tokens filled in for good, what then stands side by side made one run."""
        fixed = {place: tokens[name] for name in tokens if name in self.tokens for place in self.tokens[name][0]}
        open_places = {place for place, _slot in self.single}
        open_places |= {place for places, _slot in self.repeated for place in places}
        open_places |= {place for name, (places, _s) in self.tokens.items() if name not in tokens for place in places}
        made: Program[Piece] = Program(self.join)
        moved: dict[int, int] = {}
        is_run = False
        for place, piece in enumerate(self.pieces):
            if place in open_places or not place:  # the first place is kept for the headers
                moved[place], is_run = len(made.pieces), False
                made.pieces.append(piece)
            elif is_run:
                made.pieces[-1] += fixed.get(place, piece)
            else:
                made.pieces.append(fixed.get(place, piece))
                is_run = True
        made.single = [(moved[place], slot) for place, slot in self.single]
        made.repeated = [([moved[place] for place in places], slot) for places, slot in self.repeated]
        made.tokens = {
            name: ([moved[place] for place in places], slot)
            for name, (places, slot) in self.tokens.items()
            if name not in tokens
        }
        return made

    def append(self, other: Program[Piece]) -> None:
        """Add another program behind this one; a token that stands in both is computed once."""
        start = len(self.pieces)
        self.pieces += other.pieces
        self.single += [(start + place, slot) for place, slot in other.single]
        self.repeated += [([start + place for place in places], slot) for places, slot in other.repeated]
        for name, (places, slot) in other.tokens.items():
            self.tokens.setdefault(name, ([], slot))[0].extend(start + place for place in places)

    @property
    def is_constant(self) -> bool:
        """Say whether it gives the same for everybody."""
        return not self.single and not self.repeated and not self.tokens
