"""Versions of a content: each save that matters makes one; a published one never changes again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from campaigns.content.findings import BadContent
from campaigns.models import ContentBody, ContentVersion, EmailContent

__all__ = ["BadContent", "new_version", "publish", "valid_until"]


def new_version(
    content: EmailContent, bodies: Sequence[ContentBody], by: AbstractBaseUser | None = None, *, note: str = ""
) -> ContentVersion:
    """Save unsaved bodies (one per language) as the content's next version. Raises: BadContent with every finding."""
    raise NotImplementedError


def publish(version: ContentVersion) -> None:
    """Freeze the version: it may be sent from now on, and never changes. Repeating does nothing."""
    raise NotImplementedError


def valid_until(version: ContentVersion) -> datetime | None:
    """Return the earliest end of what the blocks of any language promise."""
    raise NotImplementedError
