"""How a campaign came to be approved: who asked, who approved or sent it back, what they said, and what they saw."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class ApprovalStep(models.Model):
    """One entry of a campaign's approval; only ever added. `seen` is the campaign as it stood (approval.snapshot)."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("asked for approval")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("sent back")
        COMMENT = "comment", _("said")

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="approval_steps", verbose_name=_("campaign")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    words = models.TextField(_("words"), blank=True, max_length=2000)
    seen = models.JSONField(_("what was seen"), default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("step of an approval")
        verbose_name_plural = _("steps of approvals")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.by or ''}".strip()
