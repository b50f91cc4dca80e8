"""`manage.py pace`: see and change how fast and when mails go, while they go."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns.delivery import pacing, throttle
from campaigns.models import PaceRule, RelayPace
from contacts import audit


class Command(BaseCommand):
    """Show the pace, or change it.

    pace show
    pace relay main --per-second 20 --per-hour 5000 --per-day 40000
    pace relay main --warmup --first 200 --growth 50        from today on; --no-warmup ends it
    pace quiet 21 8                                         hours of each reader; `pace quiet off`
    pace cap 2 7                                            two campaigns in seven days; `pace cap off`
    """

    help = "Show or change ceilings of relays, warm-up, quiet hours and the cap of mails a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("show")
        relay = verbs.add_parser("relay")
        relay.add_argument("name")
        relay.add_argument("--per-second", type=float)
        for option in ("--per-hour", "--per-day", "--first", "--growth"):
            relay.add_argument(option, type=int, metavar="N")
        relay.add_argument("--warmup", action="store_true", default=None)
        relay.add_argument("--no-warmup", dest="warmup", action="store_false")
        for name in ("quiet", "cap"):
            verbs.add_parser(name).add_argument("values", nargs="+", metavar="N|off")

    def handle(self, *args: Any, verb: str = "show", **options: Any) -> None:
        try:
            if verb == "relay":
                self.relay(options)
            elif verb in {"quiet", "cap"}:
                self.rule(verb, options["values"])
        except ValidationError as why:
            raise CommandError(" ".join(why.messages)) from None
        self.show()

    def relay(self, options: dict[str, Any]) -> None:
        known = [each["name"] for each in settings.FANFARE_RELAYS]
        if options["name"] not in known:
            raise CommandError(f"There is no relay {options['name']}. EMAIL_RELAYS names: {', '.join(known)}.")
        pace = RelayPace.objects.filter(relay=options["name"]).first() or RelayPace(relay=options["name"])
        for field, option in (
            ("per_second", "per_second"), ("per_hour", "per_hour"), ("per_day", "per_day"),
            ("warmup_first", "first"), ("warmup_growth", "growth"),
        ):  # fmt: skip
            if options[option] is not None:
                setattr(pace, field, options[option])
        if options["warmup"] is not None:
            pace.warmup_on = timezone.localdate() if options["warmup"] else None
        pace.full_clean()
        pace.save()
        audit.record("command pace", "changed pace", pace)

    def rule(self, verb: str, values: list[str]) -> None:
        numbers = self.numbers(verb, values)
        rule = pacing.rule()
        if verb == "quiet":
            rule.quiet_from, rule.quiet_until = numbers or (None, None)
        else:
            rule.cap_mails, rule.cap_days = numbers or (None, rule.cap_days)
        rule.full_clean()
        rule.save()
        audit.record("command pace", "changed pace", rule)

    @staticmethod
    def numbers(verb: str, values: list[str]) -> tuple[int, int] | None:
        if values == ["off"]:
            return None
        if len(values) != 2 or not all(value.isdecimal() for value in values):
            raise CommandError(
                f"Write two numbers or off, for example: pace {verb} {'21 8' if verb == 'quiet' else '2 7'}"
            )
        return int(values[0]), int(values[1])

    def show(self) -> None:
        rule = PaceRule.objects.first()
        if rule is not None and rule.quiet_from is not None:
            self.stdout.write(f"quiet from {rule.quiet_from} h to {rule.quiet_until} h, each reader's own time")
        if rule is not None and rule.cap_mails:
            self.stdout.write(f"at most {rule.cap_mails} campaigns in {rule.cap_days} days a person")
        for pace in RelayPace.objects.order_by("relay"):
            most = pacing.day_ceiling(pace, timezone.localdate())
            limits = [
                f"{pace.per_second:g}/s" if pace.per_second else "",
                f"{pace.per_hour}/h" if pace.per_hour else "",
            ]
            limits.append(f"{most}/day today" if most is not None else "")
            gone = pacing.used(pace.relay, pacing.minute() - pacing.DAY)
            self.stdout.write(f"relay {pace.relay}: {' '.join(filter(None, limits)) or 'no limit'}, {gone} in 24 hours")
        for group, rate in sorted(throttle.slowed_domains().items()):
            self.stdout.write(f"domain {group}: {rate:.2f}/s, because it asked for fewer")
        if rule is None and not RelayPace.objects.exists():
            self.stdout.write("No limits but those of campaigns.")
