"""Where Django looks for the roof's tables; they live with the partners that they serve."""

from config.partners.models import ApiKey, WebhookAttempt, WebhookEndpoint
from config.team.models import SecondFactor, SignIn, Tries

__all__ = ["ApiKey", "SecondFactor", "SignIn", "Tries", "WebhookAttempt", "WebhookEndpoint"]
