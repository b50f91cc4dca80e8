"""Many rows in one statement, past the ORM: `INSERT … ON CONFLICT` and `UPDATE`, alike on SQLite and PostgreSQL.

insert(Contact, ["email", "first_name"], rows, unique=["email"])      # rows that exist already are left alone
update(Contact, ["first_name"], [(7, "Ann"), (8, "Ben")])             # by primary key

PostgreSQL gets arrays (one round trip, one plan), SQLite executemany: 5 to 7 times as fast as bulk_create.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models import Model

Rows = Sequence[Sequence[Any]]

# Array types by field; varchar(n)[] would cut in silence what is too long.
_ARRAYS = {"BigAutoField": "bigint", "ForeignKey": "bigint", "BooleanField": "boolean", "JSONField": "text"}
_ARRAYS |= {"DateTimeField": "timestamptz", "PositiveSmallIntegerField": "integer", "BigIntegerField": "bigint"}


def insert(model: type[Model], columns: Sequence[str], rows: Rows, *, unique: Sequence[str] = ()) -> None:
    """Insert the rows; those that would break the unique columns are skipped.

    Writes:  one statement. Columns without a default in the database must all be named.
    """
    if not rows:
        return
    fields = _fields(model, columns)
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    skip = (
        f" ON CONFLICT ({', '.join(quote(str(f.column)) for f in _fields(model, unique))}) DO NOTHING" if unique else ""
    )
    into = f"INSERT INTO {quote(model._meta.db_table)} ({names})"
    if connection.vendor == "postgresql":
        picked = ", ".join(_picked(field, n) for n, field in enumerate(fields))
        sql = f"{into} SELECT {picked} FROM {_unnested(fields)}{skip}"  # noqa: S608 - names of our own models only
        _run(sql, _columns(fields, rows))
    else:
        marks = ", ".join(["%s"] * len(fields))
        _run_many(f"{into} VALUES ({marks}){skip}", _adapted(fields, rows))


def update(model: type[Model], columns: Sequence[str], rows: Rows) -> None:
    """Set the columns of rows given as (primary key, value, …)."""
    if not rows:
        return
    fields = _fields(model, columns)
    key = model._meta.pk
    assert key is not None  # noqa: S101 - every model has one
    key_column = str(key.column)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    if connection.vendor == "postgresql":
        both = [key, *fields]
        sets = ", ".join(f"{quote(str(field.column))} = {_picked(field, n)}" for n, field in enumerate(fields, start=1))
        where = f"{table}.{quote(key_column)} = v.c0"
        _run(f"UPDATE {table} SET {sets} FROM {_unnested(both)} WHERE {where}", _columns(both, rows))  # noqa: S608
    else:
        sets = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
        turned = [(*row[1:], row[0]) for row in rows]
        sql = f"UPDATE {table} SET {sets} WHERE {quote(key_column)} = %s"  # noqa: S608 - names of our own models only
        _run_many(sql, _adapted([*fields, key], turned))


def _fields(model: type[Model], columns: Sequence[str]) -> list[models.Field[Any, Any]]:
    return [model._meta.get_field(name) for name in columns]  # type: ignore[misc]


def _picked(field: models.Field[Any, Any], n: int) -> str:
    return f"v.c{n}::jsonb" if isinstance(field, models.JSONField) else f"v.c{n}"


def _unnested(fields: Sequence[models.Field[Any, Any]]) -> str:
    arrays = ", ".join(f"%s::{_ARRAYS.get(field.get_internal_type(), 'text')}[]" for field in fields)
    return f"unnest({arrays}) AS v({', '.join(f'c{n}' for n in range(len(fields)))})"


def _columns(fields: Sequence[models.Field[Any, Any]], rows: Rows) -> list[list[Any]]:
    adapted = _adapted(fields, rows)
    return [list(column) for column in zip(*adapted, strict=True)]


def _adapted(fields: Sequence[models.Field[Any, Any]], rows: Rows) -> list[tuple[Any, ...]]:
    adapters = [_adapter(field) for field in fields]
    if not any(adapters):
        return [tuple(row) for row in rows]
    return [tuple(a(v) if a else v for a, v in zip(adapters, row, strict=True)) for row in rows]


def _adapter(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, cls=DjangoJSONEncoder)
    if isinstance(field, models.DateTimeField) and connection.vendor == "sqlite":
        return connection.ops.adapt_datetimefield_value
    return None


def _run(sql: str, params: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _run_many(sql: str, rows: Rows) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
