"""How the merge language reads plain values: closures for paths, Liquid's `evaluate` for the rest.

    read = reader(expression, template)
    read({"contact": {"first_name": "Ann"}})     # → "Ann"

Only plain dicts, lists and texts are looked into: no attribute of any object is ever read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from liquid import BoundTemplate, RenderContext
from liquid.builtin.expressions import FilteredExpression, Path, StringLiteral
from liquid.builtin.expressions.logical import EqExpression, NeExpression

from campaigns.content.columns import Batch, Steps, Values

FOUND = {"size", "first", "last"}  # steps that ask something of a list instead of naming a field


def items_of(found: Any) -> Sequence[Any]:
    """Return what a loop walks through, as Liquid sees it: a text is one item, a dict its pairs."""
    if isinstance(found, dict):
        return list(found.items())
    if isinstance(found, str):
        return [found] if found else []
    return found if isinstance(found, (list, tuple)) else []


def forloop(index: int, length: int) -> dict[str, Any]:
    """Return what `forloop` says inside a loop."""
    return {
        "index": index + 1,
        "index0": index,
        "rindex": length - index,
        "rindex0": length - index - 1,
        "first": index == 0,
        "last": index == length - 1,
        "length": length,
    }


def reader(expression: Any, template: BoundTemplate) -> Callable[[Values], Any]:
    """Return what reads an expression's value: closures for plain paths, Liquid's own `evaluate` for the rest."""
    if isinstance(expression, FilteredExpression):
        if not expression.filters:
            return reader(expression.left, template)
        otherwise = fallback(expression)
        if otherwise is not None:
            return with_default(reader(expression.left, template), otherwise)
    if isinstance(expression, (EqExpression, NeExpression)) and isinstance(expression.right, StringLiteral):
        return compared(reader(expression.left, template), expression.right.value, isinstance(expression, EqExpression))
    if isinstance(expression, Path) and all(isinstance(step, str) for step in expression.path):
        return path_of([str(step) for step in expression.path])
    return lambda values: expression.evaluate(_Context(template, values))


def column_reader(expression: Any, template: BoundTemplate) -> Callable[[Batch], list[Any]]:
    """Return what reads an expression's values for a whole batch: plain paths by the column, the rest one by one."""
    if (steps := steps_of(expression)) is not None:
        return partial(Batch.field, steps=steps)
    if isinstance(expression, FilteredExpression) and (steps := steps_of(expression.left)) is not None:
        otherwise = fallback(expression)
        if otherwise is not None:
            return partial(_field_or, steps=steps, otherwise=otherwise)
    is_equal = isinstance(expression, EqExpression) and isinstance(expression.right, StringLiteral)
    if is_equal and (steps := steps_of(expression.left)) is not None:
        return partial(_field_is, steps=steps, text=expression.right.value)
    read = reader(expression, template)
    return lambda batch: list(map(read, batch.people))


def _field_or(batch: Batch, steps: Steps, otherwise: str) -> list[Any]:
    return [each or or_else(each, otherwise) for each in batch.field(steps)]


def _field_is(batch: Batch, steps: Steps, text: str) -> list[Any]:
    return [each == text for each in batch.field(steps)]


def steps_of(expression: Any) -> Steps | None:
    """Return the names of a path that only names fields, None for every other expression."""
    if isinstance(expression, FilteredExpression) and not expression.filters:
        expression = expression.left
    if not isinstance(expression, Path) or not all(isinstance(step, str) for step in expression.path):
        return None
    steps = tuple(str(step) for step in expression.path)
    return None if FOUND & set(steps[1:]) else steps


def fallback(expression: FilteredExpression) -> str | None:
    """Return the words of `| default: "words"` when that is the expression's only filter."""
    filters = expression.filters or []
    only = filters[0] if len(filters) == 1 else None
    if only is None or only.name != "default" or len(only.args) != 1:
        return None
    otherwise = only.args[0].value
    return str(otherwise.value) if isinstance(otherwise, StringLiteral) else None


def or_else(found: Any, otherwise: Any) -> Any:
    """Return a value, or the other one where Liquid's `default` would take it."""
    return otherwise if found is None or found is False or found in ("", [], {}) else found


def with_default(read: Callable[[Values], Any], otherwise: str) -> Callable[[Values], Any]:
    return lambda values: or_else(read(values), otherwise)


def compared(read: Callable[[Values], Any], text: str, wanted: bool) -> Callable[[Values], bool]:
    """Return the test of `x == "text"`, or of `x != "text"` when `wanted` is False."""
    return lambda values: (read(values) == text) is wanted


def path_of(steps: list[str]) -> Callable[[Values], Any]:
    head, rest = steps[0], steps[1:]
    if len(rest) == 1 and rest[0] not in {"size", "first", "last"}:
        return _two_steps(head, rest[0])

    if len(rest) == 2 and not {"size", "first", "last"} & set(rest):
        return _three_steps(head, rest[0], rest[1])

    def walk(values: Values) -> Any:
        found: Any = values.get(head)
        for step in rest:
            found = found[step] if type(found) is dict and step in found else _step(found, step)
            if found is None:
                return None
        return found

    return walk


def is_field(steps: Sequence[Any]) -> bool:
    return (
        len(steps) == 2 and all(isinstance(step, str) for step in steps) and steps[1] not in {"size", "first", "last"}
    )


def _two_steps(head: str, tail: str) -> Callable[[Values], Any]:
    def two(values: Values) -> Any:
        inner = values.get(head)
        return inner.get(tail) if type(inner) is dict else None

    return two


def _three_steps(head: str, middle: str, tail: str) -> Callable[[Values], Any]:
    def three(values: Values) -> Any:
        outer = values.get(head)
        inner = outer.get(middle) if type(outer) is dict else None
        return inner.get(tail) if type(inner) is dict else None

    return three


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
