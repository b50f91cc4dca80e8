"""What a share of a campaign is about: the words beside the link, why one would share, the friend's advantage.

    subject = of(campaign, "fr", block="b7")
    subject.title, subject.text, subject.reason
    subject.advantage.title          # → "−20 % sur votre première commande", or advantage is None

Everything comes from the version that is sent: its share bar, its offer card, its subject line; never from a contact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from campaigns import brands
from campaigns.models import Campaign, ContentBody, Image
from contacts.models import Brand
from social.models import Offer, ReferralProgram
from social.offers.value import text_of, until


@dataclass(frozen=True, slots=True)
class Advantage:
    """What a friend gets, in one language, and until when."""

    offer: Offer
    title: str
    body: str
    terms: str
    ends_at: datetime

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now() or self.offer.state == Offer.State.ENDED

    @property
    def until(self) -> str:
        """Its end, in the language now active."""
        return until(self.ends_at, get_language() or settings.LANGUAGE_CODE)


@dataclass(frozen=True, slots=True)
class Subject:
    """The words of a share in one language. `networks` are those chosen for this bar; empty = the brand's."""

    brand: Brand
    language: str
    title: str
    description: str
    text: str
    reason: str
    networks: tuple[str, ...]
    advantage: Advantage | None
    program: ReferralProgram | None


def of(campaign: Campaign, language: str, block: str = "") -> Subject:
    """Return what a share of this campaign says in this language, or in the nearest one it is written in.

    Reads:   ContentBody of the version sent (the latest while it is a draft), the brand's active programme, its offer.
    """
    brand = brand_of(campaign)
    body = body_of(campaign, language)
    language = body.language if body else language or brand.default_language
    blocks = _dicts(body.blocks) if body else []
    bar = share_bar(blocks, block)
    program = program_of(brand)
    advantage = _advantage(program, blocks, language)
    title = str(bar.get("share_title") or (body.subject if body else "") or campaign.name)
    return Subject(
        brand=brand,
        language=language,
        title=plain(title),
        description=plain(str(bar.get("text") or (body.preheader if body else ""))),
        text=plain(str(bar.get("text") or (advantage.title if advantage else title))),
        reason=plain(str(bar.get("reason") or "")),
        networks=tuple(bar.get("networks") or ()),
        advantage=advantage,
        program=program,
    )


def brand_of(campaign: Campaign) -> Brand:
    """Return the brand a campaign writes under, or one without colours where the site has none."""
    return brands.brand_of(campaign) or Brand(name="Fanfare", slug="")


def bodies_of(campaign: Campaign) -> list[ContentBody]:
    """Return the bodies of the version that is sent, else of the content's latest."""
    version_id = campaign.content_version_id
    if version_id is None and campaign.content is not None:
        latest = campaign.content.versions.order_by("-number").first()
        version_id = latest.pk if latest else None
    return list(ContentBody.objects.filter(version_id=version_id).order_by("pk")) if version_id else []


def body_of(campaign: Campaign, language: str) -> ContentBody | None:
    """Return the body in this language, else in the brand's, else the first."""
    bodies = bodies_of(campaign)
    by_language = {body.language: body for body in bodies}
    wanted = by_language.get(language) or by_language.get(brand_of(campaign).default_language)
    return wanted or (bodies[0] if bodies else None)


def hero_of(campaign: Campaign, language: str) -> str:
    """Return the path in public storage of the mail's first picture, '' when it has none."""
    body = body_of(campaign, language)
    blocks = body.blocks if body is not None else []
    ids = [found.get("image") for found in _dicts(blocks) if found.get("type") == "image"]
    picture = Image.objects.filter(pk=ids[0]).first() if ids and isinstance(ids[0], int) else None
    return picture.file.name or "" if picture else ""


def _dicts(blocks: object) -> list[dict[str, Any]]:
    """The blocks of a body: JSON that an import or a partner may have written differently."""
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []


def share_bar(blocks: Iterable[dict[str, Any]], block: str = "") -> dict[str, Any]:
    """Return the share bar with this id, else the first, else {}."""
    bars = [found for found in blocks if found.get("type") == "share"]
    return next((bar for bar in bars if block and bar.get("id") == block), bars[0] if bars else {})


def program_of(brand: Brand) -> ReferralProgram | None:
    """Return the brand's active referral programme, the newest when there are several."""
    return (
        ReferralProgram.objects.filter(brand_id=brand.pk or 0, is_active=True)
        .select_related("sponsor_offer", "friend_offer")
        .order_by("-pk")
        .first()
    )


def _advantage(program: ReferralProgram | None, blocks: Iterable[dict[str, Any]], language: str) -> Advantage | None:
    """The programme's offer for friends, else the campaign's own offer when it has words for friends."""
    offer = program.friend_offer if program else None
    for_friends = offer is not None
    if offer is None:
        ids = [found.get("offer") for found in blocks if found.get("type") == "offer"]
        offer = Offer.objects.filter(pk__in=[i for i in ids if isinstance(i, int)]).order_by("pk").first()
    if offer is None or offer.state not in (Offer.State.LIVE, Offer.State.ENDED):
        return None
    words = text_of(offer, language)
    title = (
        (words.friend_title or (words.title if for_friends else "")) if words else (offer.name if for_friends else "")
    )
    if not title:
        return None
    return Advantage(
        offer=offer,
        title=title,
        body=words.body if words else "",
        terms=words.terms if words else "",
        ends_at=offer.ends_at,
    )


def plain(text: str) -> str:
    """Return the text without merge tags: a share says nothing that belongs to one contact."""
    without = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    return re.sub(r"[ \t]+", " ", re.sub(r"\s+([,.!?;:])", r"\1", without)).strip(" ,;:\t\n")
