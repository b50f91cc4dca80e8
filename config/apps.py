"""The roof: settings, doors, partners and the operator's commands."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "config"
    label = "config"
    verbose_name = _("Configuration")

    def ready(self) -> None:
        """Register the system checks and attach Celery's application."""
        from config import celery, checks  # noqa: F401
