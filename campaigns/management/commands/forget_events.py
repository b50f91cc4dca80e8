"""Empty and delete what is older than the settings say; the beat does it every day.

python3 manage.py forget_events
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from campaigns.tracking import retention


class Command(BaseCommand):
    help = "Empty addresses and browsers of old hits and delete old events; totals and people stay."

    def handle(self, *args: Any, **options: Any) -> None:
        done = retention.forget()
        self.stdout.write(f"{done.emptied} hits emptied, {done.deleted} events deleted")
