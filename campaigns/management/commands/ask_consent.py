"""python3 manage.py ask_consent TOPIC."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns import composing, consent_campaign
from campaigns.delivery.control import Refused
from contacts.models import Topic


class Command(BaseCommand):
    help = "Compose the campaign that asks a topic's subscribers for consent to measure; a person starts it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("topic", help="short name of the topic")

    def handle(self, **options: Any) -> None:
        topic = Topic.objects.filter(slug=options["topic"], archived_at=None).select_related("brand").first()
        if topic is None:
            known = ", ".join(Topic.objects.filter(archived_at=None).values_list("slug", flat=True))
            raise CommandError(f"There is no topic {options['topic']}. Known are: {known or 'none'}.")
        try:
            campaign = consent_campaign.compose(topic, by="command")
        except (Refused, composing.Incomplete) as why:
            raise CommandError(str(why)) from why
        self.stdout.write(f"Campaign {campaign.pk} is a draft: look at it and start it in the desk.")
