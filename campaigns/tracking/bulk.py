"""Many rows in one statement whose text never changes, so that it stays prepared: the ingest's way to the database.

    rows(f"SELECT … WHERE d.id {among()}", [ids({7, 8})])
    write("INSERT INTO … (a, b) {rows} ON CONFLICT …", ["bigint", "text"], [(1, "x"), (2, "y")])

PostgreSQL gets one array a column, SQLite one prepared row after the other: on each the fastest there is beside COPY.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from campaigns.delivery.database import Row, is_postgresql, rows

__all__ = ["UTC", "among", "array", "copy", "ids", "moment", "placeholders", "raw", "rows", "stamp", "write"]

COPIED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
QUOTED = str.maketrans({"\\": r"\\", '"': r"\""})


def among() -> str:
    """Return SQL for "one of these ids", which are one parameter made by `ids`."""
    return "= ANY(%s::bigint[])" if is_postgresql() else "IN (SELECT value FROM json_each(%s))"


def ids(values: Iterable[int]) -> str:
    """Return the ids as the parameter of `among`."""
    inside = ",".join(map(str, sorted(values)))
    return f"{{{inside}}}" if is_postgresql() else f"[{inside}]"


def stamp(at: datetime) -> str:
    """Return the time as text for a column of times: Django's own on SQLite; PostgreSQL's connections are on UTC."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(" ")[:-6]


def raw(column: str) -> str:
    """Return SQL for a column of times as the driver has it: SQLite's text is not turned into a time for each row."""
    return column if is_postgresql() else f"+{column}"


def moment(value: str | datetime | None) -> datetime | None:
    """Return a time that a raw statement read, aware and UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def placeholders(types: Sequence[str]) -> str:
    """Return what stands for the rows in a statement: `VALUES (…)`, or arrays to unnest."""
    if is_postgresql():
        return f"SELECT * FROM unnest({', '.join(f'%s::{each}[]' for each in types)})"  # noqa: S608 - our own types
    return f"VALUES ({', '.join(['%s'] * len(types))})"


def write(sql: str, types: Sequence[str], values: Sequence[Row]) -> None:
    """Run a statement for all rows; `{rows}` in it stands for them. No row may be there twice."""
    if not values:
        return
    if is_postgresql():
        from psycopg import Cursor

        statement = sql.format(rows=placeholders(types)).encode()
        connection.ensure_connection()
        with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
            cursor.execute(statement, [array(column) for column in zip(*values, strict=True)], prepare=True)
        return
    with connection.cursor() as cursor:
        cursor.executemany(sql.format(rows=placeholders(types)), values)


def array(column: Collection[Any]) -> str:
    """Return a column as PostgreSQL writes an array."""
    return f"{{{','.join([str(each) if type(each) is int else _quoted(each) for each in column])}}}"


@lru_cache(maxsize=4096)
def _quoted(value: str | None) -> str:
    return "NULL" if value is None else f'"{value.translate(QUOTED)}"'


def copy(table: str, columns: Sequence[str], values: Sequence[Row]) -> None:
    """Put rows into a table by COPY; PostgreSQL only."""
    named = ", ".join(map(connection.ops.quote_name, columns))
    lines = ["\t".join([_copied(each) for each in row]) for row in values]
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({named}) FROM STDIN") as stream:
        stream.write("\n".join(lines) + "\n")


def _copied(value: Any) -> str:
    if type(value) is str:
        return value if value.isalnum() else _escaped(value)
    return r"\N" if value is None else str(value)


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return text.translate(COPIED)
