"""How customers stand by recency, frequency and money: the thresholds of the five steps, and each buyer's scores."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact


class RfmScale(models.Model):
    """The four thresholds of each measure, in ascending order; one row. Quintiles of the buyers unless set by hand.

    `recency` in days since the last order, `frequency` in orders, `monetary` in minor units of the base currency.
    """

    recency = models.JSONField(_("recency"), default=list)
    frequency = models.JSONField(_("frequency"), default=list)
    monetary = models.JSONField(_("money"), default=list)
    is_manual = models.BooleanField(_("set by hand"), default=False)
    buyers = models.PositiveIntegerField(_("buyers"), default=0, editable=False)
    scored_at = models.DateTimeField(_("scored"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("RFM scale")
        verbose_name_plural = _("RFM")

    def __str__(self) -> str:
        return "RFM"


class RfmScore(models.Model):
    """One buyer's steps from 1 to 5 (5 is best) and what they were made of; as of the scale's `scored_at`."""

    on_erase: ClassVar[str] = "delete"

    class Group(models.TextChoices):
        """The first that fits, in this order."""

        CHAMPIONS = "champions", _("champions")
        LOYAL = "loyal", _("loyal")
        BIG_SPENDERS = "big_spenders", _("big spenders")
        PROMISING = "promising", _("promising")
        AT_RISK = "at_risk", _("at risk")
        LOST = "lost", _("lost")
        STEADY = "steady", _("steady")

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="rfm_score", verbose_name=_("contact")
    )
    recency = models.PositiveSmallIntegerField(_("recency"))
    frequency = models.PositiveSmallIntegerField(_("frequency"))
    monetary = models.PositiveSmallIntegerField(_("money"))
    group = models.CharField(_("group"), max_length=12, choices=Group)
    last_ordered_at = models.DateTimeField(_("last order"))
    orders = models.PositiveIntegerField(_("orders"))
    net_minor = models.BigIntegerField(_("net amount"))

    class Meta:
        verbose_name = _("RFM score")
        verbose_name_plural = _("RFM scores")
        indexes = [models.Index(fields=["recency", "frequency", "monetary"], name="rfm_cell")]

    def __str__(self) -> str:
        return f"{self.recency}{self.frequency}{self.monetary}"
