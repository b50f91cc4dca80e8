"""People by the beginning of what they are called, as the desk's Ctrl-K and the API find them.

beginning_with("le g")     # → Ann Le Goff; beginning_with("ann le") too
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from contacts.models import Contact


def beginning_with(term: str) -> QuerySet[Contact]:
    """Return the people whose address, first or last name begins so, merged doubles left out.

    Beginnings only, so that an index answers at a million rows.
    """
    first, _space, rest = term.partition(" ")
    names = Q(last_name__istartswith=term) | Q(first_name__istartswith=term)
    if rest:
        names |= Q(first_name__istartswith=first, last_name__istartswith=rest)
    return Contact.objects.filter(Q(email__startswith=term.lower()) | names, merged_into__isnull=True)
