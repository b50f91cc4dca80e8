"""A Liquid syntax tree becomes a program: runs encoded once, slots filled per contact, branches and loops of programs.

    program = compile_program(parse(html, language="fr", autoescape=True), WIRE_HTML)
    program(values)        # → bytes, ready for the wire

What this evaluator does not know (`case`, `unless`, …) is rendered by Liquid itself, that node alone; where a tag
changes names for what follows (`assign`), the whole document is. Both give the same text: tests compare them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from liquid import BoundTemplate, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path, StringLiteral
from liquid.builtin.expressions.logical import BooleanExpression, EqExpression, NeExpression, is_truthy
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.stringify import to_liquid_string
from liquid.undefined import is_undefined
from markupsafe import escape

from campaigns.content.merge import INTERNAL
from campaigns.content.quoted import SOFT_BREAK, quoted

Values = dict[str, Any]
Piece = TypeVar("Piece", str, bytes)
STATEFUL = {"assign", "capture", "cycle", "increment", "decrement"}  # they change names for what follows
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


PLAIN_HTML = re.compile(r"(?!\.|From )[ !#-%(-;?-~]{1,72}")  # stands for itself in HTML and in quoted-printable


@lru_cache(maxsize=8192)
def _quoted_html(text: str) -> bytes:
    if PLAIN_HTML.fullmatch(text):
        return text.encode() + SOFT_BREAK
    return quoted(str(escape(text)))


def _token(text: str) -> bytes:
    return text.encode() + SOFT_BREAK


_quoted_text = lru_cache(maxsize=4096)(quoted)


def _escaped(text: str) -> str:
    return str(escape(text))


WIRE_HTML: Encoder[bytes] = Encoder(quoted, _quoted_html, _token, b"".join, b"", True)
WIRE_TEXT: Encoder[bytes] = Encoder(quoted, _quoted_text, _token, b"".join, b"", False)
PAGE: Encoder[str] = Encoder(str, _escaped, str, "".join, "", True)
PLAIN: Encoder[str] = Encoder(str, str, str, "".join, "", False)


class Program(Generic[Piece]):
    """A compiled document. Calling it with merge values returns the document for one contact."""

    __slots__ = ("join", "pieces", "repeated", "single")
    join: Callable[[Iterable[Piece]], Piece]

    def __init__(self, join: Callable[[Iterable[Piece]], Piece]) -> None:
        self.join = join
        self.pieces: list[Any] = []
        self.single: list[tuple[int, Callable[[Values], Piece]]] = []
        self.repeated: list[tuple[Sequence[int], Callable[[Values], Piece]]] = []

    def __call__(self, values: Values) -> Piece:
        pieces = self.pieces.copy()
        for place, slot in self.single:
            pieces[place] = slot(values)
        for places, slot in self.repeated:
            piece = slot(values)
            for place in places:
                pieces[place] = piece
        return self.join(pieces)

    @property
    def is_constant(self) -> bool:
        """Say whether it gives the same for everybody."""
        return not self.single and not self.repeated


class Unknown(Exception):
    """A node that only Liquid itself can render."""


def compile_program(template: BoundTemplate, encoder: Encoder[Piece]) -> Program[Piece]:
    """Return the program of a parsed template."""
    builder = _Builder(template, encoder)
    if any(_is_stateful(node) for node in template.nodes):
        program: Program[Piece] = Program(encoder.join)
        program.pieces.append(encoder.empty)
        program.single.append((0, builder.by_liquid(template.nodes)))
        return program
    return builder.program(template.nodes, outermost=True)


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
        slots: dict[str, tuple[list[int], Callable[[Values], Piece]]] = {}
        for node in nodes:
            if isinstance(node, ContentNode):
                program.pieces.append(self.encoder.run(node.text))
                continue
            key = str(node) if isinstance(node, OutputNode) else f"#{len(program.pieces)}"
            if key not in slots:
                slots[key] = ([], self.slot(node, outermost=outermost))
            slots[key][0].append(len(program.pieces))
            program.pieces.append(self.encoder.empty)
        program.single = [(places[0], slot) for places, slot in slots.values() if len(places) == 1]
        program.repeated = [(places, slot) for places, slot in slots.values() if len(places) > 1]
        return program

    def slot(self, node: Node, *, outermost: bool) -> Callable[[Values], Piece]:
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
        return self.by_liquid([node])

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

    def output(self, node: OutputNode) -> Callable[[Values], Piece]:
        """Return the slot of `{{ … }}`."""
        expression = node.expression
        if not isinstance(expression, FilteredExpression):
            raise Unknown
        if isinstance(expression.left, Path) and expression.left.path[0] == INTERNAL:
            return self.internal(str(expression.left.path[1]))
        if not expression.filters and isinstance(expression.left, Path) and _is_field(expression.left.path):
            head, tail = expression.left.path
            return self.shown_field(str(head), str(tail))
        return self.shown(_reader(expression, self.template))

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

    def shown_field(self, head: str, tail: str) -> Callable[[Values], Piece]:
        """Return the slot of `{{ head.tail }}`, by far the commonest: one call instead of two."""
        value, rarer = self.encoder.value, self.rarer

        def show(values: Values) -> Piece:
            inner = values.get(head)
            found = inner.get(tail) if type(inner) is dict else None
            return value(found) if type(found) is str else rarer(found)

        return show

    def rarer(self, found: Any) -> Piece:
        """Return a value that is no plain text: missing, a number, a list, or text that a filter escaped."""
        if found is None or is_undefined(found):
            return self.encoder.empty
        if type(found) is int:
            return self.encoder.token(str(found))
        return self.encoder.run(to_liquid_string(found, self.encoder.escapes))

    def choice(self, node: IfNode) -> Callable[[Values], Piece]:
        """Return the slot of `{% if %}` with its `elsif` and `else`."""
        branches = [(self.test(node.condition), self.branch(node.consequence))]
        branches += [(self.test(part.expression), self.branch(part.block)) for part in node.alternatives]
        otherwise = self.branch(node.default) if node.default else None
        empty = self.encoder.empty

        def choose(values: Values) -> Piece:
            for test, branch in branches:
                if test(values):
                    return branch(values)
            return otherwise(values) if otherwise else empty

        return choose

    def branch(self, block: BlockNode) -> Callable[[Values], Piece]:
        program = self.program(block.nodes)
        if not program.is_constant:
            return program
        constant = program({})
        return lambda values: constant

    def test(self, expression: Any) -> Callable[[Values], bool]:
        inner = expression.expression if isinstance(expression, BooleanExpression) else expression
        read = _reader(inner, self.template)

        def truth(values: Values) -> bool:
            found = read(values)
            return found if type(found) is bool else is_truthy(found)

        return truth

    def loop(self, node: ForNode) -> Callable[[Values], Piece]:
        """Return the slot of `{% for x in list %}` without limit, offset or reversed."""
        parts = node.expression
        if parts.limit or parts.offset or parts.reversed or not isinstance(parts.iterable, Path):
            raise Unknown
        read, body = _reader(parts.iterable, self.template), self.program(node.block.nodes)
        otherwise = self.branch(node.default) if node.default else None
        name, join, empty = parts.identifier, self.encoder.join, self.encoder.empty
        counts = any("forloop" in str(child) for child in node.block.nodes)

        def repeat(values: Values) -> Piece:
            items = _items(read(values))
            if not items:
                return otherwise(values) if otherwise else empty
            scope, pieces = values.copy(), []
            for index, item in enumerate(items[:MAX_LOOP]):
                scope[name] = item
                if counts:
                    scope["forloop"] = _forloop(index, len(items))
                pieces.append(body(scope))
            return join(pieces)

        return repeat


def _items(found: Any) -> Sequence[Any]:
    """Return what a loop walks through, as Liquid sees it: a text is one item, a dict its pairs."""
    if isinstance(found, dict):
        return list(found.items())
    if isinstance(found, str):
        return [found] if found else []
    return found if isinstance(found, (list, tuple)) else []


def _forloop(index: int, length: int) -> dict[str, Any]:
    return {
        "index": index + 1,
        "index0": index,
        "rindex": length - index,
        "rindex0": length - index - 1,
        "first": index == 0,
        "last": index == length - 1,
        "length": length,
    }


def _reader(expression: Any, template: BoundTemplate) -> Callable[[Values], Any]:
    """Return what reads an expression's value: closures for plain paths, Liquid's own `evaluate` for the rest."""
    if isinstance(expression, FilteredExpression):
        if not expression.filters:
            return _reader(expression.left, template)
        only = expression.filters[0] if len(expression.filters) == 1 else None
        if only is not None and only.name == "default" and len(only.args) == 1:
            otherwise = only.args[0].value
            if isinstance(otherwise, StringLiteral):
                return _with_default(_reader(expression.left, template), otherwise.value)
    if isinstance(expression, (EqExpression, NeExpression)) and isinstance(expression.right, StringLiteral):
        return _compared(
            _reader(expression.left, template), expression.right.value, isinstance(expression, EqExpression)
        )
    if isinstance(expression, Path) and all(isinstance(step, str) for step in expression.path):
        return _path([str(step) for step in expression.path])
    return lambda values: expression.evaluate(_Context(template, values))


def _with_default(read: Callable[[Values], Any], otherwise: str) -> Callable[[Values], Any]:
    def value(values: Values) -> Any:
        found = read(values)
        return otherwise if found is None or found is False or found in ("", [], {}) else found

    return value


def _compared(read: Callable[[Values], Any], text: str, wanted: bool) -> Callable[[Values], bool]:
    """Return the test of `x == "text"`, or of `x != "text"` when `wanted` is False."""
    return lambda values: (read(values) == text) is wanted


def _path(steps: list[str]) -> Callable[[Values], Any]:
    head, rest = steps[0], steps[1:]
    if len(rest) == 1 and rest[0] not in {"size", "first", "last"}:
        return _two_steps(head, rest[0])

    def walk(values: Values) -> Any:
        found: Any = values.get(head)
        for step in rest:
            found = found[step] if type(found) is dict and step in found else _step(found, step)
            if found is None:
                return None
        return found

    return walk


def _is_field(steps: Sequence[Any]) -> bool:
    return (
        len(steps) == 2 and all(isinstance(step, str) for step in steps) and steps[1] not in {"size", "first", "last"}
    )


def _two_steps(head: str, tail: str) -> Callable[[Values], Any]:
    def two(values: Values) -> Any:
        inner = values.get(head)
        return inner.get(tail) if type(inner) is dict else None

    return two


def _step(found: Any, step: str) -> Any:
    """Follow one name. Only plain dicts, lists and texts are looked into: no attribute of any object is ever read."""
    if type(found) is dict and step in found:
        return found[step]
    if step == "size" and isinstance(found, (list, tuple, str, dict)):
        return len(found)
    if step in {"first", "last"} and isinstance(found, (list, tuple)) and found:
        return found[0 if step == "first" else -1]
    return None


class _Context(RenderContext):
    """Liquid's context for one expression: the same rules for names, without a scope stack."""

    def __init__(self, template: BoundTemplate, values: Values) -> None:
        self.template = template
        self.env = template.env
        self.autoescape = template.env.autoescape
        self.values = values

    def get(self, path: list[Any], *, token: Any, default: Any = None) -> Any:
        found: Any = self.values.get(path[0])
        for step in path[1:]:
            if isinstance(step, int):
                found = found[step] if isinstance(found, (list, tuple)) and -len(found) <= step < len(found) else None
            else:
                found = _step(found, str(step))
            if found is None:
                break
        return self.env.undefined(".".join(map(str, path)), token=token) if found is None else found
