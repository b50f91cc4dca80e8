"""What a person said of how she likes to be written to, and how often one asker may ask us for something."""

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.contact import Contact


class Preference(models.Model):
    """What one contact declared: how often, when, where, why she follows us, what she expects. Never inferred."""

    on_erase: ClassVar[str] = "delete"

    class Frequency(models.TextChoices):
        ALL = "", _("every mail")
        WEEKLY = "weekly", _("at most one a week")
        MONTHLY = "monthly", _("at most one a month")

    class Motivation(models.TextChoices):
        """Source: the question "why do you follow a brand", asked of 10,934 people by the SNCD in 2012."""

        ATTACHMENT = "attachment", _("I like what you make")
        CONTENT = "content", _("the stories and advice")
        OFFER = "offer", _("offers for fans only")
        OPINION = "opinion", _("to give my opinion")
        HELP = "help", _("to get help")
        GAME = "game", _("games and contests")

    class ReplyBy(models.TextChoices):
        ANY = "", _("it does not matter")
        EMAIL = "email", _("by e-mail")
        PHONE = "phone", _("by phone")
        NETWORK = "network", _("on the network where I asked")

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="preference", verbose_name=_("contact")
    )
    frequency = models.CharField(_("how often"), max_length=8, choices=Frequency, blank=True)
    hour = models.PositiveSmallIntegerField(
        _("preferred hour"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(23)],
        help_text=_("0–23, in the person's own time zone"),
    )
    network = models.CharField(_("preferred network"), max_length=24, blank=True)
    motivations = models.JSONField(_("why she follows us"), default=list, blank=True)
    reply_within_hours = models.PositiveSmallIntegerField(_("expects an answer within, hours"), null=True, blank=True)
    reply_by = models.CharField(_("expects the answer"), max_length=8, choices=ReplyBy, blank=True)
    updated_at = models.DateTimeField(_("said"), auto_now=True)

    class Meta:
        verbose_name = _("declared preference")
        verbose_name_plural = _("declared preferences")
        indexes = [
            models.Index(fields=["frequency", "contact"], condition=~models.Q(frequency=""), name="preference_rare")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class Asking(models.Model):
    """How often one asker (a keyed hash that changes daily, never an address) has used a public form in one hour."""

    form = models.CharField(_("form"), max_length=24)
    asker = models.CharField(_("asker"), max_length=32)
    hour = models.DateTimeField(_("hour"))
    n = models.PositiveIntegerField(_("times"), default=0)

    class Meta:
        verbose_name = _("asking")
        verbose_name_plural = _("askings")
        constraints = [models.UniqueConstraint(fields=["form", "asker", "hour"], name="asking_once_an_hour")]
        indexes = [models.Index(fields=["hour"], name="asking_age")]

    def __str__(self) -> str:
        return f"{self.form} {self.n}"
