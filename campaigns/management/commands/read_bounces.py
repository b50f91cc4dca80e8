"""`manage.py read_bounces`: reads the bounce mailbox, or one returned mail from standard input."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from campaigns.delivery import bounces, mailbox, returned


class Command(BaseCommand):
    """Draw the consequences of mails that came back: bounces, complaints, automatic answers.

    read_bounces                              reads BOUNCE_MAILBOX by IMAP until it is empty
    read_bounces --pipe b+5a3f…@bounce.example < mail
                                              one mail, for an alias of a local mail server
    """

    help = "Read the bounce mailbox (BOUNCE_MAILBOX), or one returned mail from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pipe", nargs="?", const="", metavar="RECIPIENT", help="read one mail from standard input"
        )

    def handle(self, *args: Any, pipe: str | None = None, **options: Any) -> None:
        if pipe is not None:
            self.stdout.write(bounces.take(sys.stdin.buffer.read(returned.MOST), pipe))
            return
        if not settings.BOUNCE_MAILBOX:
            raise CommandError("BOUNCE_MAILBOX is empty. Set it to imaps://user:password@host/INBOX, or use --pipe.")
        try:
            seen = mailbox.read_all()
        except mailbox.MailboxAway as why:
            raise CommandError(str(why)) from None
        self.stdout.write(" ".join(f"{kind}={n}" for kind, n in sorted(seen.items())) or "Nothing came back.")
