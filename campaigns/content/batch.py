"""A batch of deliveries becomes a batch of messages: a constant number of queries, and a bad row fails alone.

for mail in messages(campaign, claimed):
    relay.send(mail.envelope_from, mail.recipient, mail.message)
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content import compiled, mime, visibility
from campaigns.content.compiled import CompiledEmail
from campaigns.content.findings import BadContent
from campaigns.content.merge import INTERNAL, LiquidError
from campaigns.content.merging import Letter
from campaigns.content.quoted import Unsendable, ascii_address
from campaigns.content.recipients import Recipient
from campaigns.models import Campaign, ContentVersion, Delivery
from campaigns.tracking.tokens import Purpose, codec
from contacts.models import Contact

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Outgoing:
    """One message ready for the wire, or the `error` that kept it from being made (then `message` is empty).

    `recipient` and `envelope_from` are bare addresses; `message` has CRLF line ends, no line longer than 998 octets
    and none that starts with a dot, so it needs no dot-stuffing.
    """

    delivery_id: int
    envelope_from: str
    recipient: str
    message: bytes
    error: str = ""
    letter: Letter | None = None  # what the message was made of, for readers other than the wire


def messages(campaign: Campaign, deliveries: Sequence[Delivery]) -> list[Outgoing]:
    """Return one `Outgoing` per delivery, in their order. Reads as `stream` does."""
    made = {outgoing.delivery_id: outgoing for outgoing in stream(campaign, deliveries)}
    return [made[delivery.pk] for delivery in deliveries]


def stream(campaign: Campaign, deliveries: Sequence[Delivery]) -> Iterator[Outgoing]:
    """Yield one `Outgoing` per delivery, made when it is asked for, in groups of one version and language.

    Reads:   campaign with sender, topic, brand; the contacts; what the blocks ask for, once per block; five queries
             and those of the blocks, however many deliveries. A version or language met for the first time is compiled.
    """
    fresh = Campaign.objects.select_related("sender__brand", "topic", "content_version__content__brand").get(
        pk=campaign.pk
    )
    groups: dict[tuple[int, str], list[Recipient]] = defaultdict(list)
    versions = _versions(fresh, deliveries)
    contacts = _contacts(deliveries)
    for delivery in deliveries:
        version = versions.get(delivery.content_version_id or fresh.content_version_id or 0)
        contact = contacts.get(delivery.contact_id or 0)
        error = _missing(fresh, version, contact)
        if error or version is None or contact is None:
            yield Outgoing(delivery.pk, "", "", b"", error)
            continue
        recipient = recipient_of(delivery, contact, fresh)
        groups[(version.pk, _language(version, recipient))].append(recipient)
    for (version_id, language), people in groups.items():
        yield from _group(fresh, versions[version_id], language, people)


def _versions(campaign: Campaign, deliveries: Sequence[Delivery]) -> dict[int, ContentVersion]:
    """Return the versions of the batch: the campaign's, and those that retries keep."""
    wanted = {d.content_version_id for d in deliveries if d.content_version_id} - {campaign.content_version_id}
    versions = ContentVersion.objects.select_related("content__brand").in_bulk(wanted) if wanted else {}
    if campaign.content_version:
        versions[campaign.content_version.pk] = campaign.content_version
    return versions


def _contacts(deliveries: Sequence[Delivery]) -> dict[int, Contact]:
    wanted = [delivery.contact_id for delivery in deliveries if delivery.contact_id]
    fields = ("email", "first_name", "last_name", "language", "attributes")
    return Contact.objects.only(*fields).in_bulk(wanted)


def _missing(campaign: Campaign, version: ContentVersion | None, contact: Contact | None) -> str:
    if contact is None or not contact.email:
        return _("The contact or the address is gone.")
    if campaign.sender is None:
        return _("The campaign has no sender.")
    return "" if version else _("The campaign has no published mail.")


def recipient_of(delivery: Delivery, contact: Contact, campaign: Campaign) -> Recipient:
    """Return the person as the mail sees her: individual tokens only where she and the campaign allow them."""
    individual = campaign.tracking == Campaign.Tracking.CONSENT
    return Recipient(
        delivery.pk,
        contact.pk,
        contact.email or "",
        contact.first_name,
        contact.last_name,
        delivery.language or contact.language,
        contact.attributes,
        individual and delivery.tracks_opens,
        individual and delivery.tracks_clicks,
        delivery.context or {},
    )


def _language(version: ContentVersion, recipient: Recipient) -> str:
    brand = version.content.brand
    available = compiled.languages(version)
    return (
        compiled.pick(available, recipient.language, brand.default_language, settings.LANGUAGE_CODE)
        if available
        else ""
    )


def _group(campaign: Campaign, version: ContentVersion, language: str, people: list[Recipient]) -> Iterator[Outgoing]:
    try:
        mail = compiled.load(campaign, version, language)
        with translation.override(language):
            blocks = block_values(mail, campaign, people)
    except (BadContent, Unsendable) as bad:
        yield from (Outgoing(person.delivery_id, "", "", b"", str(bad)[:300]) for person in people)
        return
    makers = Makers(mail, campaign.pk)
    done = 0
    try:
        for made in by_column(mail, people, blocks, makers):
            yield made
            done += 1
    except Exception as error:  # one person's values: all that are left are made one by one, and she fails alone
        logger.info("campaign=%s batch made one by one: %s", campaign.pk, type(error).__name__)
        for person, own in zip(people[done:], blocks[done:], strict=True):
            yield _one(mail, campaign, person, own, makers)


def by_column(
    mail: CompiledEmail, people: Sequence[Recipient], blocks: Sequence[dict[str, Any]], makers: Makers
) -> Iterator[Outgoing]:
    """Yield the mail of each: what a slot shows is evaluated for the whole batch at once, each mail joined when asked.

    Raises:  what any person's values do, before the first mail.
    """
    values = [values_for(mail, person, own, makers) for person, own in zip(people, blocks, strict=True)]
    behind = f"@{mail.envelope_domain}"
    for person, own, message in zip(people, values, mime.messages(mail, people, values), strict=True):
        envelope = f"b+{own[INTERNAL]['bounce']}{behind}"
        letter = Letter(mail, person, own)
        yield Outgoing(person.delivery_id, envelope, ascii_address(person.email), message, "", letter)


def block_values(mail: CompiledEmail, campaign: Campaign, people: Sequence[Recipient]) -> list[dict[str, Any]]:
    """Return `b.*` for each recipient: one call per block, whatever their number."""
    merged: list[dict[str, Any]] = [{} for _person in people]
    for block, kind in mail.blocks:
        for values, own in zip(merged, kind.values(block, campaign, people), strict=True):
            values[block["id"]] = own
    visibility.decide(mail.conditional, people, merged)
    return merged


class Makers:
    """The tokens of one compiled mail of one campaign: makers looked up and crowd tokens made once a batch."""

    def __init__(self, mail: CompiledEmail, campaign_id: int) -> None:
        ring = codec()
        self.open, self.click, self.bounce, self.leave = (
            ring.maker(purpose, campaign_id)
            for purpose in (Purpose.OPEN, Purpose.CLICK, Purpose.BOUNCE, Purpose.UNSUBSCRIBE)
        )
        self.crowd = {"open": self.open(0), "click": self.click(0)}
        self.services = [(name, ring.maker(purpose, campaign_id), front) for name, purpose, front in mail.services]
        self.unsubscribe = "" if mail.is_transactional else f"{mail.site}/u/"


def values_for(mail: CompiledEmail, person: Recipient, blocks: dict[str, Any], makers: Makers) -> dict[str, Any]:
    """Return everything the merge language may name for one recipient, and her tokens.

    Without consent the open and click tokens are the crowd's: nothing individual leaves. Services are personal.
    """
    delivery = person.delivery_id
    tokens, services = makers.crowd.copy(), {}
    if person.tracks_opens:
        tokens["open"] = makers.open(delivery)
    if person.tracks_clicks:
        tokens["click"] = makers.click(delivery)
    if delivery:
        services = {name: front + make(delivery) for name, make, front in makers.services}
        tokens["bounce"] = makers.bounce(delivery)
        if makers.unsubscribe:
            services["unsubscribe"] = tokens["unsubscribe"] = makers.unsubscribe + makers.leave(delivery)
    return {
        "contact": person.merge_values(),
        "links": services,
        "event": person.context,
        "b": blocks,
        INTERNAL: tokens,
        **mail.fixed,
    }


def _one(
    mail: CompiledEmail, campaign: Campaign, person: Recipient, blocks: dict[str, Any], makers: Makers
) -> Outgoing:
    try:
        values = values_for(mail, person, blocks, makers)
        envelope = f"b+{values[INTERNAL]['bounce']}@{mail.envelope_domain}"
        message = mime.message(mail, person, values)
        letter = Letter(mail, person, values)
        return Outgoing(person.delivery_id, envelope, ascii_address(person.email), message, "", letter)
    except (Unsendable, LiquidError) as error:
        return Outgoing(person.delivery_id, "", "", b"", str(error)[:300])
    except Exception as error:  # whatever one contact's values do must not stop the other 499
        logger.warning(
            "campaign=%s delivery=%s not rendered: %s", campaign.pk, person.delivery_id, type(error).__name__
        )
        sentence = _("The mail cannot be made for this contact (%(error)s).") % {"error": type(error).__name__}
        return Outgoing(person.delivery_id, "", "", b"", sentence)
