"""`manage.py migrate`, Django's own; then attributes get back the indexes that a remade table of contacts has lost."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from contacts.segments import indexes


class Command(migrate.Command):
    """Apply migrations."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        indexes.remake()
