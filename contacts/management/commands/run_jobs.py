"""python3 manage.py run_jobs: do what waits, without a worker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from contacts import jobs


class Command(BaseCommand):
    help = "Do every waiting job (imports, exports) and those a killed runner left behind, here and now."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{jobs.run_waiting()} jobs done.")
