"""`manage.py create_api_key NAME --owner USER --scope contacts:read …` makes a partner's key and prints it once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.partners import keys
from contacts.models import Topic
from social.models import Place


class Command(BaseCommand):
    help = "Make an API key for a partner; its text is printed once and kept as a hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="whose key it is, for example 'web shop'")
        parser.add_argument("--owner", required=True, help="user name; the key ends with her account")
        parser.add_argument(
            "--scope", action="append", required=True, help=f"may be repeated; some of {', '.join(keys.SCOPES)}"
        )

        for name, what in (("topic", "people of these topics only"), ("place", "these shops only")):
            parser.add_argument(f"--{name}", action="append", default=[], help=f"short name, may be repeated: {what}")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = User.objects.get(username=options["owner"])
            with transaction.atomic():
                key, text = keys.issue(options["name"], owner, options["scope"])
                key.topics.add(*(Topic.objects.get(slug=slug) for slug in options["topic"] or ()))
                key.places.add(*(Place.objects.get(slug=slug) for slug in options["place"] or ()))
        except User.DoesNotExist:
            raise CommandError(f"There is no user {options['owner']}. Name one who exists, see /admin/.") from None
        except (Topic.DoesNotExist, Place.DoesNotExist):
            raise CommandError("There is no such topic or place. Use the short name, see /admin/.") from None
        except keys.UnknownScope as why:
            raise CommandError(str(why)) from None
        self.stdout.write(text)
