"""The first floor: what we sent them, and what happened."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

TEMPLATES = {"created": _("new templates"), "rejected": _("rejected")}


class CampaignsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "campaigns"
    label = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        from contacts import jobs  # not the work itself: its renderer would fill 30 MB of every process

        jobs.register("templates", "campaigns.content.moving:work", _("Templates of"), TEMPLATES)
