"""Partners' keys and the webhooks we owe them."""

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
    scopes = models.JSONField(_("scopes"), default=list, help_text=_('for example ["contacts:read", "orders:write"]'))
    places = models.ManyToManyField(Place, blank=True, related_name="+", verbose_name=_("places"))
    topics = models.ManyToManyField(Topic, blank=True, related_name="+", verbose_name=_("topics"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class WebhookEndpoint(models.Model):
    """Where a partner wants events sent. Signed as Standard Webhooks describes."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="webhooks", verbose_name=_("API key"))
    url = models.URLField(_("address"), max_length=500)
    events = models.JSONField(_("events"), default=list, blank=True, help_text=_("empty = all"))
    secret = models.CharField(_("signing secret"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)
    disabled_reason = models.CharField(_("why switched off"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [models.UniqueConstraint(fields=["key", "url"], name="webhook_once_per_key")]

    def __str__(self) -> str:
        return self.url


class WebhookAttempt(models.Model):
    """One message owed to one endpoint, and how far its delivery got."""

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
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        constraints = [models.UniqueConstraint(fields=["endpoint", "message_id"], name="webhook_message_once")]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(delivered_at__isnull=True), name="webhook_due")]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"
