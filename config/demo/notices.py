"""The demo's mails that events send: confirm, welcome, thanks, and the code of a personal offer.

campaigns = on_events(shop)
campaigns["confirm_subscription"].state      # → "sending": it goes out whenever somebody signs up
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campaigns import composing
from campaigns.content import starters
from campaigns.delivery import control
from campaigns.models import Campaign
from config.demo.shop import Shop

STARTED = ("confirm_subscription", "offer_code")  # whose words the house brings along

# trigger → language → (subject, heading, text); an offer card follows.
MAILS = {
    "friend_welcome": {
        "en": ("Your first espresso is on us", "Welcome", "<p>Show this at any of our tills.</p>"),
        "fr": ("Votre premier espresso est offert", "Bienvenue", "<p>Montrez ceci à l'une de nos caisses.</p>"),
    },
    "sponsor_reward": {
        "en": ("Thank you: 5 € off your next bag", "Your friend has joined us", "<p>This is for you.</p>"),
        "fr": ("Merci : 5 € sur votre prochain paquet", "Votre ami nous a rejoints", "<p>Voici pour vous.</p>"),
    },
}


def on_events(shop: Shop) -> dict[str, Campaign]:
    """Return the campaigns of each trigger, composing and switching on what is missing."""
    offers = {"friend_welcome": shop.welcome.pk, "sponsor_reward": shop.thanks.pk}
    made = {trigger: _switched_on(trigger, shop, _words(trigger, offers[trigger])) for trigger in MAILS}
    return made | {trigger: _switched_on(trigger, shop, starters.bodies(trigger)) for trigger in STARTED}


def _switched_on(trigger: str, shop: Shop, bodies: Sequence[Any]) -> Campaign:
    found = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, trigger=trigger).first()
    if found is None:
        found = composing.compose(
            name=trigger.replace("_", " ").capitalize(),
            topic=shop.letter,
            sender=shop.sender,
            bodies=bodies,
            by=shop.admin,
            kind=Campaign.Kind.TRANSACTIONAL,
            trigger=trigger,
        )
    if found.state == Campaign.State.DRAFT:
        control.start(found, shop.admin)
    return found


def _words(trigger: str, offer: int) -> list[dict[str, Any]]:
    return [
        {
            "language": language,
            "subject": subject,
            "format": "blocks",
            "blocks": [
                {"id": "b1", "type": "heading", "text": heading},
                {"id": "b2", "type": "text", "html": text},
                {"id": "b3", "type": "offer", "offer": offer},
                {"id": "b4", "type": "footer"},
            ],
        }
        for language, (subject, heading, text) in MAILS[trigger].items()
    ]
