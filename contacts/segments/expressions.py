"""SQL for typed attributes that means the same on SQLite and PostgreSQL, and never NULL.

holds(AttributeValue("points", "number"), GreaterThan, 500)     # a condition that is true or false, never unknown
"""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, CharField, F, Field, FloatField, Func, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull, Lookup
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[Any, ...]]
NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")  # of an attribute, as its slug field allows

_FIELDS: dict[str, type[Field[Any, Any]]] = {"number": FloatField}
_SQLITE_TYPES = {"number": "('integer', 'real')", "boolean": "('true', 'false')", "list": "('array')"}
_POSTGRES_TYPES = {"number": "number", "boolean": "boolean", "list": "array"}


class AttributeValue(Func):
    """`Contact.attributes[name]` when it has the declared type, else NULL. Yes and no come as 'true' and 'false'."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(F("attributes"), output_field=_FIELDS.get(kind, CharField)())
        # The name stands in the SQL itself, not beside it: only then can an index over the same words serve it.
        if not NAME.fullmatch(name):
            raise ValueError(name)
        self.name, self.kind = name, kind

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        column, params = compiler.compile(self.source_expressions[0])
        path = f"'$.\"{self.name}\"'"
        kinds = _SQLITE_TYPES.get(self.kind, "('text')")
        value = f"json_type({column}, {path})" if self.kind == "boolean" else f"json_extract({column}, {path})"
        if self.kind == "date":
            value = f"substr({value}, 1, 10)"
        return f"CASE WHEN json_type({column}, {path}) IN {kinds} THEN {value} END", tuple(params) * 2

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        column, params = compiler.compile(self.source_expressions[0])
        kind = _POSTGRES_TYPES.get(self.kind, "string")
        guard, value, used = f"jsonb_typeof({column} -> '{self.name}') = '{kind}'", f"({column} ->> '{self.name}')", 2
        if self.kind == "number":  # longer numbers than a double holds would stop the whole query
            guard = f"{guard} AND length({column} ->> '{self.name}') < 100"
            value, used = f"{value}::double precision", 3
        if self.kind == "date":
            value = f"left({value}, 10)"
        return f"CASE WHEN {guard} THEN {value} END", tuple(params) * used


class AttributeListHas(Func):
    """Whether the list attribute holds this text exactly."""

    output_field = BooleanField()

    def __init__(self, name: str, value: str) -> None:
        super().__init__(F("attributes"))
        self.name, self.value = name, value

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        column, params = compiler.compile(self.source_expressions[0])
        path = f'$."{self.name}"'
        sql = (
            f"(COALESCE(json_type({column}, %s), '') = 'array' AND EXISTS (SELECT 1 "  # noqa: S608 - our own column
            f"FROM json_each({column}, %s) AS item WHERE item.type = 'text' AND item.value = %s))"
        )
        return sql, (*params, path, *params, path, self.value)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        column, params = compiler.compile(self.source_expressions[0])
        sql = f"COALESCE({column} -> %s::text @> jsonb_build_array(%s::text), false)"
        return sql, (*params, self.name, self.value)


class Folded(Func):
    """Text with the letters A–Z in lower case and no others, which both databases and Python can do alike."""

    function = "LOWER"
    output_field = CharField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        inner, params = compiler.compile(self.source_expressions[0])
        return f"translate({inner}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')", tuple(params)


_FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def fold(text: str) -> str:
    """Return the text as `Folded` makes it in SQL."""
    return text.translate(_FOLD)


def holds(left: Any, lookup: type[Lookup[Any]], right: Any, *, is_indexed: bool = False) -> Q:
    """Return the condition `left lookup right` as one that is false, not NULL, where left is NULL.

    is_indexed  written so that an index over `left` can serve it; costs a second look at the value without one.
    """
    if is_indexed:
        return Q(lookup(left, right)) & Q(IsNull(left, False))
    return Q(Coalesce(lookup(left, right), Value(False), output_field=BooleanField()))
