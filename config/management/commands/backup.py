"""`manage.py backup`: database and files into one tar, while the site runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import backups


class Command(BaseCommand):
    help = "Write the database and all files into one tar with a manifest, while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, help="file to write (default: var/backups/fanfare-TIME.tar.gz)")

    def handle(self, *args: Any, to: Path | None, **options: Any) -> str:
        target = to or backups.default_target()
        try:
            manifest = backups.write(target)
        except backups.BackupError as why:
            raise CommandError(str(why)) from why
        if manifest.secrets:
            self.stderr.write(f"It holds secrets ({', '.join(manifest.secrets)}): keep it where only you can read it.")
        files = len(manifest.sha256) - 1
        return f"{target}: database and {files} files, {target.stat().st_size / 1e6:.1f} MB"
