"""Segment rules: a JSON tree in, a checked `Rule` out, and the sentence that says what it means.

parse({"all": [{"field": "language", "op": "is", "value": "fr"},
               {"not": {"field": "tag", "op": "has", "value": "staff"}}]})
describe(rule, "en")      # → "People for whom language is French and not (tag has “staff”)"

`{}` means nobody, `{"all": []}` everybody. A leaf may say `"unknown": true`: who is not observable counts as a yes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.money import money
from contacts.segments import periods
from contacts.segments.fields import Field, Leaf, Param, catalogue
from contacts.segments.ops import OPS, BadValue, check

MAX_DEPTH = 12  # levels; deeper than any person reads
MAX_LEAVES = 200


class BadRule(ValueError):
    """A rule tree cannot be used; `path` says where ("all[1].value"), `remedy` what to do."""

    def __init__(self, path: str, message: str, remedy: str) -> None:
        self.path, self.message, self.remedy = path, message, remedy
        super().__init__(f"{path or _('rules')}: {message} {remedy}")


@dataclass(frozen=True)
class All:
    """True where every part is; with no part, for everybody."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True)
class Any_:
    """True where at least one part is; with no part, for nobody."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True)
class Not:
    """True where the part is known to be false."""

    part: Rule


Rule = All | Any_ | Not | Leaf
NOBODY = Any_(())


def parse(tree: Any, fields: dict[str, Field] | None = None) -> Rule:
    """Return the checked rule. Operators like "is not" come out as Not(is). `fields`: the catalogue, if it is at hand.

    Raises:  BadRule at the first place that is wrong.
    """
    if tree == {}:
        return NOBODY
    parser = _Parser(catalogue() if fields is None else fields)
    return parser.node(tree, "", 0)


def parsed(tree: Any) -> Rule:
    """Return the rule of a tree; what is a rule already comes back as it is.

    Raises:  BadRule.
    """
    return tree if isinstance(tree, (All, Any_, Not, Leaf)) else parse(tree)


class _Parser:
    def __init__(self, fields: dict[str, Field]) -> None:
        self.fields, self.leaves = fields, 0

    def node(self, tree: Any, path: str, depth: int) -> Rule:
        if depth > MAX_DEPTH:
            raise BadRule(
                path, _("The rules are nested too deeply."), _("Use at most %(n)d levels.") % {"n": MAX_DEPTH}
            )
        if not isinstance(tree, dict):
            raise BadRule(path, _("A rule is wanted here."), _('Write {"field": …, "op": …, "value": …}.'))
        groups = [key for key in ("all", "any", "not") if key in tree]
        if not groups:
            return self.leaf(tree, path)
        if len(tree) > 1:
            raise BadRule(
                path,
                _("“all”, “any” and “not” stand alone in their braces."),
                _("Put the rest into a rule of its own."),
            )
        inner = f"{path}.{groups[0]}" if path else groups[0]
        if groups[0] == "not":
            return Not(self.node(tree["not"], inner, depth + 1))
        parts = self.parts(tree[groups[0]], inner, depth)
        return All(parts) if groups[0] == "all" else Any_(parts)

    def parts(self, items: Any, path: str, depth: int) -> tuple[Rule, ...]:
        if not isinstance(items, list):
            raise BadRule(path, _("A list of rules is wanted here."), _("Write the rules between [ and ]."))
        return tuple(self.node(item, f"{path}[{n}]", depth + 1) for n, item in enumerate(items))

    def leaf(self, tree: dict[str, Any], path: str) -> Rule:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise BadRule(path, _("There are too many rules."), _("Use at most %(n)d.") % {"n": MAX_LEAVES})
        for key in tree:
            if key not in ("field", "op", "value", "unknown"):
                raise BadRule(
                    path, _("“%(key)s” is not part of a rule.") % {"key": str(key)[:40]},
                    _("A rule has field, op, value and, if wanted, unknown."),
                )  # fmt: skip
        field = self.field(tree.get("field"), f"{path}.field".lstrip("."))
        op = self.op(field, tree.get("op"), f"{path}.op".lstrip("."))
        try:
            value = check(field.type, OPS[op], tree.get("value"), field.params)
        except BadValue as why:
            raise BadRule(f"{path}.value".lstrip("."), why.message, why.remedy) from None
        unknown = tree.get("unknown", False)
        if not isinstance(unknown, bool):
            raise BadRule(f"{path}.unknown".lstrip("."), _("Yes or no is wanted."), _("Write true or false."))
        if positive := OPS[op].negates:
            return Not(Leaf(field.key, positive, value, False if unknown else None))
        return Leaf(field.key, op, value, True if unknown else None)

    def field(self, key: Any, path: str) -> Field:
        found = self.fields.get(key) if isinstance(key, str) else None
        if found is None:
            raise BadRule(
                path, _("There is no field “%(key)s”.") % {"key": str(key)[:60]},
                _("Known are: %(names)s.") % {"names": ", ".join(sorted(self.fields))},
            )  # fmt: skip
        return found

    def op(self, field: Field, key: Any, path: str) -> str:
        if not isinstance(key, str) or key not in field.ops:
            raise BadRule(
                path,
                _("“%(field)s” cannot be compared by “%(op)s”.") % {"field": field.label, "op": str(key)[:40]},
                _("Use one of: %(ops)s.") % {"ops": ", ".join(field.ops)},
            )
        return key


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Yield every comparison of the rule."""
    if isinstance(rule, Leaf):
        yield rule
    elif isinstance(rule, Not):
        yield from leaves(rule.part)
    else:
        for part in rule.parts:
            yield from leaves(part)


def segments_in(rule: Rule) -> set[int]:
    """Return the ids of the segments that the rule asks about."""
    return {leaf.value for leaf in leaves(rule) if leaf.field == "segment"}


def describe(rule: Rule, language: str | None = None, fields: dict[str, Field] | None = None) -> str:
    """Return the rule as one readable sentence in the language, or in the one now active."""
    with translation.override(language or translation.get_language()):
        if rule == NOBODY:
            return _("Nobody yet: add a first rule.")
        if rule == All(()):
            return _("Everybody.")
        known = catalogue() if fields is None else fields
        return _("People for whom this holds: %(rule)s.") % {"rule": _words(rule, known, outermost=True)}


def phrase(rule: Rule) -> str:
    """Return the rule's words alone, in the language now active."""
    return _words(rule, catalogue(), outermost=True)


def _words(rule: Rule, fields: dict[str, Field], *, outermost: bool = False) -> str:
    if isinstance(rule, Leaf):
        return _leaf_words(rule, fields[rule.field], rule.op)
    if isinstance(rule, Not):
        if isinstance(rule.part, Leaf):
            for op in OPS.values():
                if op.negates == rule.part.op and op.key in fields[rule.part.field].ops:
                    return _leaf_words(rule.part, fields[rule.part.field], op.key)
        return _("not (%(rule)s)") % {"rule": _words(rule.part, fields, outermost=True)}
    if not rule.parts:
        return _("anything holds") if isinstance(rule, All) else _("nothing holds")
    joined = (_(" and ") if isinstance(rule, All) else _(" or ")).join(_words(part, fields) for part in rule.parts)
    return joined if outermost or len(rule.parts) == 1 else f"({joined})"


def _leaf_words(leaf: Leaf, field: Field, op: str) -> str:
    said = _act_words(leaf.value or {}, field) if field.type == "act" else _value_words(leaf.value, field, op)
    words = str(OPS[op].phrase) % {"field": field.label, "value": said}
    return _("%(rule)s, or nothing is known") % {"rule": words} if leaf.unknown is not None else words


def _value_words(value: Any, field: Field, op: str) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return (_(" and ") if op == "between" else ", ").join(_value_words(one, field, op) for one in value)
    if OPS[op].wants == "period":
        return str(periods.LABELS[value])
    if field.type == "money":
        return _money(value)
    label = field.known.label(value) if field.known else None
    if label is not None:
        return f"“{label}”"
    if field.type == "date" and OPS[op].wants in ("value", "pair"):
        return _day(value)
    return f"“{value}”" if isinstance(value, str) else number_format(value) if isinstance(value, float) else str(value)


def _act_words(value: dict[str, Any], field: Field) -> str:
    """Return an act's conditions as they follow its label: “ (shop: Lyon) last winter, at least 2 times”."""
    own = [_param_words(field.params[name], given) for name, given in value.items() if name in field.params]
    said = f" ({', '.join(own)})" if own else ""
    said += _when_words(value)
    least, most = value.get("at_least", 1), value.get("at_most")
    if most is not None and least > 1:
        said += _(", %(least)d to %(most)d times") % {"least": least, "most": most}
    elif most is not None:
        said += ngettext(", at most once", ", at most %(n)d times", most) % {"n": most}
    elif least > 1:
        said += _(", at least %(n)d times") % {"n": least}
    return said


def _when_words(value: dict[str, Any]) -> str:
    if "days" in value:
        return ngettext(" in the last day", " in the last %(n)d days", value["days"]) % {"n": value["days"]}
    if "period" in value:
        return f" {periods.LABELS[value['period']]}"
    if "from" in value and "until" in value:
        return _(" from %(first)s to %(last)s") % {"first": _day(value["from"]), "last": _day(value["until"])}
    if "from" in value:
        return _(" since %(day)s") % {"day": _day(value["from"])}
    return _(" until %(day)s") % {"day": _day(value["until"])} if "until" in value else ""


def _param_words(param: Param, value: Any) -> str:
    label = param.known.label(value) if param.known else None
    said = _money(value) if param.is_money else label if label is not None else str(value)
    return _("%(name)s: %(value)s") % {"name": param.label, "value": said}


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "DATE_FORMAT")


def _money(amount_minor: int) -> str:
    return money(amount_minor, settings.BASE_CURRENCY, translation.get_language() or settings.LANGUAGE_CODE)
