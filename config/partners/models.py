"""Partners' keys and the webhooks we owe them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Topic
from social.models import Place


class ApiKey(models.Model):
    """A partner's key: shown once, kept as SHA-256, bound to scopes and, where set, to places and topics."""

    name = models.CharField(_("name"), max_length=120)
    prefix = models.CharField(_("prefix"), max_length=12, unique=True)
    secret_hash = models.CharField(_("secret (hashed)"), max_length=64)
    scopes = models.JSONField(
        _("scopes"), default=list, help_text=_('for example ["contacts:read", "conversions:write"]')
    )
    places = models.ManyToManyField(Place, blank=True, related_name="+", verbose_name=_("places"))
    topics = models.ManyToManyField(Topic, blank=True, related_name="+", verbose_name=_("topics"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    old_secret_hash = models.CharField(_("former secret (hashed)"), max_length=64, blank=True, editable=False)
    old_secret_until = models.DateTimeField(_("former secret opens until"), null=True, blank=True, editable=False)
    per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, help_text=_("empty = what the installation allows")
    )

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


# A topic or place that a key is bound to is not deleted: with its last bound gone, the key would open everything.
for _bounds, _name in ((ApiKey.topics, "topic"), (ApiKey.places, "place")):
    _through: Any = _bounds.through
    _through._meta.get_field(_name).remote_field.on_delete = models.PROTECT
    _through.__str__ = lambda row: str(row.apikey)  # what the desk's refusal names


class KeyUsage(models.Model):
    """How many requests a key made on one day (UTC)."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="usage", verbose_name=_("API key"))
    day = models.DateField(_("day"))
    n = models.PositiveIntegerField(_("requests"), default=0)

    class Meta:
        verbose_name = _("use of a key")
        verbose_name_plural = _("use of keys")
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="key_usage_once")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day} {self.n}"


class WebhookEndpoint(models.Model):
    """Where a partner wants events sent, how it is doing, and what signs them (Standard Webhooks)."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="webhooks", verbose_name=_("API key"))
    url = models.URLField(_("address"), max_length=500)
    events = models.JSONField(_("events"), default=list, blank=True, help_text=_("empty = all"))
    secret = models.CharField(_("signing secret"), max_length=120)
    old_secret = models.CharField(_("former signing secret"), max_length=120, blank=True)
    old_secret_until = models.DateTimeField(_("former secret signs until"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    disabled_reason = models.CharField(_("why switched off"), max_length=300, blank=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    retry_at = models.DateTimeField(_("next try"), null=True, blank=True)
    leased_until = models.DateTimeField(_("being served until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [models.UniqueConstraint(fields=["key", "url"], name="webhook_once_per_key")]

    def __str__(self) -> str:
        return self.url


class WebhookAttempt(models.Model):
    """One message owed to one endpoint, and how far its delivery got. It names people by our number only."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="attempts", verbose_name=_("webhook")
    )
    message_id = models.CharField(_("message id"), max_length=64)
    event = models.CharField(_("event"), max_length=60)
    order_key = models.CharField(_("order key"), max_length=60, blank=True)
    body = models.JSONField(_("body"), default=dict)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_at = models.DateTimeField(_("next try"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("last status"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=200, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        constraints = [models.UniqueConstraint(fields=["endpoint", "message_id"], name="webhook_message_once")]
        indexes = [
            models.Index(
                fields=["endpoint", "id"],
                condition=models.Q(delivered_at__isnull=True, given_up_at__isnull=True),
                name="webhook_owed",
            ),
            models.Index(fields=["created_at"], name="webhook_message_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"


class WebhookPosition(models.Model):
    """How far one of the growing tables was turned into messages."""

    source = models.CharField(_("source"), max_length=24, unique=True)
    last_id = models.BigIntegerField(_("read up to"), default=0)

    class Meta:
        verbose_name = _("webhook position")
        verbose_name_plural = _("webhook positions")

    def __str__(self) -> str:
        return f"{self.source} {self.last_id}"
