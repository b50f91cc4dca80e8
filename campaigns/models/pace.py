"""How fast and when mails may go: the house's rules, each relay's ceilings, and what went out in the last day."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class PaceRule(models.Model):
    """The house's rules of pace: one row, changed while mails go out, in force within five seconds."""

    quiet_from = models.PositiveSmallIntegerField(
        _("quiet from"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(23)],
        help_text=_("hour 0–23 in each person's own time zone; campaigns wait until the quiet is over"),
    )
    quiet_until = models.PositiveSmallIntegerField(
        _("quiet until"), null=True, blank=True, validators=[MaxValueValidator(23)], help_text=_("hour 0–23")
    )
    cap_mails = models.PositiveSmallIntegerField(
        _("at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("mails of campaigns a person gets in that time; empty = no cap"),
    )
    cap_days = models.PositiveSmallIntegerField(
        _("within"), default=7, validators=[MinValueValidator(1)], help_text=_("days")
    )

    class Meta:
        verbose_name = _("rule of pace")
        verbose_name_plural = _("rules of pace")

    def __str__(self) -> str:
        return str(_("Quiet hours and frequency"))

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError(_("Quiet hours need a beginning and an end, or neither."))
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError(_("Quiet hours that end when they begin would be the whole day. Leave both empty."))


class RelayPace(models.Model):
    """One relay's ceilings, in mails; sliding hours and days. A new address warms up: a little more each day."""

    relay = models.CharField(_("relay"), max_length=40, unique=True, help_text=_("a name of EMAIL_RELAYS"))
    per_second = models.FloatField(
        _("a second"), null=True, blank=True, validators=[MinValueValidator(0.001)], help_text=_("empty = no limit")
    )
    per_hour = models.PositiveIntegerField(_("an hour"), null=True, blank=True)
    per_day = models.PositiveIntegerField(_("a day"), null=True, blank=True)
    warmup_on = models.DateField(
        _("warm-up since"), null=True, blank=True, help_text=_("the first day of a new address; empty = none")
    )
    warmup_first = models.PositiveIntegerField(
        _("mails on the first day"), default=200, validators=[MinValueValidator(1)]
    )
    warmup_growth = models.PositiveSmallIntegerField(
        _("growth"), default=50, validators=[MinValueValidator(1)], help_text=_("per cent more each day")
    )

    class Meta:
        verbose_name = _("pace of a relay")
        verbose_name_plural = _("pace of relays")

    def __str__(self) -> str:
        return self.relay


class SentCount(models.Model):
    """How many mails one relay was given in one minute: what sliding ceilings are summed from, for a day."""

    relay = models.CharField(max_length=40)
    minute = models.BigIntegerField()
    n = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("mails of a minute")
        verbose_name_plural = _("mails of a minute")
        constraints = [models.UniqueConstraint(fields=["relay", "minute"], name="sent_count_minute")]

    def __str__(self) -> str:
        return f"{self.relay} {self.minute}: {self.n}"
