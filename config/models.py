"""Where Django looks for the roof's tables; they live with the partners that they serve."""

from config.partners.models import ApiKey, WebhookAttempt, WebhookEndpoint

__all__ = ["ApiKey", "WebhookAttempt", "WebhookEndpoint"]
