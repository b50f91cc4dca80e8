"""`manage.py benchmark NAME`: measure one thing beside its physical limit and its peers, one JSON object a line.

The code is in tests/benchmarks/<NAME>.py; figures and method are in docs/benchmarks.md.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Run one benchmark and print its lines."""

    help = "Measure one thing beside its limit and its peers; one JSON object a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="a file of tests/benchmarks; without it, the names are listed")
        parser.add_argument("--n", type=int, default=0, help="how many; 0 = the benchmark's own number")

    def handle(self, *args: Any, **options: Any) -> None:
        package = importlib.import_module("tests.benchmarks")
        names = [
            module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.endswith("_worker")
        ]
        name = options["name"]
        if not name:
            self.stdout.write("\n".join(names))
            return
        if name not in names:
            raise CommandError(f"There is no benchmark {name}. Choose one of: {', '.join(names)}.")
        module = importlib.import_module(f"tests.benchmarks.{name}")
        for line in module.run(options["n"]) if options["n"] else module.run():
            self.stdout.write(json.dumps(line))
            self.stdout.flush()
