"""Create or change many contacts that a partner names, with a result for each of them.

upsert_many([{"email": "ann@example.com", "tags": ["vip"]}, {"email": "?"}], Options(source="shop"))
# → [Result(0, "created", 12), Result(1, "refused", detail="“?” is no e-mail address.")]

The statements are those of the file importer: a fixed number for each thousand people, whatever was known of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import IntegrityError, connection
from django.utils.translation import gettext as _

from contacts import addresses, identities, manners
from contacts.importing.rows import Person
from contacts.importing.upsert import Batch, Draft, Options, Policy
from contacts.models import AttributeType, Contact, Identity

__all__ = ["MOST", "Options", "Policy", "Result", "upsert_many"]

MOST = 10_000  # people at once
AT_ONCE = {"sqlite": 400, "postgresql": 2000}  # people a transaction: SQLite's lock is held for some 20 ms
TRIES = 3
TEXTS = {"first_name": 150, "last_name": 150, "language": 8, "time_zone": 64}  # longest, in characters
KNOWN = ("email", *TEXTS, "attributes", "identities", "tags")
LANGUAGES = {code for code, _name in Contact._meta.get_field("language").choices or []}


class Unfit(ValueError):
    """A row that cannot be taken; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row: created, updated, unchanged or refused."""

    row: int
    status: str
    id: int | None = None
    detail: str = ""


KINDS = frozenset(Identity.Kind.values)


def upsert_many(rows: Sequence[Any], options: Options) -> list[Result]:
    """Take the rows in their order and return one result each; an empty value changes nothing, who left stays away.

    Writes:  as `importing.upsert.Batch.write`, in transactions of some hundred rows.
    """
    declared = set(AttributeType.objects.values_list("name", flat=True))
    results: dict[int, Result] = {}
    people: list[Person] = []
    for number, row in enumerate(rows):
        try:
            people.append(person(number, row, declared))
        except Unfit as why:
            results[number] = Result(number, "refused", detail=str(why))
    for some in _slices(people, AT_ONCE[connection.vendor]):
        for result in _write(some, options):
            results[result.row] = result
    return [results[number] for number in sorted(results)]


def _slices(people: list[Person], n: int) -> Iterator[list[Person]]:
    rest = iter(people)
    while some := list(islice(rest, n)):
        yield some


def _write(people: list[Person], options: Options) -> list[Result]:
    for attempt in range(1, TRIES + 1):
        batch = Batch(people, options)
        try:
            with manners.write_batch():
                batch = Batch(people, options) if batch.is_stale() else batch
                fresh = {id(draft) for draft in batch.by_key.values() if not draft.id}
                batch.write()
                return list(_results(batch, fresh))
        except IntegrityError:  # somebody else made one of these people since we looked: look again
            if attempt == TRIES:
                raise
    raise AssertionError("the loop returns or raises")


def _results(batch: Batch, fresh: set[int]) -> Iterator[Result]:
    refused = {person.line: why for person, why in batch.outcome.rejected}
    told: set[int] = set()
    for person in batch.people:
        if person.line in refused:
            yield Result(person.line, "refused", detail=refused[person.line])
            continue
        draft = batch.by_key[("email", person.email) if person.email else person.identities[0]]
        is_first = id(draft) not in told
        told.add(id(draft))
        yield Result(person.line, _status(draft, id(draft) in fresh, is_first), draft.id)


def _status(draft: Draft, is_fresh: bool, is_first: bool) -> str:
    if is_fresh:
        return "created" if is_first else "updated"
    changes = draft.is_changed or draft.identities or draft.tags or draft.subscribed_at or draft.left_at
    return "updated" if changes else "unchanged"


def person(number: int, row: Any, declared: set[str]) -> Person:
    """Return what one row says.

    Raises:  Unfit with a sentence that names the field.
    """
    if not isinstance(row, dict):
        raise Unfit(_("A contact is an object, for example %(example)s.") % {"example": '{"email": "ann@example.com"}'})
    for name in row:
        if name not in KNOWN:
            near = difflib.get_close_matches(str(name), KNOWN, n=1)
            raise Unfit(
                _("There is no field %(name)s. Known: %(known)s.")
                % {"name": str(name)[:60], "known": near[0] if near else ", ".join(KNOWN)}
            )
    made = Person(number, fields={name: _text(row, name) for name in TEXTS if row.get(name)})
    if (language := made.fields.get("language")) and language not in LANGUAGES:
        raise Unfit(_("language: use one of %(known)s.") % {"known": ", ".join(sorted(LANGUAGES))})
    made.email = _email(row.get("email"))
    made.identities = [_identity(one) for one in _list(row, "identities")]
    made.attributes = _attributes(row.get("attributes") or {}, declared)
    made.tags = [_tag(one) for one in _list(row, "tags")]
    if not made.email and not made.identities:
        raise Unfit(_("Give an e-mail address or at least one identity, so that the person can be found again."))
    return made


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str) or len(value) > TEXTS[name] or "\x00" in value:
        raise Unfit(_("%(name)s is a text of at most %(n)d characters.") % {"name": name, "n": TEXTS[name]})
    return value


def _email(value: Any) -> str:
    if not value:
        return ""
    try:
        return addresses.normalise(value) if isinstance(value, str) else addresses.normalise(str(value))
    except addresses.BadAddress as why:
        raise Unfit(str(why)) from None


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise Unfit(_("%(name)s is a list.") % {"name": name})
    return value


def _identity(one: Any) -> tuple[str, str]:
    if not isinstance(one, dict) or one.keys() != {"kind", "value"}:
        raise Unfit(
            _("An identity has a kind and a value, for example %(example)s.") % {"example": '{"kind": "card", …}'}
        )
    kind, value = one["kind"], one["value"]
    if kind not in KINDS or not isinstance(value, str):
        raise Unfit(_("The kind of an identity is one of %(known)s.") % {"known": ", ".join(Identity.Kind.values)})
    try:
        return kind, identities.normalise(kind, value)
    except identities.BadIdentity as why:
        raise Unfit(str(why)) from None


def _attributes(said: Any, declared: set[str]) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise Unfit(_("attributes is an object."))
    if unknown := sorted(set(said) - declared):
        raise Unfit(
            _("There is no attribute %(names)s. Declare it in the desk under People, or leave it out.")
            % {"names": ", ".join(unknown)[:200]}
        )
    return dict(said)


def _tag(one: Any) -> str:
    if not isinstance(one, str) or not one.strip() or len(one) > 80 or "\x00" in one:
        raise Unfit(_("A tag is a text of at most %(n)d characters.") % {"n": 80})
    return one.strip()
