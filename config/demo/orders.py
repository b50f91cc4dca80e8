"""What the demo's people buy, reported by the shops as partners report it: by the API, with a key of its own.

report(story)      # → 41 orders: of redeemed codes, of loyal customers by e-mail, of friends
"""

from __future__ import annotations

import json
import random
from typing import Any

from django.utils import timezone

from config.demo import SEED
from config.demo.doors import ClosedDoor, Visitor
from config.demo.play import Story
from config.partners import keys
from contacts.models import Contact
from social.models import Claim, Referral

ARTICLES = [("BRZ-250", "Brazil, natural, 250 g", 890), ("ETH-250", "Ethiopia, washed, 250 g", 1_150)]
FRIENDS_BUY = 0.3  # of the friends who confirmed


def report(story: Story) -> int:
    """Report every order of the story and return how many there were."""
    _key, text = keys.issue("Demo shop", story.shop.admin, ["conversions:write"])
    orders = [*_of_readers(story), *_of_friends()]
    for number, order in enumerate(orders, 1):
        shop = Visitor("brulerie-shop/2.4", "198.51.100.20")
        said = {"source": "brulerie", "reference": f"{7_000 + number}", "currency": "EUR", **order}
        said["ordered_at"] = timezone.now().isoformat()
        page = shop.call("/api/v1/conversions/", json.dumps(said).encode(), key=text, once=f"order-{number}")
        if page.status != 201:
            raise ClosedDoor(f"Order {number} was answered {page.status}: {page.text[:300]}")
    return len(orders)


def _of_readers(story: Story) -> list[dict[str, Any]]:
    """Orders of the readers: by the redeemed code where there is one, else by address in the web shop."""
    claims = Claim.objects.filter(offer=story.shop.beans, state=Claim.State.REDEEMED).select_related("code")
    codes = {claim.contact_id: claim.code.value for claim in claims if claim.code}
    orders = []
    for letter, who in story.letters:
        if not who.buys_minor:
            continue
        code = codes.get(letter.contact_id)
        found_by = {"code": code, "channel": "till"} if code else {"email": letter.recipient, "channel": "web"}
        orders.append({"amount_minor": who.buys_minor, **found_by, "lines": _lines(who.number, who.buys_minor)})
    return orders


def _of_friends() -> list[dict[str, Any]]:
    confirmed = Referral.objects.filter(confirmed_at__isnull=False).order_by("pk").values_list("friend", flat=True)
    orders = []
    for number, friend in enumerate(Contact.objects.filter(pk__in=confirmed).order_by("pk"), 1):
        told = random.Random(f"{SEED}/buys/{number}")  # noqa: S311 - a story, not a secret
        if told.random() < FRIENDS_BUY:
            amount = told.randint(900, 4_000)
            orders.append({"amount_minor": amount, "email": friend.email, "lines": _lines(number, amount)})
    return orders


def _lines(number: int, amount_minor: int) -> list[dict[str, Any]]:
    """One or two articles that make up the amount."""
    sku, title, price = ARTICLES[number % len(ARTICLES)]
    first = {"sku": sku, "title": title, "category": "beans", "quantity": 1, "unit_minor": min(price, amount_minor)}
    rest = amount_minor - first["unit_minor"]  # type: ignore[operator]
    return [first, {"sku": "ACC", "title": "Filters and cups", "quantity": 1, "unit_minor": rest}] if rest else [first]
