"""Versions of a content: each save that matters makes one; a published one never changes again.

version = new_version(content, [ContentBody(language="fr", subject="Bonjour", blocks=[…])], by=request.user)
publish(version)                    # what is sent from now on, for good
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.content import lint
from campaigns.content.compiled import known_blocks
from campaigns.content.findings import BadContent, errors
from campaigns.models import ContentBody, ContentVersion, EmailContent

__all__ = ["BadContent", "PublishedVersion", "new_version", "publish", "save_body", "valid_until"]


STEP = timedelta(minutes=10)  # of writing; then the next save begins a new version


class PublishedVersion(ValueError):
    """The version was published: it is in people's mailboxes and cannot change. Make a new one."""


def new_version(
    content: EmailContent,
    bodies: Sequence[ContentBody],
    by: AbstractBaseUser | AnonymousUser | None = None,
    *,
    note: str = "",
) -> ContentVersion:
    """Save unsaved bodies, one per language, as the content's next version.

    Writes:  ContentVersion and ContentBody rows, in one transaction; blocks without an id get one.
    Raises:  BadContent with every finding that is an error: the bodies are then not saved.
    """
    for body in bodies:
        body.blocks = with_ids(body.blocks)
    found = errors([finding for body in bodies for finding in lint.body_findings(body, content.brand)])
    if found:
        raise BadContent(found)
    return _insert(content, bodies, by, note)


@transaction.atomic
def _insert(
    content: EmailContent, bodies: Sequence[ContentBody], by: AbstractBaseUser | AnonymousUser | None, note: str
) -> ContentVersion:
    EmailContent.objects.select_for_update().get(pk=content.pk)  # two editors at once take two numbers
    last = content.versions.aggregate(last=Max("number"))["last"] or 0
    user = by if isinstance(by, AbstractBaseUser) else None
    version = ContentVersion(content=content, number=last + 1, note=note, created_by_id=user.pk if user else None)
    version.save()
    for body in bodies:
        body.pk, body.version = None, version
        body._state.adding = True
        body.full_clean(validate_constraints=False)
        body.save()
    content.save(update_fields=["updated_at"])
    return version


def draft_of(content: EmailContent, by: AbstractBaseUser | None = None) -> ContentVersion:
    """Return the version that this writer works on: the newest while it is hers, open and young, else a copy of it.

    So every ten minutes of writing, every writer and every publication leave a version to come back to.
    """
    newest = content.versions.order_by("-number").first()
    if newest is not None and newest.published_at is None and _is_hers(newest, by):
        return newest
    bodies = [copy.copy(body) for body in newest.bodies.all()] if newest else []
    return _insert(content, bodies, by, "")


def _is_hers(version: ContentVersion, by: AbstractBaseUser | None) -> bool:
    is_same = by is None or version.created_by_id in (None, by.pk)
    return is_same and timezone.now() - version.created_at < STEP


def restore(version: ContentVersion, by: AbstractBaseUser | None = None) -> ContentVersion:
    """Return a new newest version with the words of an older one; nothing is lost, so this too can be taken back."""
    note = _("as version %(n)d") % {"n": version.number}
    return _insert(version.content, [copy.copy(body) for body in version.bodies.all()], by, note)


def copy_to(content: EmailContent, version: ContentVersion, by: AbstractBaseUser | None = None) -> ContentVersion:
    """Return the words of a version as the next version of another content, right or wrong as they are."""
    return _insert(content, [copy.copy(body) for body in version.bodies.all()], by, "")


def keep(content: EmailContent, note: str, by: AbstractBaseUser | None = None) -> ContentVersion:
    """Name the state of now, and go on in a version of its own."""
    newest = draft_of(content, by)
    newest.note = note[:200]
    newest.save(update_fields=["note"])
    _insert(content, [copy.copy(body) for body in newest.bodies.all()], by, "")
    return newest


def stamp(body: ContentBody) -> str:
    """Return a short mark of what the body says now: when two write at once, the later one is told, not overruled."""
    said = json.dumps([body.subject, body.preheader, body.format, body.blocks, body.source], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def save_body(body: ContentBody) -> None:
    """Save a body that is being written, right or wrong: what is wrong is shown beside it and stops publishing.

    Raises:  PublishedVersion.
    """
    if body.version.published_at is not None:
        raise PublishedVersion(f"Version {body.version.number} of “{body.version.content}” was published.")
    body.blocks = with_ids(body.blocks)
    body.save()


def with_ids(blocks: object) -> list[dict[str, object]]:
    """Return the blocks, each with an id of its own that the merge language can name; ids that were there stay."""
    plain = [dict(block) for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    taken: set[str] = set()
    for block in plain:
        found = str(block.get("id", ""))
        if not found.isidentifier() or not found.isascii() or len(found) > 40 or found in taken:
            found = next(name for n in range(1, len(plain) + 1_000) if (name := f"b{n}") not in taken | _ids(plain))
        block["id"] = found
        taken.add(found)
    return plain


def _ids(blocks: list[dict[str, object]]) -> set[str]:
    return {str(block.get("id")) for block in blocks}


def publish(version: ContentVersion) -> None:
    """Freeze the version: it may be sent from now on, and never changes. Repeating does nothing.

    Raises:  BadContent when a body has errors.
    """
    if version.published_at is not None:
        return
    brand = version.content.brand
    found = errors([finding for body in version.bodies.all() for finding in lint.body_findings(body, brand)])
    if found:
        raise BadContent(found)
    now = timezone.now()
    ContentVersion.objects.filter(pk=version.pk, published_at__isnull=True).update(published_at=now)
    version.refresh_from_db(fields=["published_at"])


def valid_until(version: ContentVersion) -> datetime | None:
    """Return the earliest end of what the blocks of any language promise, None when nothing ends."""
    ends = [kind.valid_until(block) for body in version.bodies.all() for block, kind in known_blocks(body)]
    return min((end for end in ends if end is not None), default=None)
