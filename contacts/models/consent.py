"""What a person agreed to: subscriptions as they stand, and the ledger of every yes and no with its evidence."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models.brand import Brand, Topic
from contacts.models.contact import Contact


class Basis(models.TextChoices):
    """On which ground we may write. Source: GDPR art. 6; CPCE L34-5 for existing customers and similar products."""

    NONE = "none", _("none")
    CONSENT = "consent", _("consent")
    CUSTOMER = "customer", _("existing customer, similar products")
    SERVICE = "service", _("a service the person asked for")


# The grounds on which a topic's mails go; the others are for single mails or for none.
MAIL_BASES = [(basis.value, basis.label) for basis in (Basis.CONSENT, Basis.CUSTOMER)]


class Subscription(models.Model):
    """One contact's standing with one topic: pending → subscribed → unsubscribed. No basis, no mail."""

    on_erase: ClassVar[str] = "delete"

    class State(models.TextChoices):
        PENDING = "pending", _("to be confirmed")
        SUBSCRIBED = "subscribed", _("subscribed")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="subscriptions", verbose_name=_("contact")
    )
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="subscriptions", verbose_name=_("topic"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    basis = models.CharField(_("basis"), max_length=10, choices=Basis, default=Basis.NONE)
    source = models.CharField(_("source"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    subscribed_at = models.DateTimeField(_("subscribed since"), null=True, blank=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed since"), null=True, blank=True)
    reason = models.CharField(_("reason for leaving"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["contact", "topic"], name="subscription_once"),
            models.CheckConstraint(
                condition=~models.Q(state="subscribed") | models.Q(subscribed_at__isnull=False),
                name="subscription_has_start",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="unsubscribed") | models.Q(unsubscribed_at__isnull=False),
                name="subscription_has_end",
            ),
        ]
        indexes = [models.Index(fields=["topic", "state", "contact"], name="subscription_audience")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.topic_id} {self.state}"


class Consent(models.Model):
    """One yes or no, never changed: purpose, words shown, how, when, evidence. Erasure leaves hash, purpose, times."""

    on_erase: ClassVar[str] = "detach"
    erase_blanks: ClassVar[dict[str, object]] = {"evidence": {}, "actor": ""}

    class Purpose(models.TextChoices):
        EMAIL = "email", _("e-mail")
        OPEN_TRACKING = "open_tracking", _("measure opens")
        CLICK_TRACKING = "click_tracking", _("measure clicks")
        PROFILING = "profiling", _("profile")
        PUBLIC_NAME = "public_name", _("show the first name to friends")

    class Method(models.TextChoices):
        FORM = "form", _("form")
        CONFIRMATION = "confirmation", _("confirmation by mail")
        PREFERENCES = "preferences", _("preference centre")
        ONE_CLICK = "one_click", _("one-click unsubscribe")
        IMPORT = "import", _("import")
        API = "api", _("API")
        ADMIN = "admin", _("by hand")

    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="consents", verbose_name=_("contact")
    )
    address_hash = models.CharField(_("address hash"), max_length=32, blank=True)
    brand = models.ForeignKey(
        Brand, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("brand")
    )
    topic = models.ForeignKey(
        Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("topic")
    )
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    is_given = models.BooleanField(_("given"))
    basis = models.CharField(_("basis"), max_length=10, choices=Basis, default=Basis.CONSENT)
    method = models.CharField(_("how"), max_length=12, choices=Method)
    wording_hash = models.CharField(
        _("wording hash"), max_length=64, blank=True, help_text=_("SHA-256 of the words shown")
    )
    wording = models.TextField(_("wording"), blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)
    actor = models.CharField(_("by"), max_length=120, blank=True)
    at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["contact", "purpose", "-at"], name="consent_of_contact")]

    def __str__(self) -> str:
        return f"{self.purpose} {'+' if self.is_given else '-'} {self.at:%Y-%m-%d}"
