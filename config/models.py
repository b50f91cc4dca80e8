"""Where Django looks for the roof's tables; they live with the partners that they serve."""

from config.partners.models import ApiKey, WebhookAttempt, WebhookEndpoint
from config.team.models import PinnedPage, SecondFactor, SeenPage, SignIn, Tries

__all__ = ["ApiKey", "PinnedPage", "SecondFactor", "SeenPage", "SignIn", "Tries", "WebhookAttempt", "WebhookEndpoint"]
