"""A Liquid syntax tree becomes a program: runs encoded once, slots filled per contact, branches and loops of programs.

    program = compile_program(parse(html, language="fr", autoescape=True), WIRE_HTML)
    program(values)        # → bytes, ready for the wire

What this evaluator does not know (`case`, `unless`, …) is rendered by Liquid itself, that node alone; where a tag
changes names for what follows (`assign`), the whole document is. Both give the same text: tests compare them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.logical import BooleanExpression, is_truthy
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.stringify import to_liquid_string
from liquid.undefined import is_undefined
from markupsafe import escape

from campaigns.content.columns import Batch, Column, Pieces, Values, text_column, wire_column
from campaigns.content.merge import INTERNAL
from campaigns.content.program import ChoiceSlot, LoopSlot, Piece, Program, ReadSlot, Slot
from campaigns.content.quoted import SOFT_BREAK, is_easy, quoted
from campaigns.content.reading import column_reader, fallback, forloop, is_field, items_of, or_else, reader

STATEFUL = {"assign", "capture", "cycle", "increment", "decrement"}  # they change names for what follows
TOKEN = f"{{{{ {INTERNAL}."  # how the slot of a token is written: hexadecimal, the same in every part of a mail
MAX_LOOP = 1000  # items of one list that a mail shows


@dataclass(frozen=True)
class Encoder(Generic[Piece]):
    """How runs and values become pieces of one kind of output. `run` closes what is already escaped text."""

    run: Callable[[str], Piece]
    value: Callable[[str], Piece]
    token: Callable[[str], Piece]
    join: Callable[[Iterable[Piece]], Piece]
    empty: Piece
    escapes: bool
    column: Callable[[Column], Sequence[Piece] | None] = lambda column: None  # a batch of values at once, if it can


def _quoted_text(text: str) -> bytes:
    return text.encode() + SOFT_BREAK if is_easy(text) else quoted(text)


def _quoted_html(text: str) -> bytes:
    # Five searches for one character are twice as fast as one for a set.
    if "&" in text or "<" in text or "'" in text or '"' in text or ">" in text:
        text = str(escape(text))
    return text.encode() + SOFT_BREAK if is_easy(text) else quoted(text)


def _token(text: str) -> bytes:
    return text.encode() + SOFT_BREAK


def _escaped(text: str) -> str:
    return str(escape(text))


def _wire(make: Callable[[str], bytes], *, escapes: bool) -> Encoder[bytes]:
    known = Pieces(make)
    column = partial(wire_column, pieces=known, escapes=escapes)
    return Encoder(quoted, known.__getitem__, _token, b"".join, b"", escapes, column)


WIRE_HTML = _wire(_quoted_html, escapes=True)
WIRE_TEXT = _wire(_quoted_text, escapes=False)
PAGE: Encoder[str] = Encoder(str, _escaped, str, "".join, "", True)
PLAIN: Encoder[str] = Encoder(str, str, str, "".join, "", False, text_column)


class Unknown(Exception):
    """A node that only Liquid itself can render."""


def compile_program(template: BoundTemplate, encoder: Encoder[Piece]) -> Program[Piece]:
    """Return the program of a parsed template."""
    builder = _Builder(template, encoder)
    if any(_is_stateful(node) for node in template.nodes):
        program: Program[Piece] = Program(encoder.join)
        program.pieces.append(encoder.empty)
        program.single.append((0, Slot(builder.by_liquid(template.nodes))))
        return program
    return builder.program(template.nodes, outermost=True)


def is_true(found: Any) -> bool:
    """Say whether Liquid takes a value for true: all but nil and false."""
    return found if type(found) is bool else is_truthy(found)


def _is_stateful(node: Node) -> bool:
    return node.token.value in STATEFUL or any(_is_stateful(child) for child in _children(node))


def _children(node: Node) -> Iterable[Node]:
    return node.children(None, include_partials=False)  # type: ignore[arg-type]


class _Builder(Generic[Piece]):
    encoder: Encoder[Piece]

    def __init__(self, template: BoundTemplate, encoder: Encoder[Piece]) -> None:
        self.template = template
        self.encoder = encoder

    def program(self, nodes: Iterable[Node], *, outermost: bool = False) -> Program[Piece]:
        """Return the program of some nodes; the same slot in several places is computed once."""
        program: Program[Piece] = Program(self.encoder.join)
        slots: dict[str, tuple[list[int], Slot[Piece]]] = {}
        for node in nodes:
            if isinstance(node, ContentNode):
                program.pieces.append(self.encoder.run(node.text))
                continue
            key = str(node) if isinstance(node, OutputNode) else f"#{len(program.pieces)}"
            if key not in slots:
                slots[key] = ([], self.slot(node, outermost=outermost))
            slots[key][0].append(len(program.pieces))
            program.pieces.append(self.encoder.empty)
        program.tokens = {key: slots.pop(key) for key in list(slots) if key.startswith(TOKEN)}
        program.single = [(places[0], slot) for places, slot in slots.values() if len(places) == 1]
        program.repeated = [(places, slot) for places, slot in slots.values() if len(places) > 1]
        return program

    def slot(self, node: Node, *, outermost: bool) -> Slot[Piece]:
        try:
            if isinstance(node, OutputNode):
                return self.output(node)
            if isinstance(node, IfNode):
                return self.choice(node)
            if isinstance(node, ForNode):
                return self.loop(node)
        except Unknown:
            pass
        if not outermost:  # the outermost node goes to Liquid whole, so that `break` finds its loop
            raise Unknown
        return Slot(self.by_liquid([node]))

    def by_liquid(self, nodes: Sequence[Node]) -> Callable[[Values], Piece]:
        """Return a slot that Liquid renders."""
        template, run = self.template, self.encoder.run

        def render(values: Values) -> Piece:
            buffer = io.StringIO()
            context = RenderContext(template, globals=values)
            for node in nodes:
                node.render(context, buffer)
            return run(buffer.getvalue())

        return render

    def output(self, node: OutputNode) -> Slot[Piece]:
        """Return the slot of `{{ … }}`."""
        expression = node.expression
        if not isinstance(expression, FilteredExpression):
            raise Unknown
        if isinstance(expression.left, Path) and expression.left.path[0] == INTERNAL:
            return Slot(self.internal(str(expression.left.path[1])))
        if isinstance(expression.left, Path) and is_field(expression.left.path):
            head, tail = expression.left.path
            otherwise = fallback(expression)
            if not expression.filters or otherwise is not None:
                one = self.shown_field(str(head), str(tail), otherwise)
                return ReadSlot(one, column_reader(expression, self.template), str(node), self.column)
        read = reader(expression, self.template)
        return ReadSlot(self.shown(read), column_reader(expression, self.template), str(node), self.column)

    def internal(self, name: str) -> Callable[[Values], Piece]:
        """Return the slot of a token: hexadecimal, nothing to escape or to remember."""
        run = self.encoder.token
        return lambda values: run(values[INTERNAL][name])

    def shown(self, read: Callable[[Values], Any]) -> Callable[[Values], Piece]:
        value, rarer = self.encoder.value, self.rarer

        def show(values: Values) -> Piece:
            found = read(values)
            return value(found) if type(found) is str else rarer(found)

        return show

    def shown_field(self, head: str, tail: str, otherwise: str | None) -> Callable[[Values], Piece]:
        """Return the slot of `{{ head.tail }}`, by far the commonest, with or without its `default`: one call."""
        value, rarer, known = self.encoder.value, self.rarer, otherwise is None

        def show(values: Values) -> Piece:
            inner = values.get(head)
            found = inner.get(tail) if type(inner) is dict else None
            if not found and not known:
                found = or_else(found, otherwise)
            return value(found) if type(found) is str else rarer(found)

        return show

    def rarer(self, found: Any) -> Piece:
        """Return a value that is no plain text: missing, a number, a list, or text that a filter escaped."""
        if type(found) is int:
            return self.encoder.token(str(found))
        if found is None or is_undefined(found):
            return self.encoder.empty
        return self.encoder.run(to_liquid_string(found, self.encoder.escapes))

    def column(self, column: Column) -> Sequence[Piece]:
        """Return the pieces of a column of values, one by one where they are of several kinds."""
        value, rarer = self.encoder.value, self.rarer
        pieces = self.encoder.column(column)
        return (
            [value(each) if type(each) is str else rarer(each) for each in column.found] if pieces is None else pieces
        )

    def choice(self, node: IfNode) -> Slot[Piece]:
        """Return the slot of `{% if %}` with its `elsif` and `else`."""
        parts = [(node.condition, node.consequence), *((part.expression, part.block) for part in node.alternatives)]
        conditions = [
            condition.expression if isinstance(condition, BooleanExpression) else condition for condition, _ in parts
        ]
        programs = [self.program(block.nodes) for _condition, block in parts]
        programs.append(self.program(node.default.nodes if node.default else ()))
        tests = [self.test(condition) for condition in conditions]

        def choose(values: Values) -> Piece:
            for test, program in zip(tests, programs, strict=False):
                if test(values):
                    return program(values)
            return programs[-1](values)

        return ChoiceSlot(choose, [self.column_test(condition) for condition in conditions], programs)

    def test(self, expression: Any) -> Callable[[Values], bool]:
        read = reader(expression, self.template)
        return lambda values: is_true(read(values))

    def column_test(self, expression: Any) -> Callable[[Batch], list[bool]]:
        read = column_reader(expression, self.template)
        return lambda batch: list(map(is_true, read(batch)))

    def loop(self, node: ForNode) -> Slot[Piece]:
        """Return the slot of `{% for x in list %}` without limit, offset or reversed.

        Fields of the item itself are read by the column; where the body names more, each person has a scope of hers.
        """
        parts = node.expression
        if parts.limit or parts.offset or parts.reversed or not isinstance(parts.iterable, Path):
            raise Unknown
        read, body = reader(parts.iterable, self.template), self.program(node.block.nodes)
        write = self.scoped(node, parts.identifier, body)
        otherwise = self.program(node.default.nodes if node.default else ())
        join = self.encoder.join

        def repeat(values: Values) -> Piece:
            items = items_of(read(values))
            return join(write(items, values)) if items else otherwise(values)

        fields = self.item_fields(node, parts.identifier)
        if body.repeated or body.tokens or any(place not in fields for place, _slot in body.single):
            return Slot(repeat)
        lists = column_reader(parts.iterable, self.template)

        def shown(batch: Batch) -> list[Sequence[Any]]:
            return [items_of(found)[:MAX_LOOP] for found in lists(batch)]

        return LoopSlot(repeat, shown, str(parts.iterable), body, fields, self.column, otherwise)

    def item_fields(self, node: ForNode, name: str) -> dict[int, str]:
        """Return the places of the loop's body that show a field of the item: place → field."""
        found = {}
        for place, child in enumerate(node.block.nodes):
            expression = child.expression if isinstance(child, OutputNode) else None
            if isinstance(expression, FilteredExpression) and not expression.filters:
                path = expression.left.path if isinstance(expression.left, Path) else []
                if is_field(path) and path[0] == name and name != INTERNAL:
                    found[place] = str(path[1])
        return found

    def scoped(self, node: ForNode, name: str, body: Program[Piece]) -> Callable[[Sequence[Any], Values], list[Piece]]:
        """Return what writes the pieces of a loop whose body names more than its item's fields."""
        counts = any("forloop" in str(child) for child in node.block.nodes)

        def write(items: Sequence[Any], values: Values) -> list[Piece]:
            scope, pieces = values.copy(), []
            for index, item in enumerate(items[:MAX_LOOP]):
                scope[name] = item
                if counts:
                    scope["forloop"] = forloop(index, len(items))
                pieces += body.filled(scope)
            return pieces

        return write
