"""Who did what, and the answers already given to a repeated request.

Both stand on the ground floor because every floor writes them; `contacts.audit` and `contacts.idempotency`.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act of a person or key on an object, in words, never changed afterwards: `approved campaign 12`."""

    on_erase: ClassVar[str] = "keep"  # names objects by kind and id only

    at = models.DateTimeField(_("time"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("person"),
    )
    actor_label = models.CharField(
        _("actor"), max_length=120, help_text=_("user name, API key prefix, device or command")
    )
    verb = models.CharField(_("act"), max_length=60)
    subject_kind = models.CharField(_("object"), max_length=60, blank=True)
    subject_id = models.BigIntegerField(_("object id"), null=True, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-at"], name="audit_of_subject"),
            models.Index(fields=["-at"], name="audit_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.verb} {self.subject_kind} {self.subject_id or ''}".strip()


class IdempotencyKey(models.Model):
    """The first answer given to (client, key); the same request again gets the same answer.

    Source: draft-ietf-httpapi-idempotency-key-header. The row is taken before any counter moves.
    """

    on_erase: ClassVar[str] = "keep"

    client = models.CharField(_("client"), max_length=80, help_text=_("API key prefix, device or session that asked"))
    key = models.CharField(_("key"), max_length=255)
    request_hash = models.CharField(_("request hash"), max_length=64)
    status = models.PositiveSmallIntegerField(
        _("status"), null=True, blank=True, help_text=_("empty while the first request still works")
    )
    answer = models.JSONField(_("answer"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"
