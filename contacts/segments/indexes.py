"""The index of a filterable attribute: over the very expression that segments ask about, on either database.

    keep(attribute, by=request.user)     # a job makes or drops it; people go on meanwhile
    remake()                             # after every migrate: makes those that a migration dropped

Helps where few of many people have the value (a shop of a hundred, born today); a rule that half of all people
satisfy reads the table anyway. A list has none: the words in it are looked at one by one.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models.sql import Query

from contacts import jobs
from contacts.models import AttributeType, Contact, Job
from contacts.segments.expressions import AttributeValue, Folded

KIND = "attribute index"


def keep(attribute: AttributeType, by: Any = None, *, hint: bool = True) -> Job:
    """Write the job that brings the attribute's index in step with what is declared, and return it."""
    return jobs.create(KIND, parameters={"attribute": attribute.pk, "name": attribute.name}, by=by, hint=hint)


def work(run: jobs.Run) -> None:
    """Drop the index and, when the attribute is still filterable, make it anew: its type may have changed."""
    pk = int(run.job.parameters["attribute"])
    attribute = AttributeType.objects.filter(pk=pk).first()
    name = _name(pk)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {_meanwhile()} IF EXISTS {name}")
    if attribute is not None and attribute.is_filterable and attribute.type != AttributeType.Type.LIST:
        _create(attribute, name)
    with run.batch():
        run.progress = 1


def remake() -> None:
    """Make the indexes that should be there and are not, after a migration.

    SQLite changes a table by copying it into a new one; Django gives that its models' indexes, and these are none.
    """
    with connection.cursor() as cursor:
        if AttributeType._meta.db_table not in connection.introspection.table_names(cursor):
            return  # migrated back to nothing
        there = connection.introspection.get_constraints(cursor, Contact._meta.db_table)
    for attribute in AttributeType.objects.filter(is_filterable=True).exclude(type=AttributeType.Type.LIST):
        if (name := _name(attribute.pk)) not in there:
            _create(attribute, name)


def _name(pk: int) -> str:
    return f"contact_attribute_{pk}"


def _create(attribute: AttributeType, name: str) -> None:
    value: Any = AttributeValue(attribute.name, attribute.type)
    asked = Folded(value) if attribute.type == AttributeType.Type.TEXT else value
    query = Query(Contact, alias_cols=False)  # an index knows its table; a column stands by its name alone
    words, params = query.get_compiler(connection=connection).compile(asked.resolve_expression(query))
    if params:  # an index over a placeholder would serve nobody
        raise ValueError(params)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX {_meanwhile()} {name} ON contacts_contact (({words}))")
    with connection.cursor() as cursor:  # the planner knows nothing of an expression before it has looked
        cursor.execute("ANALYZE contacts_contact")


def _meanwhile() -> str:
    """Return what lets others write while PostgreSQL makes or drops an index; not possible inside a transaction."""
    return "CONCURRENTLY" if connection.vendor == "postgresql" and not connection.in_atomic_block else ""
