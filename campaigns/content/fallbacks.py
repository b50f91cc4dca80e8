"""Values of the contact that may be missing, and what the mail says then.

without("Hello {{ contact.first_name }}", "en")     # → [Gap("contact.first_name", line=1, …)]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode

from campaigns.content import merge

MAY_LACK = {"first_name", "last_name"}
BRANCHES = {"if", "elsif", "unless", "case", "when", "for"}


@dataclass(frozen=True, slots=True)
class Gap:
    """A value shown without words for those who lack it, and what to write instead."""

    name: str
    line: int
    remedy: str


def without(text: str, language: str) -> list[Gap]:
    """Return the shown values of the contact that neither have a `default` nor stand in a choice about them.

    Raises:  LiquidError when the text cannot be parsed.
    """
    if "contact." not in text:
        return []
    template = merge.parse(text, language=language, autoescape=False)
    return [_gap(text, name, at) for name, at in _walk(template.nodes, frozenset())]


def _walk(nodes: Iterable[Node], asked: frozenset[str]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, OutputNode):
            name = _lacking(node.expression)
            if name and name not in asked:
                yield name, node.token.start_index
            continue
        about = _asked_about(node) if node.token.value in BRANCHES else frozenset()
        yield from _walk(node.children(None, include_partials=False), asked | about)  # type: ignore[arg-type]


def _lacking(expression: Any) -> str:
    """Return the name that an output shows when it may be missing, else ''."""
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return ""
    if any(one.name == "default" for one in expression.filters or ()):
        return ""
    path = [str(step) for step in expression.left.path]
    is_person = (len(path) == 2 and path[1] in MAY_LACK) or (len(path) == 3 and path[1] == "attributes")
    return ".".join(path) if path[0] == "contact" and is_person else ""


def _asked_about(node: Node) -> frozenset[str]:
    """Return the names that a choice or loop is made about."""
    found: set[str] = set()
    waiting: list[Any] = list(node.expressions())
    while waiting:
        expression = waiting.pop()
        if isinstance(expression, Path):
            found.add(".".join(str(step) for step in expression.path))
        waiting += list(expression.children())
    return frozenset(found)


def _gap(text: str, name: str, at: int) -> Gap:
    friend = _("friend") if name.endswith("first_name") else ""
    remedy = _("Write {{ %(name)s | default: “%(word)s” }}, or put {%% if %(name)s %%} around it.")
    said = (remedy % {"name": name, "word": friend}).replace("“", '"').replace("”", '"')
    return Gap(name, text.count("\n", 0, max(at, 0)) + 1, said)
