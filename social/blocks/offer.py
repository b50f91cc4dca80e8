"""The offer card of a mail: what one gets, until when, the button to the offer's page, and the QR of this one contact.

    {"id": "b4", "type": "offer", "offer": 7, "label": "", "qr": true}

The QR holds the mail's own offer link; a till claims and redeems with it in one press. It is left out where it would
not work alone: for a personal offer (its code comes in a mail of its own) and where a proof of being a fan is asked.
Friends see their own advantage, without QR and without a link to redeem.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field
from campaigns.content.findings import Finding
from campaigns.content.recipients import Recipient
from campaigns.models import Campaign
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose
from social import qr
from social.models import Offer
from social.offers import held
from social.offers.value import beside, text_of, until
from social.views.vouchers import data_uri

SIDE = 168  # pixels of the QR in the mail; 29 modules of 5 and a quiet zone, read from a phone's screen


def offer_of(block: BlockDict) -> Offer | None:
    """Return the block's offer, or None when none is chosen or it is gone."""
    offer_id = block.get("offer")
    if not isinstance(offer_id, int) or isinstance(offer_id, bool):
        return None
    return Offer.objects.select_related("brand").prefetch_related("texts").filter(pk=offer_id).first()


def shows_qr(offer: Offer) -> bool:
    """Say whether a till can redeem with the mail's link alone."""
    return offer.holding == Offer.Holding.BEARER and offer.min_fan_level is None


def links(block: BlockDict, campaign: Campaign, recipients: Sequence[Recipient]) -> list[dict[str, Any]]:
    """Return each contact's page and QR picture; a service she asks for, so hers with or without measurement.

    Reads:   the mail's other offers, once: only the second and later ones need their block named in the address.
    """
    make, first = tokens.codec().make, next(iter(held.offers_in(campaign, campaign.content_version_id).values()), None)
    suffix = "" if first in (None, block.get("offer")) else f"/{block.get('id', '')}"
    pages = (tokens.url(Purpose.OFFER, make(Purpose.OFFER, campaign.pk, one.delivery_id)) for one in recipients)
    return [{"url": f"{page}{suffix}", "qr": f"{page}{suffix}/qr.png"} for page in pages]


def sample_links(block: BlockDict) -> dict[str, Any]:
    """Return what a preview shows in their place."""
    return {"url": "#offer", "qr": data_uri(qr.address("0" * 32, str(block.get("id", ""))))}


class OfferBlock(Block):
    """What all blocks that stand for one offer share: its page and QR per contact, its end, the row it needs."""

    value_names = ("url", "qr")

    def values(self, block: BlockDict, campaign: Campaign, recipients: Sequence[Recipient]) -> list[dict[str, Any]]:
        return links(block, campaign, recipients)

    def sample(self, block: BlockDict, env: CompileEnv) -> dict[str, Any]:
        return sample_links(block)

    def state(self, block: BlockDict) -> str:
        offer = offer_of(block)
        if offer is None:
            return "none"
        texts = [(text.language, text.title, text.body, text.terms, text.friend_title) for text in offer.texts.all()]
        return f"{offer.pk} {offer.updated_at.isoformat()} {sorted(texts)}"

    def valid_until(self, block: BlockDict) -> datetime | None:
        offer = offer_of(block)
        return offer.ends_at if offer else None

    def references(self, block: BlockDict) -> list[tuple[str, int]]:
        offer_id = block.get("offer")
        return [("social.Offer", offer_id)] if isinstance(offer_id, int) else []


class OfferCard(OfferBlock):
    kind, label, scope, icon = "offer", gettext_lazy("Offer"), "friend", "redeem"
    defaults: ClassVar[dict[str, Any]] = {"offer": None, "label": "", "qr": True}
    fields = (
        Field("offer", gettext_lazy("Offer"), "offer", required=True),
        Field("label", gettext_lazy("Words on the button"), "line", gettext_lazy("empty = “Get my code”")),
        Field("qr", gettext_lazy("Show the QR code"), "flag", gettext_lazy("a till redeems with it in one press")),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        offer = offer_of(block)
        if offer is None:
            remedy = _("Choose an offer, or remove the block.")
            return [Finding("error", "offer.missing", _("The offer card has no offer."), remedy, where)]
        return [*_check_dates(offer, where), *_check_words(offer, where), *_check_ways(offer, where)]

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        offer = offer_of(block)
        if offer is None:
            return ""
        with override(env.language):
            picture = self._picture(block, env) if block.get("qr", True) and shows_qr(offer) else ""
            label = env.words(str(block.get("label") or "").strip() or _("Get my code"))
            return (
                '<mj-section css-class="card" padding="16px 24px"><mj-column border="2px dashed #8a8597" '
                'border-radius="12px" padding="16px 8px">'
                f"{_head(offer, env.language)}{picture}"
                f'<mj-button href="{env.value(block, "url")}">{label}</mj-button>'
                f"{_foot(offer, env.language)}</mj-column></mj-section>"
            )

    def _picture(self, block: BlockDict, env: CompileEnv) -> str:
        alt = html.escape(_("Your QR code: show it at the till"))
        return (
            f'<mj-image href="{env.value(block, "url")}" width="{SIDE}px" padding="8px" '  # in the order of the HTML
            f'src="{env.value(block, "qr")}" alt="{alt}" />'
            f'<mj-text align="center" font-size="14px" padding="0 24px 8px">{_("Show it at the till.")}</mj-text>'
        )

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        offer = offer_of(block)
        if offer is None:
            return ""
        with override(env.language):
            words = text_of(offer, env.language)
            lines = [words.title if words else offer.name, words.body if words else "", _ends(offer, env.language)]
            label = str(block.get("label") or "").strip() or _("Get my code")
            return "\n".join(line for line in [*lines, f"{label}: {env.value(block, 'url')}"] if line)

    def friend_mjml(self, block: BlockDict, env: CompileEnv) -> str:
        offer = offer_of(block)
        words = text_of(offer, env.language) if offer else None
        if offer is None or words is None or not words.friend_title:
            return ""
        with override(env.language):
            title, ends = html.escape(words.friend_title), html.escape(_ends(offer, env.language))
            return (
                '<mj-section css-class="card" padding="16px 24px"><mj-column border="2px dashed #8a8597" '
                'border-radius="12px" padding="16px 8px">'
                f'<mj-text align="center" font-size="20px" font-weight="700">{title}</mj-text>'
                f'<mj-text align="center" font-size="14px">{ends}</mj-text></mj-column></mj-section>'
            )

    def friend_text(self, block: BlockDict, env: CompileEnv) -> str:
        offer = offer_of(block)
        words = text_of(offer, env.language) if offer else None
        return words.friend_title if words else ""


def _head(offer: Offer, language: str) -> str:
    words = text_of(offer, language)
    title = words.title if words else offer.name
    value = beside(offer, title, language)
    shown = [f'<mj-text align="center" font-size="22px" font-weight="700">{html.escape(title)}</mj-text>']
    if value:
        shown.insert(0, f'<mj-text align="center" font-size="34px" font-weight="800">{html.escape(value)}</mj-text>')
    if words and words.body:
        body = html.escape(words.body).replace("\n", "<br />")
        shown.append(f'<mj-text align="center">{body}</mj-text>')
    return "".join(shown)


def _foot(offer: Offer, language: str) -> str:
    words = text_of(offer, language)
    terms = f"<br />{html.escape(words.terms)}" if words and words.terms else ""
    ends = html.escape(_ends(offer, language))
    return f'<mj-text align="center" font-size="13px" padding="8px 24px">{ends}{terms}</mj-text>'


def _ends(offer: Offer, language: str) -> str:
    return _("Until %(day)s") % {"day": until(offer.ends_at, language)}


def _check_dates(offer: Offer, where: str) -> list[Finding]:
    named, now = {"offer": offer.name}, timezone.now()
    if offer.state == Offer.State.ENDED or offer.archived_at or offer.ends_at <= now:
        remedy = _("Choose another offer, or move its end.")
        return [Finding("error", "offer.over", _("The offer “%(offer)s” is over.") % named, remedy, where)]
    if offer.state in (Offer.State.DRAFT, Offer.State.PAUSED):
        remedy = _("Set it live before the mail goes out.")
        return [Finding("error", "offer.not_live", _("The offer “%(offer)s” is not live.") % named, remedy, where)]
    if offer.starts_at > now:
        named["day"] = until(offer.starts_at, settings.LANGUAGE_CODE)
        message = _("The offer “%(offer)s” starts only on %(day)s.") % named
        return [Finding("warning", "offer.starts_later", message, _("Schedule the mail after that."), where)]
    return []


def _check_words(offer: Offer, where: str) -> list[Finding]:
    """Every language the brand writes in needs a title and terms: a voucher without terms is a promise without end."""
    found = []
    texts = {text.language: text for text in offer.texts.all()}
    for language in offer.brand.languages or [offer.brand.default_language]:
        words, named = texts.get(language), {"offer": offer.name, "language": language}
        if words is None:
            message = _("The offer “%(offer)s” has no words in %(language)s.") % named
            found.append(Finding("warning", "offer.language", message, _("Add them on the offer's page."), where))
        elif not words.terms.strip():
            message = _("The offer “%(offer)s” has no terms in %(language)s.") % named
            found.append(Finding("error", "offer.terms", message, _("Say who, where, how often, until when."), where))
    return found


def _check_ways(offer: Offer, where: str) -> list[Finding]:
    if shows_qr(offer):
        return []
    if offer.holding == Offer.Holding.PERSONAL:
        message = _("The offer “%(offer)s” is personal: its code comes in a mail of its own.") % {"offer": offer.name}
        found = [Finding("note", "offer.personal", message, _("The card shows the button only, no QR code."), where)]
        mail = Campaign.objects.filter(
            kind=Campaign.Kind.TRANSACTIONAL, trigger="offer_code", state=Campaign.State.SENDING
        )
        if not mail.exists():
            message = _("No mail is switched on that brings the code of a personal offer.")
            remedy = _("Switch “Your code” on under Campaigns › Automatic mails.")
            found.append(Finding("error", "offer.code_mail", message, remedy, where))
        return found
    message = _("The offer “%(offer)s” asks for a proof of being a fan.") % {"offer": offer.name}
    return [Finding("note", "offer.fans", message, _("The card shows the button only, no QR code."), where)]


BLOCKS: list[Block] = [OfferCard()]
