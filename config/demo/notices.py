"""The demo's mails that events send: confirm, welcome, thanks, and the code of a personal offer.

campaigns = on_events(shop)
campaigns["confirm_subscription"].state      # → "sending": it goes out whenever somebody signs up
"""

from __future__ import annotations

from typing import Any

from campaigns import composing
from campaigns.delivery import control
from campaigns.models import Campaign
from config.demo.shop import Shop

# trigger → language → (subject, heading, text, button's words); the button leads to what the mail is about.
MAILS = {
    "confirm_subscription": {
        "en": (
            "Please confirm: {{ brand.name }}",
            "One press, and you are in",
            "<p>You asked us to write to you at this address. Please confirm that it was you;"
            " if not, do nothing and you will not hear from us.</p>",
            "Yes, that was me",
        ),
        "fr": (
            "Veuillez confirmer : {{ brand.name }}",
            "Un appui, et c'est fait",
            "<p>Vous nous avez demandé de vous écrire à cette adresse. Veuillez confirmer que c'était bien vous ;"
            " sinon, ne faites rien, et vous n'entendrez plus parler de nous.</p>",
            "Oui, c'était moi",
        ),
    },
    "friend_welcome": {
        "en": ("Your first espresso is on us", "Welcome", "<p>Show this at any of our tills.</p>", ""),
        "fr": ("Votre premier espresso est offert", "Bienvenue", "<p>Montrez ceci à l'une de nos caisses.</p>", ""),
    },
    "sponsor_reward": {
        "en": ("Thank you: 5 € off your next bag", "Your friend has joined us", "<p>This is for you.</p>", ""),
        "fr": ("Merci : 5 € sur votre prochain paquet", "Votre ami nous a rejoints", "<p>Voici pour vous.</p>", ""),
    },
}


def on_events(shop: Shop) -> dict[str, Campaign]:
    """Return the campaigns of each trigger, composing and switching on what is missing."""
    offers = {"friend_welcome": shop.welcome.pk, "sponsor_reward": shop.thanks.pk}
    return {trigger: _switched_on(trigger, shop, offers.get(trigger)) for trigger in MAILS}


def _switched_on(trigger: str, shop: Shop, offer: int | None) -> Campaign:
    found = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, trigger=trigger).first()
    if found is None:
        found = composing.compose(
            name=trigger.replace("_", " ").capitalize(),
            topic=shop.letter,
            sender=shop.sender,
            bodies=[_body(language, *words, offer=offer) for language, words in MAILS[trigger].items()],
            by=shop.admin,
            kind=Campaign.Kind.TRANSACTIONAL,
            trigger=trigger,
        )
    if found.state == Campaign.State.DRAFT:
        control.start(found, shop.admin)
    return found


def _body(language: str, subject: str, heading: str, text: str, button: str, *, offer: int | None) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"id": "b1", "type": "heading", "text": heading},
        {"id": "b2", "type": "text", "html": text},
    ]
    if button:
        blocks.append({"id": "b3", "type": "button", "label": button, "link": "{{ links.confirm }}"})
    if offer:
        blocks.append({"id": "b4", "type": "offer", "offer": offer})
    blocks.append({"id": "b9", "type": "footer"})
    return {"language": language, "subject": subject, "format": "blocks", "blocks": blocks}
