"""Fraud: rules with a switch and a threshold, and the cases they open for a person to decide."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.models import Contact
from social.models.offers import Offer
from social.models.places import Place, StaffMember
from social.models.sharing import Referral
from social.models.uses import Claim


class FraudRule(models.Model):
    """One rule as this site wants it: on or off, and from which number on it opens a case."""

    kind = models.CharField(_("rule"), max_length=24, unique=True, editable=False)
    is_on = models.BooleanField(pgettext_lazy("a switch", "on"), default=True)
    threshold = models.PositiveIntegerField(pgettext_lazy("a number", "from"))

    class Meta:
        verbose_name = _("fraud rule")
        verbose_name_plural = _("fraud rules")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind


class FraudCase(models.Model):
    """What a rule saw, with its evidence, until a person dismisses it or acts; what was done can be undone."""

    on_erase: ClassVar[str] = "detach"

    class State(models.TextChoices):
        OPEN = "open", _("to look at")
        DISMISSED = "dismissed", _("nothing wrong")
        ACTED = "acted", _("acted on")
        UNDONE = "undone", _("undone")

    kind = models.CharField(_("rule"), max_length=24)
    key = models.CharField(_("about"), max_length=120, help_text=_("one case per rule and subject"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("contact")
    )
    claim = models.ForeignKey(
        Claim, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("claim")
    )
    offer = models.ForeignKey(
        Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("offer")
    )
    place = models.ForeignKey(
        Place, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("place")
    )
    staff = models.ForeignKey(
        StaffMember, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("cashier")
    )
    referral = models.ForeignKey(
        Referral, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("referral")
    )
    n = models.PositiveIntegerField(_("seen"), default=0)
    threshold = models.PositiveIntegerField(_("from"), default=0)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    done = models.JSONField(_("what was done"), default=dict, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last seen"), auto_now=True)

    class Meta:
        verbose_name = _("fraud case")
        verbose_name_plural = _("fraud cases")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="fraud_case_once")]
        indexes = [models.Index(fields=["state", "-opened_at"], name="fraud_case_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
