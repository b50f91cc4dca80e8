"""What is done to several people at once: a tag put on or taken off, a topic left.

people = several.chosen(queryset, several.MOST)    # → their ids; TooMany beyond
several.tag(people, "regulars", request.user)  # → 12: so many did not have it yet
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from contacts import audit, bulk, consent
from contacts.manners import write_batch
from contacts.models import Contact, ContactTag, Tag, Topic

MOST = 10_000
MOST_LEAVING = 1_000  # each writes her own ledger of consents: some seconds in all
STEP = 100  # people a transaction, with its line in the audit log: a kill leaves whole steps; others write in between
LONGEST = 80  # characters of a tag


class TooMany(ValueError):
    """More people than a press should change; the message says how to go on."""


class BadTag(ValueError):
    """No word that can be a tag."""


def chosen(people: QuerySet[Contact], most: int) -> list[int]:
    """Return the ids of at most `most` people. Raises: TooMany."""
    ids = list(people.order_by("pk").values_list("pk", flat=True)[: most + 1])
    if len(ids) > most:
        words = _("More than %(most)s people at once: choose fewer, or make a segment of them and write to it.")
        raise TooMany(words % {"most": number_format(most, force_grouping=True)})
    return ids


def tag(people: Sequence[int], name: str, by: User) -> int:
    """Put a tag on people and return how many did not have it yet.

    Writes:  Tag where it is new, ContactTag, an AuditEntry.
    Raises:  BadTag for an empty or too long word.
    """
    word = " ".join(name.split())
    if not word or len(word) > LONGEST:
        raise BadTag(_("Write the tag: one to eighty characters."))
    put_on = Tag.objects.get_or_create(name=word)[0]
    added = 0
    for some in _steps(people):
        with write_batch():
            held = set(ContactTag.objects.filter(tag=put_on, contact__in=some).values_list("contact", flat=True))
            known = Contact.objects.filter(pk__in=some).values_list("pk", flat=True)
            rows = [(pk, put_on.pk) for pk in known if pk not in held]
            bulk.insert(ContactTag, ["contact", "tag"], rows, unique=["contact", "tag"])
            audit.record(by, "tagged people", put_on, n=len(rows))
        added += len(rows)
    return added


def untag(people: Sequence[int], off: Tag, by: User) -> int:
    """Take a tag off people and return how many had it. Writes: ContactTag, an AuditEntry."""
    removed = 0
    for some in _steps(people):
        with write_batch():
            n = ContactTag.objects.filter(tag=off, contact__in=some).delete()[0]
            audit.record(by, "untagged people", off, n=n)
        removed += n
    return removed


def leave(people: Sequence[int], topic: Topic, by: User) -> int:
    """End the subscription of people to a topic and return how many had one; each keeps her ledger of consents.

    Writes:  what consent.unsubscribe writes, person by person; an AuditEntry.
    """
    ended = 0
    for some in _steps(people):
        with write_batch():
            left = Contact.objects.filter(pk__in=some).order_by("pk")
            n = sum(consent.unsubscribe(contact, topic, method="admin") for contact in left)
            audit.record(by, "unsubscribed people", topic, n=n)
        ended += n
    return ended


def _steps(people: Sequence[int]) -> Iterator[Sequence[int]]:
    return (people[at : at + STEP] for at in range(0, len(people), STEP))
