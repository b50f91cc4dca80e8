"""Read the spool of this node into the database, for ever or until it is empty.

python3 manage.py ingest            # a child of `up`
python3 manage.py ingest --once     # prints what was done
"""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from campaigns.tracking import ingest


class Command(BaseCommand):
    help = "Read the hits that the web servers of this node have spooled into events and reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when the spool is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self.stop)
        done = ingest.run(once=options["once"], stop=lambda: self.stopping)
        self.stdout.write(
            f"{done.lines} lines, {done.events} events ({done.crowd} without a person), "
            f"{done.dropped} unknown, {done.torn} torn"
        )

    def stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the batch at hand, then end."""
        self.stopping = True
