"""Bring somebody into the team: a mail with a link under which she chooses her password.

inviting.invite("marie@example.org", [marketer], by=head)      # → User, not active before she accepts
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from campaigns.delivery import staff
from contacts import audit


class NotInvited(Exception):
    """Nobody was invited; the message says why and what to do."""


def invite(email: str, roles: Iterable[Group], *, by: User) -> User:
    """Make an account that waits for its person, with her roles, and mail her the link; again mails a fresh link.

    Writes:  User(is_active=False) named by the address, AuditEntry; the mail goes out after the transaction.
    Raises:  NotInvited for what is no address, one who has joined, a role above `by`'s own, and without a way out.
    """
    email, roles = email.strip().lower(), list(roles)
    if above := [role.name for role in roles if not _may_give(by, role)]:
        raise NotInvited(_("You may not give the role “%(role)s”: ask an administrator.") % {"role": above[0]})
    try:
        validate_email(email)
    except ValidationError as why:
        raise NotInvited(_("“%(email)s” is no e-mail address: check its spelling.") % {"email": email}) from why
    with transaction.atomic():
        user, _made = User.objects.get_or_create(
            username=email[:150], defaults={"email": email, "is_active": False, "is_staff": True}
        )
        joined = user.is_active or user.last_login or (user.password and user.has_usable_password())
        if joined or User.objects.filter(email__iexact=email, is_active=True).exists():
            raise NotInvited(_("%(email)s is in the team already: change her roles on her page.") % {"email": email})
        user.set_unusable_password()  # a fresh one each time: links of earlier mails stop working
        user.save(update_fields=["password"])
        user.groups.set(roles)
        audit.record(by, "invited", user)
    subject = _("%(name)s invites you to Fanfare") % {"name": by.get_full_name() or by.get_username()}
    text = _("Choose your password here, within three days:\n%(link)s\n\nYou don't know why? Then do nothing.")
    waiting = User(email=email, is_active=True)  # staff.write passes over those who are not active
    if not staff.write([waiting], subject, text % {"link": link(user)}):
        text = _(
            "The account of %(email)s waits, but no mail could leave: set up a sender and a relay, then invite again."
        )
        raise NotInvited(text % {"email": email})
    return user


def _may_give(by: User, role: Group) -> bool:
    """Nobody lifts another above herself."""
    wanted = role.permissions.values_list("content_type__app_label", "codename")
    return by.is_superuser or by.has_perms([f"{app}.{name}" for app, name in wanted])


def link(user: User) -> str:
    """Return the address under which the invited person chooses her password; it works once."""
    token = default_token_generator.make_token(user)
    path = reverse("team_welcome", args=[urlsafe_base64_encode(force_bytes(user.pk)), token])
    return settings.SITE_URL + path


def invited(uid: str, token: str) -> User | None:
    """Return whom the link invites; None for a wrong, a used and an old one."""
    try:
        user = User.objects.get(pk=force_str(urlsafe_base64_decode(uid)), is_active=False, last_login=None)
    except (ValueError, OverflowError, User.DoesNotExist):
        return None
    return user if default_token_generator.check_token(user, token) else None


def accept(user: User, password: str) -> None:
    """Let the person in: from now on she signs in with this password."""
    with transaction.atomic():
        user.set_password(password)
        user.is_active = True
        user.save(update_fields=["password", "is_active"])
        audit.record(user, "accepted the invitation of", user)
