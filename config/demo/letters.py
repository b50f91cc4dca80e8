"""The demo's mails: the campaign in English and French, the next one as a draft, and templates.

campaign = autumn(shop)             # a draft with its mail; the stage `send` starts it
christmas(shop)                     # the next one, a draft with open steps, to play with
"""

from __future__ import annotations

import io
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image as Picture
from PIL import ImageDraw

from campaigns import composing, writers
from campaigns.content import images, starters
from campaigns.models import Campaign, EmailContent, Image
from config.demo.shop import Shop

NAME = "Autumn roast"
NEXT = "Christmas box"
TEMPLATES = ("announcement", "fan_offer", "refer_a_friend")
FOR_SHOPS = "fan_offer"  # whose manager writes with it
WEBSITE = "https://example.com/brulerie"

WORDS = {
    "en": {
        "subject": "The autumn roast is here, {{ contact.first_name | default: 'coffee lover' }}",
        "preheader": "Hazelnut, dark honey, and 20 % off for you.",
        "heading": "The autumn roast is here",
        "text": "<p>Hello {{ contact.first_name | default: 'you' }},</p><p>It tastes of hazelnut and dark honey, and it"
        " came out of the drum on Tuesday. We roasted 400 kg; when it is gone, it is gone until next year.</p>",
        "button": "See the three origins",
        "reason": "Who comes through you gets a first espresso on us, and you get 5 € off your next bag.",
        "share": "The autumn roast is out at Brûlerie du Port",
        "alt": "A cup of coffee before a setting sun over the harbour",
        "second": "How to brew it",
        "tips": "<p>60 g for a litre, water just off the boil, four minutes."
        f' <a href="{WEBSITE}/brewing">Our five recipes</a> take the guessing out of it.</p>',
    },
    "fr": {
        "subject": "La torréfaction d'automne est là, {{ contact.first_name | default: 'amateur de café' }}",
        "preheader": "Noisette, miel sombre, et −20 % pour vous.",
        "heading": "La torréfaction d'automne est là",
        "text": "<p>Bonjour {{ contact.first_name | default: 'à vous' }},</p><p>Elle a le goût de la noisette et du"
        " miel sombre, et elle est sortie du tambour mardi. Nous en avons torréfié 400 kg ; après, il faudra"
        " attendre l'an prochain.</p>",
        "button": "Voir les trois origines",
        "reason": "Qui vient grâce à vous reçoit un premier espresso, et vous 5 € sur votre prochain paquet.",
        "share": "La torréfaction d'automne est là, à la Brûlerie du Port",
        "alt": "Une tasse de café devant un soleil couchant sur le port",
        "second": "Comment la préparer",
        "tips": "<p>60 g pour un litre, une eau juste frémissante, quatre minutes."
        f' <a href="{WEBSITE}/recettes">Nos cinq recettes</a> vous guident.</p>',
    },
}


def autumn(shop: Shop) -> Campaign:
    """Return the demo's campaign, composing it when it is not there."""
    found = Campaign.objects.filter(name=NAME, kind=Campaign.Kind.CAMPAIGN).first()
    if found is not None:
        return found
    picture = _picture(shop)
    return composing.compose(
        name=NAME,
        topic=shop.offers,
        sender=shop.sender,
        segments=[shop.segment],
        bodies=[_body(language, shop, picture) for language in WORDS],
        by=shop.admin,
        holdout_percent=5,
    )


def _body(language: str, shop: Shop, picture: Image) -> dict[str, Any]:
    words = WORDS[language]
    offer = shop.beans.pk
    blocks = [
        {"id": "b1", "type": "image", "image": picture.pk, "alt": words["alt"], "link": WEBSITE, "width": 600},
        {"id": "b2", "type": "heading", "text": words["heading"]},
        {"id": "b3", "type": "text", "html": words["text"]},
        {"id": "b4", "type": "button", "label": words["button"], "link": f"{WEBSITE}/autumn"},
        {"id": "b5", "type": "offer", "offer": offer},
        {"id": "b6", "type": "share", "share_title": words["share"], "text": words["share"], "reason": words["reason"]},
        {"id": "b7", "type": "heading", "text": words["second"], "level": "2"},
        {"id": "b8", "type": "text", "html": words["tips"]},
        {"id": "b9", "type": "footer"},
    ]
    return {
        "language": language,
        "subject": words["subject"],
        "preheader": words["preheader"],
        "format": "blocks",
        "blocks": blocks,
    }


def christmas(shop: Shop) -> Campaign:
    """Return the next campaign, a draft made of a template; its segment is still to be chosen."""
    for name in TEMPLATES:
        if not EmailContent.objects.filter(name=str(starters.STARTERS[name].label), is_template=True).exists():
            template = starters.create(name, shop.brand, shop.admin, is_template=True, offer=shop.beans.pk)
            if name == FOR_SHOPS:
                writers.approve(template, shop.admin)
    found = Campaign.objects.filter(name=NEXT).first()
    if found is not None:
        return found
    template = EmailContent.objects.get(name=str(starters.STARTERS["announcement"].label), is_template=True)
    return composing.compose(name=NEXT, topic=shop.letter, sender=shop.sender, template=template, by=shop.admin)


def draw() -> bytes:
    """Return the demo's picture as PNG bytes, 1200 × 600: a cup before a low sun over the harbour."""
    canvas = Picture.new("RGB", (1200, 600), "#f6e3c0")
    pen = ImageDraw.Draw(canvas)
    for step in range(300):
        shade = (246 - step // 8, 227 - step // 3, 192 - step // 4)
        pen.rectangle((0, step, 1200, step + 1), fill=shade)
    pen.ellipse((690, 120, 990, 420), fill="#d99a00")
    pen.rectangle((0, 300, 1200, 600), fill="#5b2a86")
    for row, colour in enumerate(("#6b3a97", "#4d2372", "#3f1d5d")):
        for x in range(-80 + row * 60, 1200, 200):
            pen.ellipse((x, 300 + row * 80, x + 260, 360 + row * 80), fill=colour)
    pen.polygon([(180, 300), (330, 300), (300, 340), (210, 340)], fill="#1d1b26")
    pen.polygon([(250, 180), (250, 292), (330, 292)], fill="#faf8f5")
    pen.rounded_rectangle((430, 300, 690, 500), 60, fill="#faf8f5")
    pen.rectangle((430, 300, 690, 380), fill="#faf8f5")
    pen.arc((632, 320, 755, 450), -90, 90, fill="#faf8f5", width=22)
    pen.ellipse((430, 275, 690, 330), fill="#3a2417", outline="#faf8f5", width=10)
    pen.rounded_rectangle((390, 505, 730, 530), 12, fill="#faf8f5")
    out = io.BytesIO()
    canvas.save(out, "PNG", optimize=True)
    return out.getvalue()


def _picture(shop: Shop) -> Image:
    return images.add(ContentFile(draw(), name="autumn.png"), alt=WORDS["en"]["alt"], brand=shop.brand)
