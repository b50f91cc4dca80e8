"""Who did what, in words, never changed afterwards.

    audit.record(request.user, "approved", campaign)            # actor: a user, or a label such as "command: import"
    audit.record("key fan_7K2M", "imported", job, rows=5000)
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from contacts.models import AuditEntry


def record(actor: User | str, verb: str, subject: Model | None = None, **detail: Any) -> AuditEntry:
    """Write one act into the audit log and return its row; details hold ids and counts, never an address.

    Writes:  one AuditEntry, in the caller's transaction.
    """
    return AuditEntry.objects.create(
        actor=None if isinstance(actor, str) else actor,
        actor_label=(actor if isinstance(actor, str) else actor.get_username())[:120],
        verb=verb[:60],
        subject_kind="" if subject is None else subject._meta.model_name or "",
        subject_id=None if subject is None else subject.pk,
        detail=detail,
    )
