"""A customer who cannot find her mail: found by card or e-mail at the till, as first name and offers, no more.

found = look_up("2000 123", place=lyon, who=who)      # → Found("Ann", [Choice("20 % off bags", "till:…")]) or None

A choice's text is signed, good for a quarter of an hour, and stands for the claim or the mail as a scanned code would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils import timezone
from django.utils.translation import get_language

from campaigns.models import Delivery
from contacts import identities
from contacts.addresses import BadAddress
from contacts.models import Contact, Identity
from social.models import Claim, Offer, Place
from social.offers import attempts, held, rules
from social.offers.asking import Who
from social.offers.reasons import Reason, Refused
from social.offers.value import headline, title_of

PREFIX, SALT = "till:", "fanfare.till.found"
GOOD_FOR = 900  # seconds
MAILS = 20  # her latest, looked through for offers
RECENT = timedelta(days=90)


@dataclass(frozen=True)
class Choice:
    """One offer of hers, and the text that stands for it."""

    title: str
    value: str
    text: str


@dataclass(frozen=True)
class Found:
    """What a cashier may see of a person: her first name and her offers."""

    first_name: str
    choices: list[Choice]


def look_up(typed: str, *, place: Place, who: Who) -> Found | None:
    """Return the person of a card or an e-mail address with the offers she may use here, or None.

    An e-mail address proves nobody, so personal offers show by card only. Trying names counts as guessing.

    Writes:  Attempt when nobody is found.
    Raises:  Refused(TOO_MANY_ATTEMPTS).
    """
    attempts.brake(who.client)
    is_card = "@" not in typed
    contact = _person(typed, is_card) if typed else None
    if contact is None:
        attempts.note(Reason.CODE_UNKNOWN, typed, who=who.client, place=place)
        return None
    return Found(contact.first_name, [*_claimed(contact, place, is_card), *_mailed(contact, place)])


def shown(text: str) -> held.Held | None:
    """Return what a choice's text stands for, None for any other text.

    Raises:  Refused(CODE_UNKNOWN) when it is forged or older than a quarter of an hour.
    """
    if not text.startswith(PREFIX):
        return None
    try:
        said: dict[str, int] = signing.loads(text.removeprefix(PREFIX), salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        raise Refused(Reason.CODE_UNKNOWN) from None
    if "claim" in said:
        claim = Claim.objects.select_related("offer", "code").get(pk=said["claim"])
        return held.Held(offer=claim.offer, claim=claim, code=claim.code)
    delivery = Delivery.objects.select_related("contact").get(pk=said["delivery"])
    offer = Offer.objects.select_related("brand", "segment").get(pk=said["offer"])
    return held.of_delivery(delivery, offer)


def _person(typed: str, is_card: bool) -> Contact | None:
    try:
        return identities.find(Identity.Kind.CARD if is_card else Identity.Kind.EMAIL, typed)
    except (BadAddress, identities.BadIdentity):
        return None


def _claimed(contact: Contact, place: Place, is_card: bool) -> list[Choice]:
    rows = Claim.objects.filter(contact=contact, state=Claim.State.OPEN).select_related("offer__brand", "proof")
    choices = []
    for claim in rows.order_by("-claimed_at")[:MAILS]:
        if claim.offer.holding == Offer.Holding.PERSONAL and not is_card:
            continue
        try:
            rules.check_use(claim, place=place, at=timezone.now())
        except Refused:
            continue
        choices.append(_choice(claim.offer, {"claim": claim.pk}))
    return choices


def _mailed(contact: Contact, place: Place) -> list[Choice]:
    """Return the offers in her latest mails that she did not claim yet and may."""
    taken = set(Claim.objects.filter(contact=contact).values_list("offer", flat=True))
    since = timezone.now() - RECENT
    mails = Delivery.objects.filter(contact=contact, sent_at__gt=since).select_related("campaign").order_by("-sent_at")
    choices: dict[int, Choice] = {}
    for delivery in mails[:MAILS]:
        for offer_id in held.offers_in(delivery.campaign, delivery.content_version_id).values():
            offer = Offer.objects.select_related("brand", "segment").filter(pk=offer_id).first()
            if offer is None or offer_id in taken or offer_id in choices or offer.holding == Offer.Holding.PERSONAL:
                continue
            try:
                rules.check_claim(offer, contact, timezone.now())
                rules.check_place(offer, place)
            except Refused:
                continue
            choices[offer_id] = _choice(offer, {"delivery": delivery.pk, "offer": offer_id})
    return list(choices.values())


def _choice(offer: Offer, stands_for: dict[str, int]) -> Choice:
    language = get_language() or "en"
    return Choice(title_of(offer, language), headline(offer, language), PREFIX + signing.dumps(stands_for, salt=SALT))
