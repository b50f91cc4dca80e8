"""Addresses that are never written to again, kept as keyed hashes so that they outlive an erasure."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Suppression(models.Model):
    """One address that gets no mail, for a reason; checked at import, API, audience and sender's intent."""

    on_erase: ClassVar[str] = "keep"

    class Reason(models.TextChoices):
        HARD_BOUNCE = "hard_bounce", _("address does not exist")
        SOFT_BOUNCES = "soft_bounces", _("failed again and again")
        COMPLAINT = "complaint", _("complained")
        UNSUBSCRIBED_ALL = "unsubscribed_all", _("left everything")
        ERASED = "erased", _("erased on request")
        IMPORTED = "imported", _("on an imported list")
        MANUAL = "manual", _("by hand")

    address_hash = models.CharField(_("address hash"), max_length=32)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_reason = models.CharField(_("why lifted"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        permissions = [("lift_suppression", "Can lift a suppression")]
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash"], condition=models.Q(lifted_at__isnull=True), name="suppression_once"
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_at__isnull=True) | ~models.Q(lifted_reason=""),
                name="suppression_lift_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address_hash[:8]}… {self.reason}"
