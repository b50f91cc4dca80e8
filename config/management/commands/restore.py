"""`manage.py restore FILE`: put a backup back. Sending is on hold until a person lifts it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from campaigns.delivery import hold
from config import backups


class Command(BaseCommand):
    help = "Put a backup back. Refuses a database that holds anything unless --force; sending is then on hold."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `backup` wrote")
        parser.add_argument("--force", action="store_true", help="replace what the database holds")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        try:
            manifest = backups.restore(file, force=force)
        except backups.BackupError as why:
            raise CommandError(str(why)) from why
        call_command("migrate", verbosity=0)
        self.stdout.write(f"Restored the backup of {manifest.made_at}. Sending is on hold: no mail leaves.")
        for campaign in hold.affected():
            self.stdout.write(f"  may have moved since: {campaign} ({campaign.get_state_display()})")
        self.stdout.write("Look at the campaigns, then lift it in the admin or with: python3 manage.py hold lift")
