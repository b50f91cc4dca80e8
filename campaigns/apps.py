"""The first floor: what we sent them, and what happened."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "campaigns"
    label = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        from campaigns.content import moving
        from contacts import jobs

        jobs.register("templates", "campaigns.content.moving:work", _("Templates of"), moving.COUNTS)
