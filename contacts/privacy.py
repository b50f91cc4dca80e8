"""A person's data, handed out whole or forgotten: both walk the model graph, so that no new table escapes.

archive = export_contact(ann)                  # bytes of a ZIP, one JSON file per table
erase_contact(ann, actor=request.user)         # rows gone or detached; her address stays suppressed as a hash

Files of jobs (uploads, rejected rows) are not searched: `jobs.forget_files` deletes them 30 days after the job ended.
Every model with a path to Contact declares `on_erase`: "delete", "detach" (the row stays without the person) or "keep"
(it holds nothing personal). `erase_blanks = {"field": value}` names what a detached row loses besides.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import ForeignKey, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from contacts import audit, suppression
from contacts.models import Contact, IdempotencyKey, Identity, Suppression


class Undeclared(Exception):
    """A model with a path to Contact does not say what an erasure does to it."""


@dataclass(frozen=True)
class Personal:
    """A model that holds something of a person: its lookups to Contact, and how far away it is."""

    model: type[Model]
    paths: tuple[str, ...]
    distance: int

    @property
    def label(self) -> str:
        return str(self.model._meta.label_lower)

    @property
    def is_direct(self) -> bool:
        return self.distance == 1

    def rows(self, contact: Contact) -> QuerySet[Any]:
        """Return the rows that belong to the contact."""
        return self.model._base_manager.filter(reduce(or_, (Q(**{path: contact}) for path in self.paths))).distinct()

    @property
    def on_erase(self) -> str:
        declared: str = getattr(self.model, "on_erase", "")
        if declared not in ("delete", "detach", "keep"):
            raise Undeclared(f"{self.label} has a path to Contact: let it declare on_erase = delete, detach or keep.")
        return declared


def personal_models() -> list[Personal]:
    """Return every model with a foreign key to Contact, or to such a model, nearest first."""
    found: dict[type[Model], Personal] = {}
    frontier: dict[type[Model], tuple[str, ...]] = {Contact: ("",)}
    distance = 0
    while frontier:
        distance += 1
        reached: dict[type[Model], tuple[str, ...]] = {}
        for model in apps.get_models(include_auto_created=True):
            if model is Contact or model in found:
                continue
            paths = tuple(_paths(model, frontier))
            if paths:
                reached[model] = paths
        found |= {model: Personal(model, paths, distance) for model, paths in reached.items()}
        frontier = reached
    return list(found.values())


def _paths(model: type[Model], towards: dict[type[Model], tuple[str, ...]]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.related_model in towards:
            for rest in towards[field.related_model]:
                yield f"{field.name}__{rest}" if rest else field.name


def export_contact(contact: Contact) -> bytes:
    """Return a ZIP of JSON files with everything held about the contact, one file per table.

    Writes:  an AuditEntry is the caller's to record: who asked for it is known there.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("contact.json", _json(Contact.objects.filter(pk=contact.pk)))
        for personal in personal_models():
            rows = personal.rows(contact)
            if rows.exists():
                files.writestr(f"{personal.label}.json", _json(rows))
        files.writestr("suppression.json", _json(Suppression.objects.filter(address_hash=contact.address_hash or "-")))
        files.writestr(
            "README.txt",
            f"Everything held about contact {contact.pk} on {timezone.now():%Y-%m-%d %H:%M} UTC.\n"
            "One JSON file per table; times are UTC, amounts are in minor units of their currency.\n",
        )
    return archive.getvalue()


def _json(rows: QuerySet[Any]) -> str:
    plain = [{"id": row["pk"], **row["fields"]} for row in serializers.serialize("python", rows)]
    return json.dumps(plain, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)


def _answers_about(pk: int) -> QuerySet[IdempotencyKey]:
    """Return the kept answers that show the person; each is a JSON text within the JSON column."""
    told = IdempotencyKey.objects.annotate(text=Cast("answer", TextField()))
    return told.filter(text__startswith=f'"{{\\"id\\": {pk}, ', text__contains='\\"identities\\":')


def erase_contact(contact: Contact, *, actor: Any = "command", is_wish: bool = True) -> dict[str, int]:
    """Forget the person and return how many rows of each table were deleted or detached.

    Writes:  deletes or detaches her rows, deepest first; Suppression "erased" for each of her addresses, so that
             no later import or send reaches her; empties the API's kept answers about her; an AuditEntry with her
             former number only. `is_wish=False`: her time is over and she never asked, so she may come back.
    Raises:  Undeclared.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        emails = set(contact.identities.filter(kind=Identity.Kind.EMAIL).values_list("value", flat=True))
        touched = {}
        for personal in sorted(personal_models(), key=lambda one: -one.distance):
            if n := _erase_rows(personal, contact):
                touched[personal.label] = n
        for email in (emails | ({contact.email} if contact.email else set())) if is_wish else ():
            suppression.suppress(email, Suppression.Reason.ERASED, source="erasure")
        pk = contact.pk
        # Answers kept for repeated requests hold a copy of her; what is left of one is that she was known.
        _answers_about(pk).update(answer={"id": pk})
        contact.delete()
        audit.record(actor, "erased contact", contact=pk, rows=touched)
    return touched


def _erase_rows(personal: Personal, contact: Contact) -> int:
    verb, rows = personal.on_erase, personal.rows(contact)
    if verb == "delete":
        pks = list(rows.values_list("pk", flat=True))
        return personal.model._base_manager.filter(pk__in=pks).delete()[0] if pks else 0
    if verb == "keep":
        return 0
    blanks: dict[str, Any] = dict(getattr(personal.model, "erase_blanks", {}))
    n = 0
    for path in personal.paths:
        mine = personal.model._base_manager.filter(**{path: contact})
        nulled = {path: None} if personal.is_direct else {}
        if blanks or nulled:
            pks = list(mine.values_list("pk", flat=True))
            n += personal.model._base_manager.filter(pk__in=pks).update(**blanks, **nulled)
    return n
