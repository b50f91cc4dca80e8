"""Long work, what lower floors want sent, and signs of life."""

from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.brand import Brand
from contacts.models.contact import Contact


def private_storage() -> Storage:
    """Where imports and exports lie: never under a public address."""
    return storages["private"]


class Job(models.Model):
    """One long piece of work, resumable at its cursor; the lease and the fence let exactly one runner write.

    Celery only hints that there is one; `contacts.jobs.run` does it, from a worker, a command or the demo alike.
    """

    on_erase: ClassVar[str] = "keep"

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(_("kind"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    cursor = models.JSONField(_("cursor"), default=dict, blank=True)
    progress = models.BigIntegerField(_("done so far"), default=0)
    total = models.BigIntegerField(_("total"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    upload = models.FileField(_("file"), upload_to="jobs/in/", blank=True, storage=private_storage)
    result = models.FileField(_("result"), upload_to="jobs/out/", blank=True, storage=private_storage)
    error = models.TextField(_("error"), blank=True)
    owner = models.CharField(_("runner"), max_length=80, blank=True)
    fence = models.BigIntegerField(_("fence"), default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [models.Index(fields=["state", "lease_until"], name="job_to_run")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Notice(models.Model):
    """A mail that a lower floor wants sent to one contact, written in its own transaction; campaigns drains it once.

    `kind` is the trigger of a transactional campaign (`confirm_subscription`), `payload` its merge values.
    """

    on_erase: ClassVar[str] = "delete"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="notices", verbose_name=_("contact"))
    brand = models.ForeignKey(
        Brand,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("brand"),
        help_text=_("whose mail answers; none = that of any brand"),
    )
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(_("key"), max_length=120, unique=True)
    payload = models.JSONField(_("payload"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    drained_at = models.DateTimeField(_("taken over"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [models.Index(fields=["id"], condition=models.Q(drained_at__isnull=True), name="notice_to_drain")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Heartbeat(models.Model):
    """When a service of a node last said that it lives: web, worker, beat, ingest, sender."""

    service = models.CharField(_("service"), max_length=40)
    node = models.CharField(_("node"), max_length=120)
    at = models.DateTimeField(_("last sign of life"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        constraints = [models.UniqueConstraint(fields=["service", "node"], name="heartbeat_of_service")]

    def __str__(self) -> str:
        return f"{self.service}@{self.node}"
