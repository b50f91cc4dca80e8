"""Who did what to which object; append-only.

record(request.user, "approved campaign", campaign, people=12_480)
record("import 12", "created segment", segment)
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Model

from contacts.models import AuditEntry


def record(
    actor: AbstractBaseUser | AnonymousUser | str | None, verb: str, subject: Model | None = None, **detail: Any
) -> AuditEntry:
    """Write one AuditEntry in the caller's transaction; `detail` holds ids and counts, never an address."""
    person = actor if isinstance(actor, User) and actor.pk else None
    label = person.get_username() if person else str(actor or "system")
    return AuditEntry.objects.create(
        actor=person,
        actor_label=label[:120],
        verb=verb[:60],
        subject_kind=subject._meta.model_name or "" if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        detail=detail,
    )
