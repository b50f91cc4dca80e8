"""What a person of the team is told, and where: on Home, by mail, or not at all. Each chooses for herself.

choose(marie, desk={"stopped", "fraud"}, mail={"stopped"}, language="fr")
tell_all()            # a beat: one mail about what is new; what was settled and comes back is told again
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from campaigns.delivery import staff
from config import needs
from config.team.models import Wishes
from contacts.manners import database_now

LEASE = timedelta(minutes=2)  # a relay that does not answer is given up long before


class NoAddress(ValueError):
    """Who has no address cannot be written to."""


def wishes(user: User) -> Wishes:
    """Return what a person chose; everything on Home and nothing by mail before she did."""
    return Wishes.objects.filter(user=user).first() or Wishes(user=user)


def kinds(user: User) -> list[needs.Kind]:
    """Return what can be told to a person: what her role lets her see."""
    return [kind for kind in needs.KINDS if user.has_perm(kind.permission)]


def on_home(user: User) -> list[needs.Need]:
    """Return what waits for a person, of the kinds that she wants on Home."""
    hidden = wishes(user).hidden
    return [need for kind in kinds(user) if kind.key not in hidden for need in kind.find(user)]


def choose(user: User, *, desk: Set[str], mail: Set[str], language: str) -> Wishes:
    """Keep what a person wants to be told on Home and by mail, and in which language the mails are.

    Writes:  Wishes. Kinds that she may not see, or that do not exist, are passed over.
    Raises:  NoAddress when she wants mail and her account has no address.
    """
    known = [kind.key for kind in kinds(user)]
    mailed = [key for key in known if key in mail]
    if mailed and not user.email:
        raise NoAddress(_("Your user has no e-mail address yet. Ask whoever manages the team to add it."))
    hidden = [key for key in known if key not in desk]
    chosen = {"hidden": hidden, "mailed": mailed, "language": language[:8]}
    return Wishes.objects.update_or_create(user=user, defaults=chosen)[0]


def tell_all() -> int:
    """Mail each person what is new of what she wants by mail; return how many got one.

    Safe to run twice at once: one of them claims the person for LEASE. A kill loses nothing: the mail is written after
    the lease, and at worst a second time when the kill came between mail and note.
    """
    readers = Wishes.objects.exclude(mailed=[]).filter(user__is_active=True, user__is_staff=True)
    return sum(_tell(one) for one in readers.select_related("user").order_by("pk"))


def _tell(reader: Wishes) -> bool:
    with override(reader.language or settings.LANGUAGE_CODE):
        found = {
            _key(kind.key, need): need
            for kind in kinds(reader.user)
            if kind.key in reader.mailed
            for need in kind.find(reader.user)
        }
        if set(found) == set(reader.told) or not _claim(reader):
            return False
        new = [need for key, need in found.items() if key not in reader.told]
        is_written = bool(new) and staff.write([reader.user], _subject(new), _text(new)) > 0
    kept = sorted(found) if is_written or not new else reader.told  # not written: the next beat tries again
    Wishes.objects.filter(pk=reader.pk).update(told=kept, claimed_until=None)
    return is_written


def _claim(reader: Wishes) -> bool:
    """Take the right to write this mail, unless somebody has it, or wrote it since the row was read."""
    now = database_now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    claimed = Wishes.objects.filter(free, pk=reader.pk, claimed_until=reader.claimed_until)
    if not claimed.update(claimed_until=now + LEASE):
        return False
    is_as_read: bool = Wishes.objects.values_list("told", flat=True).get(pk=reader.pk) == reader.told
    if not is_as_read:
        Wishes.objects.filter(pk=reader.pk).update(claimed_until=None)
    return is_as_read


def _key(kind: str, need: needs.Need) -> str:
    """Return what stays the same while a thing waits, though its number changes."""
    return hashlib.sha256(f"{kind} {need.url}".encode()).hexdigest()[:16]


def _subject(new: list[needs.Need]) -> str:
    if len(new) == 1:
        return " ".join(new[0].text.split())[:150]
    return ngettext("%(n)d thing waits for you", "%(n)d things wait for you", len(new)) % {"n": len(new)}


def _text(new: list[needs.Need]) -> str:
    lines = [f"{need.text}\n{settings.SITE_URL}{need.url}" for need in new]
    end = _("You chose to be told by mail, under “My account”. Once settled and back again, it is told again.")
    return "\n\n".join([*lines, f"{end}\n{settings.SITE_URL}/admin/account/"]) + "\n"
