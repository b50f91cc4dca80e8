"""Mails to start from, in French and English: ten letters (starters.json), and the mails that events send.

    bodies("announcement", offer=offer.pk, image=image.pk)     # → [ContentBody fr, ContentBody en]
    create("confirm_subscription", brand, by=user)             # → EmailContent with a published version

Blocks of upper floors (offer, share, QR) are left out where they are not installed or have nothing to point at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from campaigns.content import versions
from campaigns.content.blocks import BlockDict, registry
from campaigns.models import ContentBody, EmailContent
from contacts.models import Brand


@dataclass(frozen=True)
class Starter:
    """One mail to start from: its name for people, and its words per language as (subject, preheader, blocks)."""

    label: str | Promise
    words: dict[str, tuple[str, str, list[BlockDict]]]
    is_transactional: bool = False


def heading(text: str, level: str = "1") -> BlockDict:
    return {"type": "heading", "text": text, "level": level}


def text(html: str) -> BlockDict:
    return {"type": "text", "html": html}


def button(label: str, link: str) -> BlockDict:
    return {"type": "button", "label": label, "link": link}


FOOTER: BlockDict = {"type": "footer"}


SENT_BY_EVENTS: dict[str, Starter] = {
    "confirm_subscription": Starter(
        _("Confirm the subscription"),
        {
            "en": (
                "Please confirm: you want mail from {{ brand.name }}",
                "One press, and you are in. Without it we do not write again.",
                [
                    heading("One press, and you are in"),
                    text(
                        "<p>Hello {{ contact.first_name }}</p>"
                        "<p>Somebody, we hope it was you, entered this address with {{ brand.name }}."
                        " Confirm it, and you get what you asked for.</p>"
                    ),
                    button("Yes, that was me", "{{ links.confirm }}"),
                    text("<p>It was not you? Do nothing: we will not write to you again.</p>"),
                    FOOTER,
                ],
            ),
            "fr": (
                "À confirmer : vous souhaitez recevoir les messages de {{ brand.name }}",
                "Un geste suffit. Sans lui, nous ne vous écrirons plus.",
                [
                    heading("Un geste, et c'est fait"),
                    text(
                        "<p>Bonjour {{ contact.first_name }}</p>"
                        "<p>Quelqu'un, nous espérons que c'était vous, a saisi cette adresse chez"
                        " {{ brand.name }}. Confirmez-la, et vous recevrez ce que vous avez demandé.</p>"
                    ),
                    button("Oui, c'était moi", "{{ links.confirm }}"),
                    text("<p>Ce n'était pas vous ? Ne faites rien : nous ne vous écrirons plus.</p>"),
                    FOOTER,
                ],
            ),
        },
        is_transactional=True,
    ),
    "your_data": Starter(
        _("The fresh link to one's own data"),
        {
            "en": (
                "Your data with {{ brand.name }}: the link you asked for",
                "It opens for 24 hours. You did not ask? Do nothing.",
                [
                    heading("Your data"),
                    text(
                        "<p>Behind this link you take a copy of everything we hold about you, change your address, or"
                        " are forgotten. It opens for 24 hours: please do not pass this mail on.</p>"
                    ),
                    button("Open my data", "{{ event.url }}"),
                    text("<p>You did not ask for it? Do nothing: nothing happens.</p>"),
                    FOOTER,
                ],
            ),
            "fr": (
                "Vos données chez {{ brand.name }} : le lien que vous avez demandé",
                "Il s'ouvre pendant 24 heures. Vous n'avez rien demandé ? Ne faites rien.",
                [
                    heading("Vos données"),
                    text(
                        "<p>Derrière ce lien, vous prenez une copie de tout ce que nous savons de vous, vous changez"
                        " d'adresse, ou vous vous faites oublier. Il s'ouvre pendant 24 heures : merci de ne pas"
                        " transférer ce message.</p>"
                    ),
                    button("Ouvrir mes données", "{{ event.url }}"),
                    text("<p>Vous n'avez rien demandé ? Ne faites rien : il ne se passe rien.</p>"),
                    FOOTER,
                ],
            ),
        },
        is_transactional=True,
    ),
    "last_message": Starter(
        _("The last message before a silent person is forgotten"),
        {
            "en": (
                "Shall we keep you? {{ brand.name }}",
                "Without your press we forget you in a month.",
                [
                    heading("Shall we keep you?"),
                    text(
                        "<p>Hello {{ contact.first_name }}</p><p>For almost three years we have heard nothing of you."
                        " Press, and we keep writing to you. Do nothing, and in a month we forget you: your address and"
                        " all we know of you go.</p>"
                    ),
                    button("Yes, keep me", "{{ links.confirm }}"),
                    FOOTER,
                ],
            ),
            "fr": (
                "Souhaitez-vous rester ? {{ brand.name }}",
                "Sans un geste de votre part, nous vous oublierons dans un mois.",
                [
                    heading("Souhaitez-vous rester ?"),
                    text(
                        "<p>Bonjour {{ contact.first_name }}</p><p>Voilà presque trois ans que nous sommes sans"
                        " nouvelles de vous. Un geste, et nous continuons à vous écrire. Si vous ne faites rien,"
                        " nous vous oublierons dans un mois : votre adresse et tout ce que nous"
                        " savons de vous disparaîtront.</p>"
                    ),
                    button("Oui, je reste", "{{ links.confirm }}"),
                    FOOTER,
                ],
            ),
        },
        is_transactional=True,
    ),
    "ask_consent": Starter(
        _("Ask for consent to measure"),
        {
            "en": (
                "May we learn from how you read us? {{ brand.name }}",
                "Two questions, both up to you. Say nothing, and nothing changes.",
                [
                    heading("Two questions, both up to you"),
                    text(
                        "<p>Hello {{ contact.first_name }}</p><p>May we note whether you open our mails, and which"
                        " links you follow? It helps us write fewer and better ones. Say nothing, and nothing changes:"
                        " you get the same mails, and we only count totals. This mail itself measures nothing.</p>"
                    ),
                    button("Choose", "{{ links.preferences }}?asked"),
                    FOOTER,
                ],
            ),
            "fr": (
                "Pouvons-nous apprendre de vos lectures ? {{ brand.name }}",
                "Deux questions, c'est vous qui choisissez. Sans réponse, rien ne change.",
                [
                    heading("Deux questions, c'est vous qui choisissez"),
                    text(
                        "<p>Bonjour {{ contact.first_name }}</p><p>Pouvons-nous noter si vous ouvrez nos messages, et"
                        " quels liens vous suivez ? Cela nous aide à en écrire moins, et de meilleurs. Sans réponse,"
                        " rien ne change : vous recevez les mêmes messages, et nous ne comptons que des totaux. Ce"
                        " message-ci ne mesure rien.</p>"
                    ),
                    button("Choisir", "{{ links.preferences }}?asked"),
                    FOOTER,
                ],
            ),
        },
    ),
    "offer_code": Starter(
        _("The code of a personal offer"),
        {
            "en": (
                "Your code: {{ event.title }}",
                "Good until {{ event.until | day }}.",
                [
                    heading("{{ event.title }}"),
                    text(
                        "<p>{{ event.value }}</p><p><strong>{{ event.code }}</strong></p>"
                        "<p>Good until {{ event.until | day }}. Show it at the till, or open it on your phone.</p>"
                    ),
                    button("Open my code", "{{ event.url }}"),
                    FOOTER,
                ],
            ),
            "fr": (
                "Votre code : {{ event.title }}",
                "Valable jusqu'au {{ event.until | day }}.",
                [
                    heading("{{ event.title }}"),
                    text(
                        "<p>{{ event.value }}</p><p><strong>{{ event.code }}</strong></p>"
                        "<p>Valable jusqu'au {{ event.until | day }}. Montrez-le en caisse, ou ouvrez-le"
                        " sur votre téléphone.</p>"
                    ),
                    button("Ouvrir mon code", "{{ event.url }}"),
                    FOOTER,
                ],
            ),
        },
        is_transactional=True,
    ),
}


def _label(words: dict[str, str]) -> str:
    return words.get((get_language() or "en")[:2], words["en"])


def _written(file: str, *, is_transactional: bool = False) -> dict[str, Starter]:
    """Return the mails of a file beside this one, in its order. In it, `@offer` stands for an id and `@website` for an
    address, which `bodies` fills in.
    """
    read = json.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))
    return {
        name: Starter(
            lazy(_label, str)(letter["label"]),
            {code: (one["subject"], one["preheader"], one["blocks"]) for code, one in letter["words"].items()},
            is_transactional,
        )
        for name, letter in read.items()
    }


LETTERS = _written("starters.json")
AUTOMATIC = _written("automatic.json", is_transactional=True)
STARTERS: dict[str, Starter] = {**LETTERS, **SENT_BY_EVENTS, **AUTOMATIC}


def rows_for(brand: Brand) -> dict[str, Any]:
    """Return the rows a new letter of a brand points at: its newest live offer, where offers are installed."""
    if not apps.is_installed("social"):
        return {}
    offers = apps.get_model("social.Offer").objects.filter(brand=brand, state="live", archived_at=None)
    newest = offers.filter(min_fan_level=None, holding="bearer", ends_at__gt=timezone.now()).order_by("-pk").first()
    return {"offer": newest.pk if newest else None}


def bodies(name: str, *, languages: Iterable[str] = ("en", "fr"), website: str = "", **ids: Any) -> list[ContentBody]:
    """Return unsaved bodies of a starter. `offer` and `image` are ids; a block whose id is not given is left out.

    Raises:  KeyError for a starter that does not exist.
    """
    words = STARTERS[name].words
    found = []
    for language in languages:
        if language in words:
            subject, preheader, blocks = words[language]
            filled = [block for block in (_filled(block, website, ids) for block in blocks) if block]
            found.append(
                ContentBody(language=language, subject=subject, preheader=preheader, blocks=versions.with_ids(filled))
            )
    return found


def _filled(block: BlockDict, website: str, ids: dict[str, Any]) -> BlockDict | None:
    if block["type"] not in registry():
        return None
    known = {"website": website or "https://example.com", **ids}
    filled = {}
    for name, value in block.items():
        if isinstance(value, str) and value.startswith("@"):
            if known.get(value[1:]) is None:
                return None
            value = known[value[1:]]
        filled[name] = value
    return filled


def create(
    name: str, brand: Brand, by: AbstractBaseUser | None = None, *, is_template: bool = False, **ids: Any
) -> EmailContent:
    """Return a new content made of a starter, its version published when events are to send it.

    Writes:  EmailContent, ContentVersion, ContentBody.  Raises: BadContent.
    """
    starter = STARTERS[name]
    content = EmailContent.objects.create(name=str(starter.label), brand=brand, is_template=is_template)
    version = versions.new_version(content, bodies(name, website=brand.website, **ids), by)
    if starter.is_transactional:
        versions.publish(version)
    return content
