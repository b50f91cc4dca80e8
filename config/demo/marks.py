"""Marks of what the demo has done, so that a second run does nothing twice.

once("opens", lambda: play.opens(story))
"""

from __future__ import annotations

from collections.abc import Callable

from contacts import audit
from contacts.models import AuditEntry

ACTOR, VERB = "demo", "played"


def is_done(stage: str) -> bool:
    """Say whether the stage has left its mark."""
    return AuditEntry.objects.filter(actor_label=ACTOR, verb=VERB, detail__stage=stage).exists()


def once(stage: str, act: Callable[[], object]) -> bool:
    """Do the stage unless it is done, leave its mark, and say whether anything was done."""
    if is_done(stage):
        return False
    act()
    audit.record(ACTOR, VERB, None, stage=stage)
    return True
