"""Which ready-made automatic mail a brand uses: its campaign, when it goes, how often at most."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from contacts.models import Brand, Topic


class Automation(models.Model):
    """One kind of automatic mail of one brand. It is on while its campaign is sending (delivery.automatic)."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="automations", verbose_name=_("brand"))
    kind = models.CharField(_("kind"), max_length=40)
    topic = models.ForeignKey(
        Topic,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("topic"),
        help_text=_("who left it gets no such mail, unless the mail is a service she asked for"),
    )
    campaign = models.OneToOneField(
        Campaign,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="automation",
        verbose_name=_("campaign"),
        editable=False,
    )
    delay_minutes = models.PositiveIntegerField(
        _("wait"), default=0, validators=[MaxValueValidator(525_600)], help_text=_("minutes after its cause")
    )
    days = models.PositiveSmallIntegerField(_("days"), default=0, validators=[MaxValueValidator(365)])
    cap_mails = models.PositiveSmallIntegerField(
        _("at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("of these mails a person gets in that time; empty = one for each cause"),
    )
    cap_days = models.PositiveSmallIntegerField(
        _("within"), default=7, validators=[MinValueValidator(1)], help_text=_("days")
    )
    looked_at = models.DateTimeField(_("looked for causes"), null=True, blank=True, editable=False)
    switched_on_at = models.DateTimeField(_("switched on"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("automatic mail")
        verbose_name_plural = _("automatic mails")
        constraints = [models.UniqueConstraint(fields=["brand", "kind"], name="automation_once")]

    def __str__(self) -> str:
        return f"{self.brand} {self.kind}"

    @property
    def is_on(self) -> bool:
        return self.campaign is not None and self.campaign.state == Campaign.State.SENDING
