"""The demo's tills: one enrolled phone and one cashier a shop; fans show their codes there.

redeem(story)       # → 41 redemptions, on the same pages that a cashier presses
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from config.demo.doors import ANDROID, ClosedDoor, Visitor
from config.demo.play import Story
from config.demo.shop import Shop
from social import tills
from social.models import Claim, Place, StaffMember

PIN = "2468"
CASHIERS = {"port": "Maud", "lices": "Samir", "bouffay": "Jeanne"}


def staff(shop: Shop) -> None:
    """Give each shop its cashier, once."""
    if StaffMember.objects.filter(place__in=shop.places.values()).exists():
        return
    members = [StaffMember(place=place, name=CASHIERS[slug]) for slug, place in shop.places.items()]
    tills.set_pin(members[0], PIN)
    for member in members:
        member.pin_hash = members[0].pin_hash  # one hash for all three: hashing is slow on purpose
        member.save()


def redeem(story: Story) -> int:
    """Let those who come by show their codes, and return how many were taken."""
    claims = {claim.contact_id: claim for claim in Claim.objects.filter(offer=story.shop.beans).select_related("code")}
    open_tills = [_opened(place, story.shop) for place in story.shop.places.values()]
    coming = [(letter, who) for letter, who in story.letters if who.redeems and letter.contact_id in claims]
    for letter, who in coming:
        claim, cashier = claims[letter.contact_id], open_tills[who.number % len(open_tills)]
        _take(cashier, claim.code.value if claim.code else claim.token, who.buys_minor)
    return len(coming)


def _opened(place: Place, shop: Shop) -> Visitor:
    """Return a shop's phone, enrolled, with its cashier signed in."""
    _device, secret = tills.enrol(place, "Till 1", shop.admin)
    phone = Visitor(ANDROID, "198.51.100.7")
    phone.cookies[tills.DEVICE_COOKIE] = secret
    phone.post(phone.get("/till/"), staff=CASHIERS[place.slug], pin=PIN)
    return phone


def _take(cashier: Visitor, code: str, amount_minor: int) -> None:
    """Check a code, then redeem it.

    Raises:  ClosedDoor when it is refused.
    """
    ready = cashier.get("/till/")
    green = cashier.submit(ready, "/till/check/", code=code)
    done = cashier.submit(green, "/till/redeem/", amount=f"{amount_minor / 100:.2f}", currency="EUR")
    if done.status != 200:
        raise ClosedDoor(f"The till answered {done.status}.")


def remarks(shop: Shop) -> list[str]:
    """Return what one must know to stand at a till."""
    words = _("At the till: make this browser a till of %(shop)s at %(address)s, then choose %(name)s, PIN %(pin)s.")
    place = Place.objects.get(slug="port").name
    address = f"{settings.SITE_URL}/till/enrol/"
    return [words % {"shop": place, "address": address, "name": CASHIERS["port"], "pin": PIN}]
