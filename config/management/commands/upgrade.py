"""`manage.py upgrade`: after new code - back up, migrate, collect static files, check. Stops at the first failure."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config import backups


class Command(BaseCommand):
    help = "Back up, migrate, collect static files and check, in this order; stops at the first failure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-backup", action="store_true", help="when a backup was made in another way")

    def handle(self, *args: Any, no_backup: bool, **options: Any) -> None:
        if not no_backup and backups.holds_data():
            target = backups.default_target()
            try:
                backups.write(target)
            except backups.BackupError as why:
                raise CommandError(f"{why} Nothing was changed.") from why
            self.stdout.write(f"backup: {target}")
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write("migrate: done")
        call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write("static files: collected")
        call_command("check", deploy=settings.HTTPS)  # without https it is nobody's production
        self.stdout.write("Now restart the services.")
