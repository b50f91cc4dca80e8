"""What the demo's organisation is before anybody writes: a roaster with three shops, its topics, offers and rules.

    shop = open_shop()          # makes what is missing, changes nothing that is there

Brûlerie du Port is invented, and so is everybody in it. Addresses end in example.org and the like (RFC 2606).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.utils import timezone

from campaigns.models import Sender
from contacts.models import AttributeType, Brand, Segment, SignupForm, Topic
from social import places_people
from social.fans import words
from social.models import BrandAccount, FanWord, Offer, OfferLimit, OfferText, Place, ReferralProgram

USER, PASSWORD = "admin", "fanfare"
WORDS = {"instagram": "cerise", "facebook": "moka"}
ACCOUNTS = {"bluesky": "brulerie.example", "mastodon": "@brulerie@social.example"}
TEAM = {"marie": "marketer", "paul": "analyst", "ines": "place manager"}
SHOPS = {
    "port": ("Le Port", "3 quai Saint-Cast, 35400 Saint-Malo"),
    "lices": ("Les Lices", "12 place des Lices, 35000 Rennes"),
    "bouffay": ("Bouffay", "8 place du Bouffay, 44000 Nantes"),
}
OFFER_RUNS = timedelta(days=45)


@dataclass(frozen=True)
class Shop:
    """The things of the demo that its stages need by name."""

    admin: User
    brand: Brand
    offers: Topic
    letter: Topic
    sender: Sender
    places: dict[str, Place]
    beans: Offer
    welcome: Offer
    thanks: Offer
    segment: Segment


def open_shop() -> Shop:
    """Return the demo's organisation, making what is missing.

    Writes:  User, Brand, Topic, SignupForm, AttributeType, Sender, Place, Offer, ReferralProgram, Segment,
             FanWord, BrandAccount.
    """
    admin = _team()
    brand, _made = Brand.objects.get_or_create(
        slug="brulerie",
        defaults={
            "name": "Brûlerie du Port",
            "default_language": "en",
            "languages": ["en", "fr"],
            "website": "https://brulerie.example",
            "postal_address": "3 quai Saint-Cast, 35400 Saint-Malo, France",
        },
    )
    offers, letter = _topics(brand)
    places = {
        slug: Place.objects.get_or_create(
            slug=slug, defaults={"brand": brand, "name": name, "address": where, "time_zone": "Europe/Paris"}
        )[0]
        for slug, (name, where) in SHOPS.items()
    }
    _managed(places["port"], admin)
    beans, welcome, thanks = _offers(brand)
    _program(brand, welcome, thanks)
    _networks(brand)
    return Shop(
        admin=admin,
        brand=brand,
        offers=offers,
        letter=letter,
        sender=_sender(brand),
        places=places,
        beans=beans,
        welcome=welcome,
        thanks=thanks,
        segment=_segments(),
    )


def _managed(place: Place, admin: User) -> None:
    """Ines runs the shop at the port, and may write to its people."""
    place.managers.add(User.objects.get(username="ines"))
    places_people.propose(place, admin)


def _networks(brand: Brand) -> None:
    """The words of two posts, and the accounts that can say who follows; `.example` is no real server."""
    for network, word in WORDS.items():
        if not FanWord.objects.filter(brand=brand, word=word).exists():
            words.publish(brand, network, word, post_url=f"{brand.website}/{network}/{word}", cap=200)
    for network, handle in ACCOUNTS.items():
        BrandAccount.objects.get_or_create(brand=brand, network=network, defaults={"handle": handle})


def _team() -> User:
    """The administrator, and one person of each of the roles that a small organisation has."""
    missing = [name for name in (USER, *TEAM) if not User.objects.filter(username=name).exists()]
    hashed = make_password(PASSWORD) if missing else ""  # once for all: hashing is slow on purpose
    for name in missing:
        user = User.objects.create(username=name, first_name=name.title(), is_staff=True, password=hashed)
        user.groups.set(Group.objects.filter(name=TEAM.get(name, "")))
    User.objects.filter(username=USER).update(is_superuser=True)
    return User.objects.get(username=USER)


def _topics(brand: Brand) -> tuple[Topic, Topic]:
    offers, _made = Topic.objects.get_or_create(
        slug="offers",
        defaults={"brand": brand, "name": "Offers in our shops", "description": "Two or three times a month"},
    )
    letter, _made = Topic.objects.get_or_create(
        slug="letter",
        defaults={"brand": brand, "name": "The roaster's letter", "description": "Origins, recipes; once a month"},
    )
    form, is_new = SignupForm.objects.get_or_create(
        slug="letter",
        defaults={
            "brand": brand,
            "name": "On the website",
            "title": {"en": "Coffee news, once a month", "fr": "Des nouvelles du café, une fois par mois"},
            "wording": {
                "en": "Write me about coffee; I can leave with one click.",
                "fr": "Écrivez-moi à propos du café ; je peux partir en un clic.",
            },
        },
    )
    if is_new:
        form.topics.set([letter, offers])
    for name, label, kind in (
        ("favourite_shop", "Favourite shop", AttributeType.Type.TEXT),
        ("brews_with", "Brews with", AttributeType.Type.TEXT),
        ("birthday", "Birthday", AttributeType.Type.DATE),
    ):
        AttributeType.objects.get_or_create(name=name, defaults={"label": label, "type": kind})
    return offers, letter


def _sender(brand: Brand) -> Sender:
    return Sender.objects.get_or_create(
        brand=brand,
        from_email="bonjour@mail.brulerie.example",
        from_name="Brûlerie du Port",
        defaults={"reply_to": "bonjour@brulerie.example"},
    )[0]


def _offers(brand: Brand) -> tuple[Offer, Offer, Offer]:
    """The campaign's offer, the friend's welcome, and the thanks to who brought her."""
    beans = _offer(brand, "Autumn roast: 20 % off beans", kind=Offer.Kind.PERCENT, percent=20, cost_minor=280)
    _words(
        beans,
        en=(
            "20 % off all beans",
            "For you and only this autumn: every origin, every grind.",
            "10 % off your first bag",
        ),
        fr=(
            "−20 % sur tous les grains",
            "Pour vous, cet automne : toutes les origines.",
            "−10 % sur le premier paquet",
        ),
    )
    OfferLimit.objects.get_or_create(offer=beans, scope=OfferLimit.Scope.TOTAL, defaults={"max_uses": 500})
    OfferLimit.objects.get_or_create(offer=beans, scope=OfferLimit.Scope.CONTACT, defaults={"max_uses": 1})
    welcome = _offer(brand, "A friend's first espresso", kind=Offer.Kind.GIFT, cost_minor=60)
    _words(
        welcome,
        en=("Your first espresso is on us", "Sign up, show the code, sit down.", "Your first espresso is on us"),
        fr=(
            "Votre premier espresso est offert",
            "Inscrivez-vous, montrez le code, installez-vous.",
            "Un espresso offert",
        ),
    )
    thanks = _offer(brand, "Thanks for bringing a friend", kind=Offer.Kind.AMOUNT, amount_minor=500, cost_minor=500)
    _words(
        thanks,
        en=("5 € off your next bag", "Thank you for bringing a friend.", ""),
        fr=("5 € sur votre prochain paquet", "Merci de nous avoir amené quelqu'un.", ""),
    )
    return beans, welcome, thanks


def _offer(brand: Brand, name: str, **fields: object) -> Offer:
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Offer.objects.get_or_create(
        brand=brand,
        name=name,
        defaults={
            "state": Offer.State.LIVE,
            "starts_at": midnight - timedelta(days=3),
            "ends_at": midnight + OFFER_RUNS - timedelta(minutes=1),
            "currency": settings.BASE_CURRENCY,
            **fields,
        },
    )[0]


def _words(offer: Offer, **languages: tuple[str, str, str]) -> None:
    for language, (title, body, friend_title) in languages.items():
        terms = {"en": "Once per person, in all shops.", "fr": "Une fois par personne, dans toutes nos boutiques."}
        reason = {"en": "Your friends get something too.", "fr": "Vos amis en profitent aussi."}
        OfferText.objects.get_or_create(
            offer=offer,
            language=language,
            defaults={
                "title": title,
                "body": body,
                "terms": terms[language],
                "friend_title": friend_title,
                "reason_to_share": reason[language],
            },
        )


def _program(brand: Brand, welcome: Offer, thanks: Offer) -> None:
    ReferralProgram.objects.get_or_create(
        brand=brand,
        name="Bring a friend",
        defaults={"hold_days": 0, "friend_offer": welcome, "sponsor_offer": thanks, "cap_per_sponsor": 10},
    )


def _segments() -> Segment:
    """What the campaign goes to, and two more to look at."""
    for name, field, value in (("French speakers", "language", "fr"), ("English speakers", "language", "en")):
        rules = {"all": [{"field": field, "op": "is", "value": value}]}
        Segment.objects.get_or_create(name=name, defaults={"rules": rules})
    return Segment.objects.get_or_create(
        name="Readers in French or English",
        defaults={
            "description": "everybody whose language we write",
            "rules": {"any": [{"field": "language", "op": "is", "value": code} for code in ("fr", "en")]},
        },
    )[0]
