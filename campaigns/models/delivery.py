"""The ledger of deliveries, the relays' state, and the mails that the Outbox relay keeps."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.content import ContentVersion
from contacts.models import Contact


class Delivery(models.Model):
    """One mail to one contact for one occasion: the row that `campaigns.delivery.ledger` moves by conditional UPDATEs.

    `occasion` is '' for a campaign and the idempotency key of a transactional mail. Rows are never pruned, only
    emptied, so that leaving always works.
    """

    on_erase: ClassVar[str] = "detach"
    erase_blanks: ClassVar[dict[str, object]] = {"context": None, "reply": ""}

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        CLAIMED = "claimed", _("taken by a sender")
        COMMITTING = "committing", _("on the wire")
        SENT = "sent", _("sent")
        DEFERRED = "deferred", _("to be tried again")
        FAILED = "failed", _("failed")
        SUPPRESSED = "suppressed", _("not sent: no longer allowed")
        AMBIGUOUS = "ambiguous", _("in doubt")
        CANCELLED = "cancelled", _("cancelled")
        CONTROL = "control", _("control group")

    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("campaign")
    )
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="deliveries", verbose_name=_("contact")
    )
    occasion = models.CharField(_("occasion"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    variant = models.CharField(_("variant"), max_length=16, blank=True)
    content_version = models.ForeignKey(
        ContentVersion, null=True, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("version")
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    tracks_opens = models.BooleanField(_("opens measured"), default=False)
    tracks_clicks = models.BooleanField(_("clicks measured"), default=False)
    context = models.JSONField(_("merge values"), null=True, blank=True, help_text=_("of a transactional mail"))

    owner = models.CharField(_("sender process"), max_length=80, blank=True)
    fence = models.BigIntegerField(_("fence"), default=0)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_at = models.DateTimeField(_("next try"), null=True, blank=True)
    relay = models.CharField(_("relay"), max_length=40, blank=True)
    reply_code = models.PositiveSmallIntegerField(_("reply"), null=True, blank=True)
    reply = models.CharField(_("reply text"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("queued"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("bounced"), null=True, blank=True)
    complained_at = models.DateTimeField(_("complained"), null=True, blank=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "contact", "occasion"], name="delivery_once"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["claimed", "committing"]) | models.Q(lease_until__isnull=False),
                name="delivery_claim_has_lease",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sent_at__isnull=False), name="delivery_sent_has_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="deferred") | models.Q(next_at__isnull=False),
                name="delivery_deferred_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "id"], condition=models.Q(state="queued"), name="delivery_to_claim"),
            models.Index(
                fields=["campaign", "next_at"], condition=models.Q(state="deferred"), name="delivery_to_retry"
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=["claimed", "committing"]),
                name="delivery_lease_over",
            ),
            models.Index(fields=["campaign", "state", "tracks_opens", "tracks_clicks"], name="delivery_counts"),
            models.Index(fields=["contact", "-sent_at"], name="delivery_of_contact"),
            models.Index(fields=["campaign"], condition=models.Q(bounced_at__isnull=False), name="delivery_came_back"),
            models.Index(
                fields=["campaign"], condition=models.Q(complained_at__isnull=False), name="delivery_unwanted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.pk} {self.state}"


class SendingHold(models.Model):
    """While one is not lifted, no mail leaves: a restored backup starts so, until a person looked at it."""

    since = models.DateTimeField(_("since"), auto_now_add=True)
    reason = models.CharField(_("reason"), max_length=300)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("sending hold")
        verbose_name_plural = _("sending holds")

    def __str__(self) -> str:
        return self.reason


class RelayState(models.Model):
    """What is remembered of a relay between processes: its breaker and today's count."""

    name = models.CharField(_("relay"), max_length=40, unique=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("left alone until"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    day = models.DateField(_("day"), null=True, blank=True)
    sent_today = models.PositiveIntegerField(_("sent today"), default=0)

    class Meta:
        verbose_name = _("relay")
        verbose_name_plural = _("relays")

    def __str__(self) -> str:
        return self.name


class TokenBucket(models.Model):
    """A throttle that all processes share: `relay:main`, `domain:gmail.com`, `campaign:12`. Mails per second."""

    key = models.CharField(_("key"), max_length=140, unique=True)
    rate = models.FloatField(_("rate"), help_text=_("mails per second"))
    capacity = models.FloatField(_("burst"), help_text=_("mails"))
    tokens = models.FloatField(_("left"))
    refilled_at = models.DateTimeField(_("refilled"))
    changed_at = models.DateTimeField(
        _("rate changed"), null=True, blank=True, help_text=_("of a domain's own pace, which finds itself")
    )

    class Meta:
        verbose_name = _("throttle")
        verbose_name_plural = _("throttles")
        constraints = [models.CheckConstraint(condition=models.Q(tokens__gte=0), name="bucket_never_below_zero")]

    def __str__(self) -> str:
        return self.key


class OutboxMail(models.Model):
    """A mail kept by the Outbox relay instead of being sent, to be looked at and clicked in the admin."""

    on_erase: ClassVar[str] = "delete"

    delivery = models.ForeignKey(
        Delivery,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="outbox_mails",
        verbose_name=_("delivery"),
    )
    sender = models.CharField(_("envelope sender"), max_length=254)
    recipient = models.CharField(_("recipient"), max_length=254)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    message = models.BinaryField(_("message"), help_text=_("bytes as they would go over the wire"))
    created_at = models.DateTimeField(_("kept"), auto_now_add=True)

    class Meta:
        verbose_name = _("mail in the Outbox")
        verbose_name_plural = _("Outbox")
        indexes = [models.Index(fields=["-created_at"], name="outbox_recent")]

    def __str__(self) -> str:
        return self.subject
