"""A test mail: the newest words as one contact would get them, to oneself or to a list of testers. Counts nowhere.

send(campaign, ["marie@example.com"], language="fr", contact=ann, by=request.user)      # → 1

Its links that act for a person (leave, choices) lead to the web version, so that no tester unsubscribes a contact.
"""

from __future__ import annotations

import copy
import email
import email.policy
import smtplib
from collections.abc import Sequence
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from campaigns.content import compiled, dkim, mime, web
from campaigns.content.blocks import CompileEnv
from campaigns.content.findings import BadContent
from campaigns.content.merge import INTERNAL, LiquidError
from campaigns.content.quoted import Unsendable, ascii_domain
from campaigns.content.recipients import NOBODY, Recipient
from campaigns.delivery import opening, relay
from campaigns.models import Campaign, ContentBody, OutboxMail
from campaigns.tracking.tokens import Purpose, codec, url
from contacts import audit
from contacts.models import Contact

MOST = 20  # testers at once
ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"  # promises what a test cannot keep


class NotSent(ValueError):
    """The test was not sent; the sentence says why."""


def send(
    campaign: Campaign,
    addresses: Sequence[str],
    *,
    by: Any,
    language: str = "",
    contact: Contact | None = None,
    values: dict[str, Any] | None = None,
) -> int:
    """Send the newest words to each address and return how many were sent.

    `values` stand for what the event of an automatic mail says.

    Writes:  an audit entry; with the Outbox relay, one OutboxMail each. No delivery, no event.
    Raises:  NotSent.
    """
    wanted = _addresses(addresses)
    made = [message(campaign, address, language=language, contact=contact, values=values) for address in wanted]
    sender = campaign.sender
    envelope = sender.from_email if sender else ""
    carry(_described(campaign), envelope, list(zip(wanted, made, strict=True)))
    audit.record(by, "sent a test of", campaign, testers=len(wanted))
    return len(wanted)


def _addresses(addresses: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    if not wanted:
        raise NotSent(_("Name at least one address."))
    if len(wanted) > MOST:
        raise NotSent(_("A test goes to at most %(n)d addresses.") % {"n": MOST})
    for address in wanted:
        try:
            validate_email(address)
        except ValidationError:
            raise NotSent(_("“%(address)s” is no e-mail address.") % {"address": address[:80]}) from None
    return wanted


def message(
    campaign: Campaign,
    address: str,
    *,
    language: str = "",
    contact: Contact | None = None,
    values: dict[str, Any] | None = None,
) -> bytes:
    """Return the bytes of the test for one address. Raises: NotSent."""
    version = campaign.content.versions.order_by("-number").first() if campaign.content else campaign.content_version
    if version is None or campaign.sender is None:
        raise NotSent(_("Choose a mail and who writes first."))
    try:
        chosen = compiled.pick(sorted(version.bodies.values_list("language", flat=True)), language, _language(contact))
        body = copy.copy(version.bodies.get(language=chosen))
        body.subject = f"[{_('Test')}] {body.subject}"[:250]
        return _made(campaign, body, _person(address, contact, values))
    except BadContent as bad:
        finding = bad.findings[0]
        raise NotSent(" ".join(filter(None, (finding.where, finding.message, finding.remedy)))) from bad
    except (LiquidError, Unsendable) as error:
        raise NotSent(str(error)) from error


def _language(contact: Contact | None) -> str:
    return contact.language if contact else ""


def _person(address: str, contact: Contact | None, values: dict[str, Any] | None) -> Recipient:
    if contact is None:
        return Recipient(0, 0, address, context=values or {})
    names = (contact.first_name, contact.last_name, contact.language)
    return Recipient(0, contact.pk, address, *names, contact.attributes, context=values or {})


def _made(campaign: Campaign, body: ContentBody, person: Recipient) -> bytes:
    brand, sender = body.version.content.brand, campaign.sender
    assert sender is not None  # noqa: S101 - `message` looked
    mail = compiled.compile_body(body, CompileEnv(brand, body.language, campaign, "self", compiled.images_of(body)))
    mail.head = mime.head(campaign, sender, brand).replace(ONE_CLICK, b"")
    domain = ascii_domain(sender.domain)
    mail.tail = f"@{domain}>\r\n".encode()
    mail.signer = dkim.signer_for(domain)
    make = codec().make
    page = url(Purpose.WEB, make(Purpose.WEB, campaign.pk, 0))
    values = web.sample_values(mail, person if person.contact_id else replace(NOBODY, context=person.context))
    values["links"] = dict.fromkeys(compiled.SERVICES, page)
    values[INTERNAL] = {**values[INTERNAL], "bounce": make(Purpose.BOUNCE, campaign.pk, 0)}
    return mime.message(mail, person, values)


def _described(campaign: Campaign) -> relay.Settings:
    named = campaign.sender.relay if campaign.sender else ""
    usable = [one for one in settings.FANFARE_RELAYS if one["name"] == named or (not named and one["weight"] > 0)]
    if not usable:
        raise NotSent(_("There is no relay to send it through. Add one to EMAIL_RELAYS."))
    return usable[0]


def carry(described: relay.Settings, envelope: str, mails: list[tuple[str, bytes]]) -> None:
    """Hand (address, message) pairs to a relay, outside of the ledger. Raises: NotSent."""
    try:
        CARRIERS[described["kind"]](described["options"], envelope, mails)
    except (OSError, smtplib.SMTPException) as why:
        raise NotSent(_("The relay did not take it: %(why)s") % {"why": opening.sentence(why)}) from why


def _keep(options: dict[str, Any], envelope: str, mails: list[tuple[str, bytes]]) -> None:
    for address, raw in mails:
        subject = str(_parsed(raw)["subject"] or "")[:250]
        OutboxMail.objects.create(sender=envelope, recipient=address, subject=subject, message=raw)


def _speak(options: dict[str, Any], envelope: str, mails: list[tuple[str, bytes]]) -> None:
    access = opening.Access(
        host=options["host"],
        port=int(options["port"]),
        tls=options.get("tls", "none"),
        username=options.get("username", ""),
        password=options.get("password", ""),
        timeout=opening.OPEN_DEADLINE,
        ca_file=options.get("ca_file", ""),
    )
    line = opening.Line(access)
    try:
        opening.negotiate(line, access)
        for address, raw in mails:
            line.sendmail(envelope, [address], raw)
    finally:
        opening.close(line)


def _call(options: dict[str, Any], envelope: str, mails: list[tuple[str, bytes]]) -> None:
    backend = get_connection(f"anymail.backends.{options['esp']}.EmailBackend", **options["settings"])
    for address, raw in mails:
        parsed = _parsed(raw)
        plain, page = (parsed.get_body((kind,)) for kind in ("plain", "html"))
        mail = EmailMultiAlternatives(
            str(parsed["subject"]), plain.get_content() if plain else "", str(parsed["from"]), [address]
        )
        if page:
            mail.attach_alternative(page.get_content(), "text/html")
        backend.send_messages([mail])


def _parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


CARRIERS = {"outbox": _keep, "smtp": _speak, "anymail": _call}
