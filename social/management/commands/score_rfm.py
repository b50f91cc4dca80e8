"""`manage.py score_rfm`: score every buyer by recency, frequency and money, as the beat does every night."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from social import rfm


class Command(BaseCommand):
    """Score every buyer and print the cells."""

    help = "Score every buyer by recency, frequency and money; prints how many stand in each cell."

    def handle(self, *args: Any, **options: Any) -> None:
        found = rfm.score()
        cells = rfm.cells()
        self.stdout.write(
            f"{found.buyers} buyers; thresholds {found.recency} days, {found.frequency} orders, {found.monetary}"
        )
        self.stdout.write("R\\F " + "".join(f"{frequency:>9}" for frequency in range(1, 6)))
        for recency in range(5, 0, -1):
            people = [cells.get((recency, frequency)) for frequency in range(1, 6)]
            self.stdout.write(f"{recency:>3} " + "".join(f"{cell.people if cell else 0:>9}" for cell in people))
