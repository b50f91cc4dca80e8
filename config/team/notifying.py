"""What a person of the team is told, and where: on Home, by mail, or not at all. Each chooses for herself.

choose(marie, desk={"stopped", "fraud"}, mail={"stopped"}, language="fr")
tell_all()            # a beat: one mail about what is new; what was settled and comes back is told again
"""

from __future__ import annotations

import hashlib
from collections.abc import Set

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from campaigns.delivery import staff
from config import needs
from config.team.models import Wishes


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

    Safe to run twice at once: who moves `version` writes the mail.
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
        new = [need for key, need in found.items() if key not in reader.told]
        if set(found) == set(reader.told):
            return False
        mine = Wishes.objects.filter(pk=reader.pk, version=reader.version)
        if not mine.update(told=sorted(found), version=reader.version + 1) or not new:
            return False
        if staff.write([reader.user], _subject(new), _text(new)):
            return True
    Wishes.objects.filter(pk=reader.pk, version=reader.version + 1).update(
        told=reader.told
    )  # the next beat tries again
    return False


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
