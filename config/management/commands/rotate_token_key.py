"""Begin to sign mail tokens with a new key; every old key goes on to verify, so mails already sent keep working.

python3 manage.py rotate_token_key          # writes var/token.key, or prints the TOKEN_KEYS to set; then restart
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import environment


class Command(BaseCommand):
    help = "Put a new signing key in front of the key ring of mail tokens; the old ones stay valid."

    def handle(self, *args: Any, **options: Any) -> None:
        ring = list(settings.TOKEN_KEYS)
        free = [number for number in range(16) if number not in dict(ring)]
        if not free:
            raise CommandError("All 16 key ids are taken. Remove the oldest from TOKEN_KEYS; its mails' links end.")
        ring.insert(0, (free[0], secrets.token_bytes(32)))
        written = ",".join(f"{number}:{key.hex()}" for number, key in ring)
        if "TOKEN_KEYS" not in settings.SECRETS_IN_FILES:
            self.stdout.write(f"TOKEN_KEYS={written}")
            self.stderr.write("Set this in the environment of every node, then restart web, worker and ingest.")
            return
        path = Path(settings.VAR_DIR) / "token.key"
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        environment.keep(fresh, written)
        os.replace(fresh, path)
        self.stdout.write(f"Key {free[0]} signs from the next start on; {len(ring) - 1} older ones still verify.")
