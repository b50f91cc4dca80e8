"""Rules while a person builds them: rows of a form, whole or not yet, and the presses that add, move and remove them.

draft = from_tree(segment.rules)         # to show
draft = from_post(request.POST)          # what stands in the form
press(draft, "rule:r")                   # a new row at the end of the outermost group
to_tree(draft).tree                      # {"all": [{"field": "language", "op": "is", "value": "fr"}]}

Every row has an id, its way from the root: "r" is the outermost group, "r-0" its first row, "r-0-2" the third of that.
A form holds "<id>:kind", of groups ":mode" and ":n", of rules ":field", ":op", ":unknown" and the inputs of the value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contacts.segments.fields import Field, catalogue
from contacts.segments.reading import money_typed, value_of
from contacts.segments.rules import MAX_DEPTH, MAX_LEAVES

MODES = ("all", "any", "none", "not_all")
INPUTS = ("value", "value2", "when", "days", "period", "from", "until", "at_least", "at_most")


@dataclass
class Row:
    """One comparison: what is chosen so far. `given` are the value's inputs as text, by name; lists for several."""

    field: str = ""
    op: str = ""
    given: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    unknown: bool = False


@dataclass
class Group:
    """Rows and groups of which all, at least one, none or not all must hold."""

    mode: str = "all"
    parts: list[Row | Group] = dataclasses.field(default_factory=list)


@dataclass(frozen=True)
class Made:
    """The tree that a draft stands for; `rows` tells which row a place in the tree came from."""

    tree: dict[str, Any]
    rows: dict[str, str]
    blank: str = ""  # the id of a row in which nothing is chosen yet

    def row_at(self, path: str) -> str:
        """Return the row of a BadRule's path: the deepest one that it lies in."""
        return self.rows[max((key for key in self.rows if path.startswith(key)), key=len)]


# --- From and to the tree --------------------------------------------------------------------------------------------


def from_tree(tree: Any) -> Group:
    """Return the draft of a checked tree."""
    part = _part(tree) if tree else Group()
    return part if isinstance(part, Group) else Group("all", [part])


def _part(tree: dict[str, Any]) -> Row | Group:
    if "not" in tree:
        inner = tree["not"]
        if "any" in inner or "all" in inner:
            kind = "any" if "any" in inner else "all"
            return Group("none" if kind == "any" else "not_all", [_part(one) for one in inner[kind]])
        return Group("none", [_part(inner)])
    for kind in ("all", "any"):
        if kind in tree:
            return Group(kind, [_part(one) for one in tree[kind]])
    given = _given(tree.get("value"), catalogue()[tree["field"]])
    return Row(tree["field"], tree["op"], given, bool(tree.get("unknown")))


def _given(value: Any, field: Field) -> dict[str, list[str]]:
    if isinstance(value, dict):
        amounts = {name for name, param in field.params.items() if param.is_money}
        when = "between" if "from" in value or "until" in value else "".join({"days", "period"} & set(value))
        return {"when": [when], **{name: [_text(one, name in amounts)] for name, one in value.items()}}
    values = value if isinstance(value, list) else [] if value is None else [value]
    return {"value": [_text(one, field.type == "money") for one in values]}


def _text(value: Any, is_money: bool = False) -> str:
    if is_money:
        return money_typed(str(value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def to_tree(draft: Group) -> Made:
    """Return the tree of what is whole in the draft; rows in which nothing is chosen yet are left out."""
    rows: dict[str, str] = {}
    blank: list[str] = []

    def made(part: Row | Group, at: str, path: str) -> dict[str, Any] | None:
        rows[path] = at
        if isinstance(part, Row):
            if not part.field:
                blank.append(at)
                return None
            leaf: dict[str, Any] = {"field": part.field, "op": part.op}
            value = value_of(part)
            leaf |= {} if value is None else {"value": value}
            return leaf | ({"unknown": True} if part.unknown else {})
        inner = "any" if part.mode in ("any", "none") else "all"
        outer = f"{path}.not" if part.mode in ("none", "not_all") else path
        base = f"{outer}.{inner}".lstrip(".")
        whole: list[dict[str, Any]] = []
        for n, one in enumerate(part.parts):
            found = made(one, f"{at}-{n}", f"{base}[{len(whole)}]")
            whole += [found] if found is not None else []
        if part.parts and not whole:
            return None
        tree: dict[str, Any] = {inner: whole}
        return {"not": tree} if part.mode in ("none", "not_all") else tree

    tree = made(draft, "r", "") if draft.parts else None  # without a rule nobody is meant, whatever the mode
    return Made(tree or {}, rows, blank[0] if blank else "")


# --- From the form ---------------------------------------------------------------------------------------------------


def from_post(data: Mapping[str, Any]) -> Group:
    """Return the draft that a form holds; what is no part of one is left out."""
    getlist = getattr(data, "getlist", lambda name: [data[name]] if name in data else [])
    budget = [MAX_LEAVES * 2]

    def one(name: str) -> str:
        found = getlist(name)
        return str(found[-1]) if found else ""

    def read(at: str, depth: int) -> Row | Group:
        budget[0] -= 1
        if one(f"{at}:kind") != "group":
            names = [name for name in data if name.startswith(f"{at}:")]
            given = {name[len(at) + 1 :]: [str(text) for text in getlist(name)] for name in names}
            unknown = given.pop("unknown", [""])[-1] == "on"
            chosen = given.pop("field", [""])[-1], given.pop("op", [""])[-1]
            given.pop("kind", None)
            return Row(*chosen, given, unknown)
        mode = one(f"{at}:mode")
        n = int(one(f"{at}:n")) if one(f"{at}:n").isascii() and one(f"{at}:n").isdecimal() else 0
        n = min(n, budget[0]) if depth <= MAX_DEPTH else 0
        return Group(mode if mode in MODES else "all", [read(f"{at}-{k}", depth + 1) for k in range(n)])

    root = read("r", 0)
    return root if isinstance(root, Group) else Group()


# --- Presses ---------------------------------------------------------------------------------------------------------


def press(draft: Group, pressed: str) -> str:
    """Change the draft as a button says ("rule:r", "remove:r-0", "up:r-1") and return the id to put the cursor on."""
    act, _colon, at = pressed.partition(":")
    presses = {"rule": _add_rule, "group": _add_group, "leave_out": _leave_out, "remove": _remove, "nest": _nest}
    if act in presses:
        return presses[act](draft, at)
    return _move(draft, at, act) if act in ("up", "down") else ""


def find(draft: Group, at: str) -> Row | Group | None:
    """Return the row or group of this id, None when there is none."""
    here: Row | Group = draft
    for step in at.split("-")[1:]:
        if not isinstance(here, Group) or not step.isdecimal() or int(step) >= len(here.parts):
            return None
        here = here.parts[int(step)]
    return here


def _around(draft: Group, at: str) -> tuple[Group | None, int, str]:
    """Return the group that holds this row, the row's place in it, and the group's id."""
    above, _dash, last = at.rpartition("-")
    group = find(draft, above) if above else None
    if not isinstance(group, Group) or not last.isdecimal() or int(last) >= len(group.parts):
        return None, 0, ""
    return group, int(last), above


def _add(draft: Group, at: str, part: Row | Group) -> str:
    group = find(draft, at)
    if not isinstance(group, Group):
        return ""
    group.parts.append(part)
    return f"{at}-{len(group.parts) - 1}"


def _add_rule(draft: Group, at: str) -> str:
    return f"{_add(draft, at, Row())}:field"


def _add_group(draft: Group, at: str) -> str:
    group = find(draft, at)
    other = "all" if isinstance(group, Group) and group.mode == "any" else "any"
    return f"{_add(draft, at, Group(other, [Row()]))}-0:field"


def _leave_out(draft: Group, at: str) -> str:
    """People who are left out whatever else is true of them: the outermost rules become one of two parts."""
    if draft.mode != "all":
        draft.parts = [Group(draft.mode, draft.parts)]
        draft.mode = "all"
    return f"{_add(draft, 'r', Group('none', [Row()]))}-0:field"


def _remove(draft: Group, at: str) -> str:
    group, n, above = _around(draft, at)
    if group is None:
        return ""
    del group.parts[n]
    if not group.parts and above != "r":  # a group without rules says nothing
        return _remove(draft, above)
    return f"{above}:add"


def _nest(draft: Group, at: str) -> str:
    group, n, _above = _around(draft, at)
    if group is None:
        return ""
    group.parts[n] = Group("any" if group.mode == "all" else "all", [group.parts[n], Row()])
    return f"{at}-1:field"


def _move(draft: Group, at: str, where: str) -> str:
    group, n, above = _around(draft, at)
    if group is None:
        return ""
    to = n + (1 if where == "down" else -1)
    if not 0 <= to < len(group.parts):
        return f"{at}:{where}"
    group.parts[n], group.parts[to] = group.parts[to], group.parts[n]
    return f"{above}-{to}:{where}"
