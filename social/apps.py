"""The second floor: what a fan does next - share, bring friends, redeem, convert."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

FOLLOWERS = {
    "created": _("newly known as fans"),
    "updated": _("known as fans already"),
    "left_out": _("not among your contacts"),
}
CODES = {"made": _("new codes"), "left_out": _("empty, doubled or too long")}
ORDERS = {
    "created": _("new orders"),
    "updated": _("changed"),
    "unchanged": _("as before"),
    "rejected": _("rejected lines"),
}
PRINTED = {"made": _("codes made"), "refused": _("left out because the offer is not for them")}


class SocialConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "social"
    label = "social"
    verbose_name = _("Social")

    def ready(self) -> None:
        from contacts import jobs

        jobs.register("fan_list", "social.fans.lists:work", _("List of followers"), FOLLOWERS)
        jobs.register("qr_print", "social.printing:work", _("QR codes for"), PRINTED)
        jobs.register("orders", "social.importing:work", _("Past orders of"), ORDERS)
        jobs.register("make_codes", "social.offers.bulk:work_make", _("Codes"), CODES)
        jobs.register("load_codes", "social.offers.bulk:work_load", _("A partner's codes"), CODES)
