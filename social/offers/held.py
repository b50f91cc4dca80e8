"""What a cashier's camera or fingers bring: a claim's token, an offer link of a mail, a typed code, a code for all.

held = read("HTTPS://GO.BRAND.COM/Q/7K2M…")     # → Held(offer, claim, contact, …)
offers_in(campaign, version_id)                 # → {"b4": 7}: which blocks of a mail carry which offers
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet

from campaigns.models import Campaign, ContentBody, ContentVersion, Delivery
from campaigns.tracking.tokens import Purpose, normalise_public
from campaigns.tracking.tokens import read as read_token
from contacts.models import Contact
from social.models import Claim, Code, CodeBatch, Offer
from social.offers import codes, counters
from social.offers.reasons import Reason, Refused

CLAIM_TOKEN = 26  # Crockford characters: 128 bits
LONGEST = 400  # characters; longer input is no code of ours
_PATH = re.compile(r"^/(?:q|Q|f|F)/([0-9A-Za-z]{8,40})(?:/([0-9A-Za-z_-]{1,40}))?/?$")


@dataclass(frozen=True)
class Held:
    """What was shown, as far as it is known: `claim` is None for a mail's link that nobody claimed with yet.

    `contact` is whom a mail's link was sent to; `holder` also knows whose claim was shown.
    """

    offer: Offer
    claim: Claim | None = None
    contact: Contact | None = None
    code: Code | None = None
    delivery: Delivery | None = None

    @property
    def holder(self) -> Contact | None:
        """Return whose offer this is, None for nobody known."""
        return self.claim.contact if self.claim else self.contact

    @property
    def is_from_mail(self) -> bool:
        """Say whether a mail's own link was shown, from which a claim may be made at the till."""
        return self.delivery is not None


def read(raw: str) -> Held:
    """Return what a scanned or typed text stands for.

    Reads:   Claim, Code, Delivery, Offer by unique keys.
    Raises:  Refused(CODE_UNKNOWN | OTHER_SITE | NOT_HOLDER | NOT_STARTED).
    """
    text = raw.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise Refused(Reason.CODE_UNKNOWN)
    if (chosen := _chosen(text)) is not None:
        return chosen
    token, block = _from_address(text)
    if re.fullmatch(r"[0-9a-fA-F]{32}", token):
        return _from_mail(token, block)
    found = _by_claim_token(token) or _by_code(token) or _by_generic(token)
    if found is None:
        raise Refused(Reason.CODE_UNKNOWN)
    return found


def _chosen(text: str) -> Held | None:
    from social.offers import finding

    return finding.shown(text)


def of_mail(token: str, block: str = "") -> tuple[Campaign, Delivery | None, Offer] | None:
    """Return campaign, delivery (None for the crowd) and offer of a mail's offer link, or None when it is not ours.

    Without a block the mail's first offer is meant.
    """
    known = read_token(token, Purpose.OFFER)
    campaign = Campaign.objects.filter(pk=known.campaign_id).first() if known else None
    if known is None or campaign is None:
        return None
    delivery = None
    if known.delivery_id:
        delivery = Delivery.objects.filter(pk=known.delivery_id, campaign=campaign).select_related("contact").first()
        if delivery is None or delivery.contact is None:
            return None
    version_id = (delivery.content_version_id if delivery else None) or campaign.content_version_id
    offer = _offer(offers_in(campaign, version_id), block)
    return (campaign, delivery, offer) if offer else None


def offers_in(campaign: Campaign, version_id: int | None) -> dict[str, int]:
    """Return the offers of a mail by block id, in the order of the mail, all languages together.

    Reads:   ContentBody of the version sent; of the content's latest while nothing is.
    """
    if version_id is None:
        latest = ContentVersion.objects.filter(content_id=campaign.content_id).order_by("-number").first()
        version_id = latest.pk if latest else None
    found: dict[str, int] = {}
    for blocks in ContentBody.objects.filter(version_id=version_id).order_by("pk").values_list("blocks", flat=True):
        for block in blocks or []:
            offer_id = block.get("offer")
            if block.get("type") in ("offer", "qr") and isinstance(offer_id, int):
                found.setdefault(str(block.get("id", "")).lower(), offer_id)
    return found


def _offer(by_block: dict[str, int], block: str) -> Offer | None:
    offer_id = by_block.get(block.lower()) if block else next(iter(by_block.values()), None)
    if offer_id is None:
        return None
    return Offer.objects.select_related("brand", "segment").filter(pk=offer_id).first()


def _from_address(text: str) -> tuple[str, str]:
    """Return token and block of one of our addresses; a text that is no address comes back as it is."""
    if "://" not in text:
        return text, ""
    parts = urlsplit(text)
    ours = {(urlsplit(url).hostname or "").lower() for url in (settings.SITE_URL, settings.TRACKING_URL)}
    path = _PATH.match(parts.path)
    if (parts.hostname or "").lower() not in ours or path is None:
        raise Refused(Reason.OTHER_SITE)
    return path[1], path[2] or ""


def _from_mail(token: str, block: str) -> Held:
    found = of_mail(token, block)
    if found is None:
        raise Refused(Reason.CODE_UNKNOWN)
    _campaign, delivery, offer = found
    if delivery is None:
        raise Refused(Reason.NOT_HOLDER)
    return of_delivery(delivery, offer)


def of_delivery(delivery: Delivery, offer: Offer) -> Held:
    """Return what a person holds by a mail she got: her claim, or the right to one.

    Raises:  Refused(NOT_HOLDER) for a personal offer, whose code is in a mail of its own.
    """
    if offer.holding == Offer.Holding.PERSONAL:
        raise Refused(Reason.NOT_HOLDER)
    hers = Claim.objects.filter(offer=offer, contact=delivery.contact).select_related("offer__brand", "proof", "code")
    latest = hers.filter(state=Claim.State.OPEN).first()
    if latest is None:
        used = list(hers.filter(state=Claim.State.REDEEMED).order_by("-seq"))
        latest = used[0] if len(used) >= counters.per_contact(offer) else None  # else she may have another
    return Held(offer=offer, claim=latest, contact=delivery.contact, delivery=delivery)


def _by_claim_token(token: str) -> Held | None:
    wanted = normalise_public(token)
    if len(wanted) != CLAIM_TOKEN:
        return None
    claim = Claim.objects.select_related("offer", "code").filter(token=wanted).first()
    return _of_claim(claim) if claim else None


def _by_code(token: str) -> Held | None:
    spellings = {codes.normalise(token), codes.squeeze(token)} - {""}
    known = Code.objects.select_related("offer", "claim").order_by()
    code = _only(known.filter(value__in=spellings)) or _only(known.filter(value__in=_by_pattern(token)))
    if code is None or code.state == Code.State.VOID:
        return None
    claim: Claim | None = getattr(code, "claim", None)
    if claim is None:
        return Held(offer=code.offer, code=code)  # printed in bulk: whoever shows it
    if claim.offer_id == code.offer_id:
        claim.offer = code.offer
    return _of_claim(claim)


def _only(found: QuerySet[Code]) -> Code | None:
    """Return the oldest of what two spellings found, most often the only one."""
    return min(found, key=lambda code: code.pk, default=None)


def _by_pattern(token: str) -> list[str]:
    """Return how the text would be stored under each pattern that codes were made to."""
    patterns = CodeBatch.objects.exclude(pattern="").order_by().values_list("pattern", flat=True).distinct()
    return [stored for pattern in patterns if (stored := codes.read_like(pattern, token))]


def _by_generic(token: str) -> Held | None:
    wanted = codes.squeeze(token)
    offers = Offer.objects.select_related("brand").filter(code_mode=Offer.CodeMode.GENERIC, archived_at__isnull=True)
    offer = offers.filter(generic_code__iexact=wanted).order_by("-starts_at").first() if wanted else None
    if offer is None:
        return None
    if offer.segment_id or offer.min_fan_level is not None or offer.first_order_only:
        raise Refused(Reason.NOT_HOLDER)  # a word for all cannot tell who says it
    return Held(offer=offer)


def _of_claim(claim: Claim) -> Held:
    return Held(offer=claim.offer, claim=claim, code=claim.code)
