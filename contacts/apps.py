"""The ground floor: who we may write to."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "contacts"
    label = "contacts"
    verbose_name = _("Contacts")
