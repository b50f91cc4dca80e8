"""`manage.py doctor`: what works, what does not, and what to do about it. Ends with 1 when something is bad."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from config import diagnosis
from contacts.scrubbing import scrub


class Command(BaseCommand):
    help = "Ask database, storage, broker, services, relays and DNS, and say what is wrong and what to do."
    requires_system_checks: list[str] = []  # it must answer even when they fail

    def handle(self, *args: Any, **options: Any) -> None:
        marks: dict[str, tuple[str, Callable[[str], str]]] = {
            "good": ("good   ", self.style.SUCCESS),
            "odd": ("odd    ", self.style.WARNING),
            "bad": ("BAD    ", self.style.ERROR),
            "unknown": ("unknown", self.style.NOTICE),
        }
        counts = dict.fromkeys(marks, 0)
        for finding in diagnosis.examine():
            counts[finding.state] += 1
            mark, paint = marks[finding.state]
            self.stdout.write(f"{paint(mark)} {finding.what}: {scrub(finding.says)}")
            if finding.remedy:
                self.stdout.write(f"        → {finding.remedy}")
        self.stdout.write(", ".join(f"{number} {state}" for state, number in counts.items()))
        if counts["bad"]:
            sys.exit(1)
