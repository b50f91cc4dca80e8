"""What the house remembers of its own people: their sign-ins, and the pages they pinned and opened lately."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact


class SignIn(models.Model):
    """One browser in which a person of the team is or was signed in; it lives as long as its session."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins", verbose_name=_("person"))
    session_key = models.CharField(_("session"), max_length=40, unique=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)
    at = models.DateTimeField(_("signed in"), auto_now_add=True)
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        default_permissions = ()  # no page lists these rows
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")

    def __str__(self) -> str:
        return f"{self.user} {self.at:%Y-%m-%d}"


class SecondFactor(models.Model):
    """A person's second proof: the secret that her telephone shares with us, and her unused recovery codes.

    It counts from `confirmed_at` on. `last_step` is the last time step accepted: a code that was read over her shoulder
    works no second time (RFC 6238, 5.2).
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor", verbose_name=_("person"))
    secret = models.BinaryField(_("secret"), max_length=20)
    last_step = models.BigIntegerField(_("last step"), default=0)
    recovery = models.JSONField(_("recovery codes"), default=list, help_text=_("SHA-256 of each code not yet used"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        default_permissions = ()  # no page lists these rows
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.user)


class Tries(models.Model):
    """How often a sign-in failed lately for one account, address, or both; the key is a hash."""

    key = models.CharField(_("key"), max_length=64, unique=True)
    n = models.PositiveIntegerField(_("number"), default=0)
    last_at = models.DateTimeField(_("last"))

    class Meta:
        default_permissions = ()  # no page lists these rows
        verbose_name = _("failed sign-ins")
        verbose_name_plural = _("failed sign-ins")

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.n}"


class Wishes(models.Model):
    """What a person wants to be told: kinds of needs (config/needs.py) not on Home, and those by mail.

    `told` holds what was mailed and still waits. Who writes the mail holds the row until `claimed_until`: one of two
    workers writes it, and after a kill another does.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="wishes", verbose_name=_("person"))
    language = models.CharField(_("language"), max_length=8, blank=True)
    hidden = models.JSONField(_("not on Home"), default=list)
    mailed = models.JSONField(_("by mail"), default=list)
    told = models.JSONField(_("told"), default=list)
    claimed_until = models.DateTimeField(_("being written until"), null=True, blank=True)

    class Meta:
        default_permissions = ()  # each person sees her own
        verbose_name = _("wish to be told")
        verbose_name_plural = _("wishes to be told")

    def __str__(self) -> str:
        return str(self.user)


class PinnedPage(models.Model):
    """A page of the desk that a person wants at hand: a contact, a report, a list with its filters."""

    on_erase: ClassVar[str] = "delete"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pinned_pages", verbose_name=_("person"))
    path = models.CharField(_("address"), max_length=500, help_text=_("With its filters, without the host."))
    name = models.CharField(_("name"), max_length=80)
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("contact"),
        help_text=_("Whose page it is: with her it goes."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("pinned"), auto_now_add=True)

    class Meta:
        default_permissions = ()  # each person sees her own
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "path"], name="config_pin_once")]
        verbose_name = _("pinned page")
        verbose_name_plural = _("pinned pages")

    def __str__(self) -> str:
        return self.name


class SeenPage(models.Model):
    """A thing a person opened lately; its name is asked of the thing itself, so that none outlives it here."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="seen_pages", verbose_name=_("person"))
    model = models.CharField(_("kind"), max_length=60, help_text=_("As Django names it, for example contacts.contact."))
    number = models.BigIntegerField(_("number"))
    path = models.CharField(_("address"), max_length=200)
    at = models.DateTimeField(_("opened"))

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "model", "number"], name="config_seen_once")]
        verbose_name = _("page opened lately")
        verbose_name_plural = _("pages opened lately")

    def __str__(self) -> str:
        return f"{self.model} {self.number}"
