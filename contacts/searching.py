"""People by the beginning of what they are called, as the desk's Ctrl-K and the API find them.

beginning_with("le g")     # → Ann Le Goff; beginning_with("ann le") too
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Q, QuerySet

from contacts.models import Contact


def beginning_with(term: str) -> QuerySet[Contact]:
    """Return the people whose address, first or last name begins so, merged doubles left out.

    With an @ it is an address, which an index answers. A name has none: two more on this table would cost every import
    more than 30 to 490 ms at a million people are worth (docs/benchmarks.md, api).
    """
    people = Contact.objects.filter(merged_into__isnull=True)
    if "@" in term:
        return people.filter(addresses_from(term.lower()))
    first, _space, rest = term.partition(" ")
    names = Q(last_name__istartswith=term) | Q(first_name__istartswith=term)
    if rest:
        names |= Q(first_name__istartswith=first, last_name__istartswith=rest)
    return people.filter(Q(email__startswith=term.lower()) | names)


def addresses_from(start: str) -> Q:
    """Return the condition that an address begins so; SQLite's LIKE asks no index, its order of bytes does."""
    if connection.vendor == "sqlite":
        return Q(email__gte=start, email__lt=start + "\U0010ffff")
    return Q(email__startswith=start)
