"""Pinned pages: whatever page of the desk a person wants at hand, a list with its filters too.

pin(user, "/admin/contacts/contact/?state=subscribed", "Readers")
pinned(user)             # → [PinnedPage("Readers"), …] in the order of their names
unpin(user, path)
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import User
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from config.team.models import PinnedPage
from contacts.models import Contact
from contacts.scrubbing import scrub

MOST = 20  # pages of one person: what does not fit beside the menu is not at hand
LONGEST = 500  # characters of an address


class CannotPin(ValueError):
    """The page is not pinned; the sentence says why."""


def pinned(user: User) -> list[PinnedPage]:
    """Return a person's pages by name."""
    return list(PinnedPage.objects.filter(user=user).order_by("name", "pk")[:MOST])


def pin(user: User, path: str, name: str) -> PinnedPage:
    """Keep a page at hand, or give the one that is pinned another name.

    Raises:  CannotPin for a page that is none of the desk, a name that is missing, a search for one person, and
             beyond MOST pages.
    """
    name, path = name.strip()[:80], path.strip()
    if not name:
        raise CannotPin(_("Give the page a name."))
    if "\x00" in name + path:
        raise CannotPin(_("A text holds a NUL byte, which is no text. Leave it out."))
    contact = _contact(path)
    if scrub(path) != path or _looks_for_somebody(path):
        raise CannotPin(_("This list was searched for one person. Open her and pin her page instead."))
    mine = PinnedPage.objects.filter(user=user)
    if mine.exclude(path=path).count() >= MOST:
        raise CannotPin(_("%(n)d pages are pinned already. Take one away first.") % {"n": MOST})
    return PinnedPage.objects.update_or_create(user=user, path=path, defaults={"name": name, "contact": contact})[0]


def unpin(user: User, path: str) -> bool:
    """Take a page away and say whether it was pinned."""
    return bool(PinnedPage.objects.filter(user=user, path=path).delete()[0])


def _looks_for_somebody(path: str) -> bool:
    """Say whether it is the list of people with words searched for: a name that would outlive her erasure here."""
    where = urlsplit(path)
    return where.path == reverse("admin:contacts_contact_changelist") and "q" in parse_qs(where.query)


def _contact(path: str) -> Contact | None:
    """Return whose page it is, None for all that is no person's. Raises: CannotPin for a page outside the desk."""
    where = urlsplit(path)
    if where.netloc or not where.path.startswith(reverse("admin:index")) or len(path) > LONGEST:
        raise CannotPin(_("Only pages of the desk can be pinned."))
    try:
        match = resolve(where.path)
    except Resolver404 as why:
        raise CannotPin(_("Only pages of the desk can be pinned.")) from why
    if not (match.url_name or "").startswith("contacts_contact_"):
        return None
    numbers = [str(value) for value in match.kwargs.values() if str(value).isdecimal()]
    return Contact.objects.filter(pk=numbers[0]).first() if numbers else None
