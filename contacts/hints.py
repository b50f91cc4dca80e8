"""Tell a worker that there is work, once the caller's transaction holds. The database is the truth; a hint may be lost.

tell(run_job, job.pk)
"""

from __future__ import annotations

import logging
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def tell(task: Task[Any, Any], *args: int) -> None:
    """Enqueue the task after the commit; with the broker away the next round of the beat finds the work."""
    transaction.on_commit(lambda: _enqueue(task, args), robust=True)


def _enqueue(task: Task[Any, Any], args: tuple[int, ...]) -> None:
    try:
        task.apply_async(args, retry=False)
    except (OperationalError, OSError):
        logger.warning("the broker did not take %s%s; the next round finds the work", task.name, args)
