"""`manage.py send`: sends without a broker; any number of these may run at once."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.delivery import rounds, sender
from campaigns.models import Campaign
from contacts import heartbeats

LOOK = 1.0  # seconds between looks at a campaign that waits for its pace, its relay or a retry


class Command(BaseCommand):
    """Send one campaign to its end, or serve all campaigns until stopped.

    send            serves for ever: starts what is due, drains notices, sends; SIGTERM ends it within 10 s
    send 12         sends campaign 12 until it is finished, paused or cancelled
    send --once     sends what can be sent now and returns
    """

    help = "Send mails without a broker: one campaign to its end, or all of them until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", nargs="?", type=int, help="id of a campaign; none = all of them, for ever")
        parser.add_argument("--once", action="store_true", help="send what can be sent now, then return")

    def handle(self, *args: Any, campaign: int | None = None, once: bool = False, **options: Any) -> None:
        if campaign is not None and not Campaign.objects.filter(pk=campaign).exists():
            raise CommandError(f"There is no campaign {campaign}. `hold list` and the admin show their numbers.")
        stop = threading.Event()
        before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.stdout.write(str(self.work(campaign, once=once, stop=stop)))
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def work(self, campaign: int | None, *, once: bool, stop: threading.Event) -> sender.Counts:
        """Go round and send until stopped, done, or once."""
        total = sender.Counts()
        while not stop.is_set():
            heartbeats.beat("sender")
            rounds.go_round()
            total.add(self.serve(campaign, once=once, stop=stop))
            if once or (campaign is not None and is_over(campaign)):
                break
        return total

    def serve(self, campaign: int | None, *, once: bool, stop: threading.Event) -> sender.Counts:
        """Send until the next round is due, or until nothing can be sent now."""
        if once:
            return sender.run(campaign, stop=stop)
        counts = sender.Counts()
        until = time.monotonic() + rounds.EVERY
        while not stop.is_set() and time.monotonic() < until:
            counts.add(sender.run(campaign, stop=stop, seconds=until - time.monotonic()))
            if campaign is not None and is_over(campaign):
                break
            stop.wait(LOOK)
        return counts


def is_over(campaign: int) -> bool:
    """Say whether the campaign sends no more by itself."""
    return not Campaign.objects.filter(pk=campaign, state=Campaign.State.SENDING).exists()
