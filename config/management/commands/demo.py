"""`manage.py demo`: a believable shop, a campaign really sent, what its fans did, the funnel, and the site.

python3 manage.py demo                      # seeds, sends, plays, prints, serves
python3 manage.py demo --once --json        # … ends after the funnel, as one JSON object
"""

from __future__ import annotations

import json
import logging
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.management.commands.up import require_free


class Command(BaseCommand):
    help = "Seed believable data, send a campaign into the Outbox, play its fans, print the funnel, and serve."
    requires_system_checks: list[str] = []  # the database may not be there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after the funnel instead of serving")
        parser.add_argument("--contacts", type=int, default=1000, help="lines of the imported file (default 1000)")
        parser.add_argument("--json", action="store_true", help="print funnel and addresses as one JSON object")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 10 <= options["contacts"] <= 100_000:
            raise CommandError(f"Unexpected value --contacts {options['contacts']}, use 10 to 100000")
        if not options["once"]:
            require_free(options["host"], options["port"])  # said before the work, not after
        quiet = options["json"]
        say = (lambda line: None) if quiet else self.stdout.write
        say(_("Preparing the database…"))
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise looks there
        call_command("migrate", verbosity=0, interactive=False)

        from config.demo import funnel, story  # models exist only now

        logging.disable(logging.WARNING)  # the story speaks for itself
        try:
            told = story.tell(contacts=options["contacts"], say=say)
        finally:
            logging.disable(logging.NOTSET)
        if quiet:
            self.stdout.write(json.dumps({"funnel": funnel.as_dict(told.report), "addresses": told.addresses}))
        else:
            self.stdout.write(funnel.page(told))
        if not options["once"]:
            if urlsplit(settings.SITE_URL).port not in (None, options["port"]):
                words = _("Links lead to %(site)s. Set SITE_URL to the port you serve on, so that they work.")
                self.stdout.write(words % {"site": settings.SITE_URL})
            call_command("up", host=options["host"], port=options["port"])
