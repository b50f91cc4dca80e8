"""Raw SQL that reads alike on both databases: the database's own clock, prepared statements, rows given as values.

rows(f"UPDATE … SET lease_until = {after()} … RETURNING id", [120, …])
"""

# ruff: noqa: S608 - what is put into these statements are our own names and placeholders
from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection

Row = tuple[Any, ...]
ONLY_WHERE_SAID = 2**31  # runs of a statement after which psycopg would prepare it unasked


@cache
def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def now() -> str:
    """Return SQL for the database's clock, comparable with Django's stored times."""
    return "statement_timestamp()" if is_postgresql() else "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"


def after(seconds: str = "%s") -> str:
    """Return SQL for a time that many seconds from now; `seconds` is a placeholder or a column."""
    if is_postgresql():
        return f"(statement_timestamp() + make_interval(secs => {seconds}))"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', ({seconds}) || ' seconds')"


def table(
    columns: Sequence[str], types: Sequence[str], values: Sequence[Row], name: str = "v"
) -> tuple[str, list[Any]]:
    """Return a `WITH name(columns) AS (…)` clause and its parameters.

    PostgreSQL gets one array a column, so the statement's text is the same for any number of rows and stays prepared.
    """
    head = f"WITH {name}({', '.join(columns)}) AS "
    if is_postgresql():
        arrays = ", ".join(f"%s::{each}[]" for each in types)
        return f"{head}(SELECT * FROM unnest({arrays})) ", [list(column) for column in zip(*values, strict=True)]
    places = f"({', '.join(['%s'] * len(columns))})"
    return f"{head}(VALUES {', '.join([places] * len(values))}) ", [value for row in values for value in row]


def rows(sql: str, parameters: Sequence[Any]) -> list[Row]:
    """Run a statement that returns rows, prepared on PostgreSQL (planning costs more than running there)."""
    if not is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())
    import psycopg

    connection.ensure_connection()
    if connection.connection.prepare_threshold is None:  # Django's default, under which prepare=True is ignored
        connection.connection.prepare_threshold = ONLY_WHERE_SAID
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as prepared:
        return list(prepared.execute(sql.encode(), parameters, prepare=True).fetchall())


def count(sql: str, parameters: Sequence[Any]) -> int:
    """Run a statement that changes rows and return how many."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
