"""The ground floor: who we may write to."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "contacts"
    label = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        post_migrate.connect(remake_indexes, sender=self)


def remake_indexes(**_: Any) -> None:
    """Let attributes keep their indexes through a migration that remakes the table of contacts."""
    from contacts.segments import indexes  # models exist only now

    indexes.remake()
