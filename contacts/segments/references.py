"""Rules are looked over once more before they are kept: circles of segments, and names that nobody has.

check(tree, own_id=segment.pk)      # raises BadRule("all[1].value: There is no such campaign …")

What a kept rule names is archived, never deleted, so it stays true. Rules that are only tried out need no such check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from contacts.segments import sql
from contacts.segments.fields import Field, catalogue
from contacts.segments.known import Rows
from contacts.segments.rules import BadRule, Rule, leaves, parse

MAX_ASKED = 500  # comparisons, those of the segments asked about among them
MAX_INSIDE = 6  # segments within segments


def check(tree: Any, own_id: int | None = None) -> Rule:
    """Return the parsed rules when they may be kept as segment `own_id`.

    Raises:  BadRule: what `rules.parse` finds, a circle, too much behind the segments asked about, a name nobody has.
    """
    rule = parse(tree)
    sql.check_cycles(rule, own_id)
    _weigh(rule, 0, 0)
    fields = catalogue()
    for path, leaf in _located(tree, ""):
        _known(leaf, fields[leaf["field"]], path)
    return rule


def _located(tree: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every comparison of a tree with its place."""
    if "field" in tree:
        yield path, tree
    if "not" in tree:
        yield from _located(tree["not"], f"{path}.not".lstrip("."))
    for kind in ("all", "any"):
        for n, part in enumerate(tree.get(kind, [])):
            yield from _located(part, f"{path}.{kind}[{n}]".lstrip("."))


def _weigh(rule: Rule, asked: int, depth: int) -> int:
    """Add up the comparisons of the rule and of all segments it asks about, which SQL repeats at each place."""
    if depth > MAX_INSIDE:
        raise BadRule("segment", _("Segments stand too deeply within each other."), _("Ask about them directly."))
    for leaf in leaves(rule):
        asked += 1
        if leaf.field == "segment":
            asked = _weigh(parse(sql.rules_of(leaf.value)), asked, depth + 1)
        if asked > MAX_ASKED:
            raise BadRule(
                "segment",
                _("Together with the segments asked about there are too many rules."),
                _("Use at most %(n)d.") % {"n": MAX_ASKED},
            )
    return asked


def _known(leaf: dict[str, Any], field: Field, path: str) -> None:
    value: Any = leaf.get("value")
    if field.type == "act":
        said: dict[str, Any] = value or {}
        given = [(one.label, one.known, said[name]) for name, one in field.params.items() if name in said]
    else:
        given = [(field.label, field.known, one) for one in (value if isinstance(value, list) else [value])]
    for label, known, one in given:
        if isinstance(known, Rows) and known.label(one) is None:
            raise BadRule(
                f"{path}.value".lstrip("."),
                _("There is no %(what)s “%(value)s”.") % {"what": label, "value": str(one)[:60]},
                _("Choose one from the list."),
            )
