"""Long work: claimed under a lease, fenced, resumed at its cursor after a kill, by whoever runs next.

job = create("import", parameters={…}, upload=file, by=request.user)    # a worker is told; any runner will do
run(job.pk)                                                             # here and now; False when another has it
run_waiting()                                                           # all that waits or was left behind

The work itself is a function `work(run: Run)` registered under the job's kind in `KINDS`; it writes each batch and
its cursor in one transaction through `run.batch()`, so a kill loses nothing and doubles nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from contacts import hints
from contacts.manners import database_now, write_batch
from contacts.models import Job

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)  # renewed by every batch, which takes far less than a second
KEEP_FILES = timedelta(days=30)  # they hold addresses, also of people erased meanwhile
State = Job.State


@dataclass(frozen=True)
class Kind:
    """One kind of work: "module:function" that does it, what the desk calls it, and the counts that it shows."""

    work: str
    label: str | Promise = ""
    figures: Mapping[str, str | Promise] = field(default_factory=dict)


PEOPLE = {
    "created": lazy("new people"),
    "updated": lazy("changed"),
    "unchanged": lazy("as before"),
    "rejected": lazy("rejected"),
}
ADDRESSES = {
    "created": lazy("newly suppressed"),
    "unchanged": lazy("suppressed already"),
    "rejected": lazy("rejected"),
}

# Upper floors add theirs with `register`.
KINDS: dict[str, Kind] = {
    "import": Kind("contacts.importing.work:work", lazy("Import of"), PEOPLE),
    "suppressions": Kind("contacts.importing.blocklist:work", lazy("Suppression list"), ADDRESSES),
    "attribute index": Kind("contacts.segments.indexes:work", lazy("Index of")),
}


class Refused(Exception):
    """The work cannot be done; the message is a sentence with the remedy and ends on the job."""


class Lost(Exception):
    """Another runner took the job over, or it was cancelled: stop at once, write nothing more."""


class Run:
    """One runner's hold on a job: its cursor and counts, saved only while the fence is still ours."""

    def __init__(self, job: Job) -> None:
        self.job, self.fence = job, job.fence
        self.cursor: dict[str, Any] = dict(job.cursor)
        self.counts: dict[str, int] = dict(job.counts)
        self.progress = job.progress

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Commit what is written inside together with cursor, counts and progress, and renew the lease.

        Raises:  Lost when the job is no longer ours; then nothing of the batch stays.
        """
        with write_batch():
            yield
            held = Job.objects.filter(pk=self.job.pk, fence=self.fence, state=State.RUNNING)
            saved = {"cursor": self.cursor, "counts": self.counts, "progress": self.progress}
            if not held.update(**saved, lease_until=database_now() + LEASE):
                raise Lost

    def add(self, **counts: int) -> None:
        """Add to the job's counts."""
        for name, n in counts.items():
            self.counts[name] = self.counts.get(name, 0) + n


def register(kind: str, work: str, label: str | Promise, figures: Mapping[str, str | Promise]) -> None:
    """Let jobs of this kind be done by "module:function"; the desk shows them under the label with these counts."""
    KINDS[kind] = Kind(work, label, figures)


def title(job: Job) -> str:
    """Return what the desk calls a job: its kind and its file, in the reader's language."""
    kind = KINDS.get(job.kind)
    name = str(job.parameters.get("name") or job.pk)
    return f"{kind.label if kind and kind.label else job.kind} {name}"


def create(
    kind: str,
    *,
    parameters: dict[str, Any] | None = None,
    upload: File[Any] | None = None,
    by: Any = None,
    hint: bool = True,
) -> Job:
    """Write a waiting job and tell the workers after the commit; `hint=False` when the caller runs it itself."""
    job = Job(kind=kind, parameters=parameters or {}, created_by=by if getattr(by, "pk", None) else None)
    if upload is not None:
        job.upload.save(os.path.basename(upload.name or "file"), upload, save=False)
    job.save()
    if hint:
        _hint(job.pk)
    return job


def _hint(job_id: int) -> None:
    from contacts.tasks import run_job

    hints.tell(run_job, job_id)


def run(job_id: int, *, take_over: bool = False) -> bool:
    """Do the job, or what is left of it; return whether it was ours to do.

    Writes:  state, counts, error. `take_over` ends the lease of a runner known to be dead.
    """
    job = _claim(job_id, take_over)
    if job is None:
        return False
    try:
        _work(job.kind)(Run(job))
    except Lost:
        logger.warning("job=%s was taken over or cancelled", job.pk)
        return False
    except Refused as why:
        _finish(job, State.FAILED, str(why))
    except Exception:
        logger.exception("job=%s failed", job.pk)
        _finish(job, State.FAILED, _("It stopped with an error of ours. What was done stays; run it again."))
        raise
    else:
        _finish(job, State.DONE)
    return True


def _claim(job_id: int, take_over: bool) -> Job | None:
    now = database_now()
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now)
    if take_over:
        free |= Q(state__in=[State.RUNNING, State.FAILED])
    claimed = Job.objects.filter(free, pk=job_id).update(
        state=State.RUNNING,
        fence=F("fence") + 1,
        owner=f"{settings.NODE_NAME}:{os.getpid()}"[:80],
        lease_until=now + LEASE,
        error="",
        finished_at=None,
    )
    if not claimed:
        return None
    Job.objects.filter(pk=job_id, started_at=None).update(started_at=now)
    return Job.objects.get(pk=job_id)


def _work(kind: str) -> Callable[[Run], None]:
    if kind not in KINDS:
        raise Refused(_("Nobody knows how to do a job of kind “%(kind)s”.") % {"kind": kind})
    module, name = KINDS[kind].work.split(":")
    work: Callable[[Run], None] = getattr(import_module(module), name)
    return work


def _finish(job: Job, state: str, error: str = "") -> None:
    Job.objects.filter(pk=job.pk, fence=job.fence, state=State.RUNNING).update(
        state=state, error=error, finished_at=database_now(), lease_until=None
    )


def cancel(job: Job) -> bool:
    """Stop the job at its next batch; what is done stays. Returns whether it was still to be done."""
    return bool(
        Job.objects.filter(pk=job.pk, state__in=[State.QUEUED, State.RUNNING]).update(
            state=State.CANCELLED, finished_at=database_now(), lease_until=None
        )
    )


def forget_files(now: datetime | None = None) -> int:
    """Delete what was uploaded and handed out for jobs that ended KEEP_FILES ago, and return how many had files.

    An import that nobody went on with after its upload ends there too. Counts and evidence stay.
    """
    before = (now or timezone.now()) - KEEP_FILES
    ended = Q(finished_at__lt=before) | Q(created_at__lt=before, started_at=None)
    had_files = list(Job.objects.filter(ended).exclude(upload="", result=""))
    for job in had_files:
        for file in (job.upload, job.result):
            if file.name:
                file.storage.delete(file.name)
        Job.objects.filter(pk=job.pk).update(upload="", result="")
    for path in (Path(settings.VAR_DIR) / "jobs").glob("rejected-*.csv"):  # of imports that were stopped on this node
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
    return len(had_files)


def run_waiting() -> int:
    """Do every job that waits or whose runner died; return how many were done."""
    waiting = Job.objects.filter(Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=database_now()))
    return sum(run(pk) for pk in list(waiting.order_by("pk").values_list("pk", flat=True)))
