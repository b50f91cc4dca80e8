"""The second floor: what a fan does next - share, bring friends, redeem, convert."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SocialConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "social"
    label = "social"
    verbose_name = _("Social")

    def ready(self) -> None:
        from contacts import jobs

        jobs.register("fan_list", "social.fans.lists:work")
