"""A compiled document: pieces in order, of which some are filled for each contact, or for a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice, repeat
from typing import Any, Generic, TypeVar

from campaigns.content.columns import Batch, Column, Values

Piece = TypeVar("Piece", str, bytes)


class Slot(Generic[Piece]):
    """What fills a place: called with one contact's values, or `column` with those of a batch."""

    __slots__ = ("one",)
    one: Callable[[Values], Piece]

    def __init__(self, one: Callable[[Values], Piece]) -> None:
        self.one = one

    def __call__(self, values: Values) -> Piece:
        return self.one(values)

    def column(self, batch: Batch) -> Sequence[Piece]:
        """Return the piece of each."""
        return list(map(self.one, batch.people))


class ReadSlot(Slot[Piece]):
    """A value that is read and then encoded, which a batch does by the column."""

    __slots__ = ("encode", "read", "written")
    encode: Callable[[Column], Sequence[Piece]]

    def __init__(
        self,
        one: Callable[[Values], Piece],
        read: Callable[[Batch], list[Any]],
        written: str,
        encode: Callable[[Column], Sequence[Piece]],
    ) -> None:
        self.one = one
        self.read = read
        self.written = written
        self.encode = encode

    def column(self, batch: Batch) -> Sequence[Piece]:
        return self.encode(batch.column(self.written, self.read))


class ChoiceSlot(Slot[Piece]):
    """`{% if %}`: a batch is divided by its tests, and each branch filled for those who take it."""

    __slots__ = ("branches", "tests")
    branches: list[Program[Piece]]

    def __init__(
        self,
        one: Callable[[Values], Piece],
        tests: list[Callable[[Batch], list[bool]]],
        branches: list[Program[Piece]],
    ) -> None:
        self.one = one
        self.tests = tests
        self.branches = branches  # one more than tests: the last is `else`

    def column(self, batch: Batch) -> Sequence[Piece]:
        chosen = [len(self.tests)] * len(batch.people)
        for number, test in reversed(list(enumerate(self.tests))):
            chosen = [number if truth else later for truth, later in zip(test(batch), chosen, strict=True)]
        taken = [
            branch.joined([values for values, one in zip(batch.people, chosen, strict=True) if one == number])
            for number, branch in enumerate(self.branches)
        ]
        return [next(taken[number]) for number in chosen]


class LoopSlot(Slot[Piece]):
    """`{% for %}` over items whose own fields are shown: the items of a whole batch are filled by the column."""

    __slots__ = ("body", "encode", "fields", "otherwise", "read", "written")
    body: Program[Piece]
    encode: Callable[[Column], Sequence[Piece]]
    otherwise: Callable[[Values], Piece]

    def __init__(
        self,
        one: Callable[[Values], Piece],
        read: Callable[[Batch], list[Sequence[Any]]],
        written: str,
        body: Program[Piece],
        fields: dict[int, str],
        encode: Callable[[Column], Sequence[Piece]],
        otherwise: Callable[[Values], Piece],
    ) -> None:
        self.one = one
        self.read = read
        self.written = written
        self.body = body
        self.fields = fields  # place in the body → field of the item
        self.encode = encode
        self.otherwise = otherwise

    def column(self, batch: Batch) -> Sequence[Piece]:
        lengths, items = batch.items(self.written, self.read)
        join = self.body.join
        columns: list[Iterable[Piece]] = [repeat(piece) for piece in self.body.pieces]
        for place, name in self.fields.items():
            columns[place] = self.encode(items.column(name, partial(Batch.field, steps=(name,))))
        filled = zip(*columns, strict=False)
        return [
            join(chain.from_iterable(islice(filled, length))) if length else self.otherwise(values)
            for length, values in zip(lengths, batch.people, strict=True)
        ]


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

    def rows(self, people: Sequence[Values], *, first: Iterable[Piece] | None = None) -> Iterator[tuple[Piece, ...]]:
        """Yield the pieces for each contact of a batch, evaluated by the column. `first` takes the first place.

        Each place is a column of its own, a run one that repeats, so that no loop of Python's touches single pieces.
        """
        batch = Batch(people)
        columns: list[Iterable[Any]] = [repeat(piece) for piece in self.pieces]
        for place, own in self.single:
            columns[place] = own.column(batch)
        for places, slot in [*self.repeated, *self.tokens.values()]:
            shared = slot.column(batch)
            for place in places:
                columns[place] = shared
        if first is not None:
            columns[0] = first
        return islice(zip(*columns, strict=False), len(people))

    def joined(self, people: Sequence[Values]) -> Iterator[Piece]:
        """Yield the document for each contact of a batch."""
        return repeat(self({}), len(people)) if self.is_constant else map(self.join, self.rows(people))

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
