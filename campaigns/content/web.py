"""The mail as a web page: for its reader, for her friends, for everybody; and as a preview while it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content import batch, compiled, visibility
from campaigns.content.blocks import Audience, CompileEnv
from campaigns.content.compiled import CompiledEmail
from campaigns.content.evaluate import PLAIN, compile_program
from campaigns.content.findings import BadContent, Finding
from campaigns.content.merge import INTERNAL, LiquidError, parse
from campaigns.content.recipients import NOBODY, Recipient
from campaigns.models import Campaign, ContentBody, Delivery
from campaigns.tracking.tokens import PATHS, Purpose, codec
from contacts.models import Brand


def html(
    campaign: Campaign, *, delivery: Delivery | None = None, language: str = "", audience: Audience = "public"
) -> str:
    """Return the whole HTML page of the mail, to be shown sandboxed.

    Audience `self` shows the delivery's contact her mail; without a delivery, the mail with sample values.

    `public` and `friend` pages hold no name, code, QR, points and no personal token: clicks there are the crowd's.
    Raises:  BadContent when the campaign has no mail to show.
    """
    own = delivery if audience == "self" and delivery and delivery.contact else None
    version = (delivery.content_version if delivery else None) or campaign.content_version or _newest(campaign)
    if version is None:
        raise BadContent([Finding("error", "content.missing", _("The campaign has no mail."))])
    person = batch.recipient_of(own, own.contact, campaign) if own and own.contact else NOBODY
    wanted = (
        language,
        person.language or (delivery.language if delivery else ""),
        version.content.brand.default_language,
    )
    chosen = compiled.pick(compiled.languages(version), *wanted, settings.LANGUAGE_CODE)
    if audience == "self" and own is None:
        return preview(version.bodies.get(language=chosen), version.content.brand, campaign=campaign).html
    mail = compiled.load(campaign, version, chosen, "self" if own else "friend" if audience == "friend" else "public")
    people = [person]
    with translation.override(chosen):
        blocks = batch.block_values(mail, campaign, people)[0] if own else {}
    return mail.page(batch.values_for(mail, person, blocks, batch.Makers(mail, campaign.pk)))


def _newest(campaign: Campaign) -> Any:
    return campaign.content.versions.order_by("-number").first() if campaign.content else None


MOST_LETTERS = 100  # of an archive, the newest


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail of a public archive: its subject for everybody, its page, when it went out."""

    subject: str
    path: str
    sent_at: datetime


def archive(brand: Brand, language: str) -> list[Letter]:
    """Return a brand's letters that everybody may read, newest first, with the crowd's page of each.

    Subjects are those of nobody in particular. Reads: campaigns, their versions' bodies: two queries.
    """
    states = (Campaign.State.SENDING, Campaign.State.PAUSED, Campaign.State.FINISHED)
    sent = Campaign.objects.filter(topic__brand=brand, in_archive=True, kind=Campaign.Kind.CAMPAIGN, state__in=states)
    newest = sent.exclude(started_at=None).exclude(content_version=None).order_by("-started_at")[:MOST_LETTERS]
    make = codec().make
    found = []
    for campaign in newest.select_related("content_version").prefetch_related("content_version__bodies"):
        bodies = (
            {body.language: body for body in campaign.content_version.bodies.all()} if campaign.content_version else {}
        )
        chosen = bodies.get(language) or bodies.get(brand.default_language) or next(iter(bodies.values()), None)
        if chosen is not None and campaign.started_at is not None:
            path = PATHS[Purpose.WEB].format(make(Purpose.WEB, campaign.pk, 0))
            found.append(Letter(_for_nobody(chosen, brand), f"{path}?lang={chosen.language}", campaign.started_at))
    return found


def _for_nobody(body: ContentBody, brand: Brand) -> str:
    """Return a subject without anybody's name."""
    try:
        template = parse(body.subject, language=body.language, autoescape=False)
        values = {"contact": NOBODY.merge_values(), "brand": {"name": brand.name}, "campaign": {}, "event": {}, "b": {}}
        return compile_program(template, PLAIN)(values).strip(" ,") or brand.name
    except LiquidError:
        return brand.name


@dataclass(frozen=True)
class Preview:
    """A mail as one person or audience would see it, before anything is saved."""

    subject: str
    html: str
    text: str
    size: int  # bytes of the HTML


def preview(
    body: ContentBody,
    brand: Brand,
    *,
    recipient: Recipient | None = None,
    audience: Audience = "self",
    campaign: Campaign | None = None,
) -> Preview:
    """Return what the body looks like now, saved or not: links plain, no pixel, blocks with sample values.

    Raises:  BadContent.
    """
    env = CompileEnv(brand, body.language, campaign, audience, compiled.images_of(body))
    mail = compiled.compile_body(body, env)
    person = recipient if recipient and audience == "self" else NOBODY
    values = sample_values(mail, person)
    page = mail.page(values)
    return Preview(mail.subject(values), page, mail.plain(values), len(page.encode()))


DARK = "@media (prefers-color-scheme: dark)"
SOURCE = re.compile(r'(<img\b[^>]*?)\ssrc="[^"]*"', re.IGNORECASE)


def as_seen(page: str, *, is_dark: bool = False, shows_images: bool = True) -> str:
    """Return a page as a mail program in this scheme shows it; without its pictures when it does not load them."""
    page = page.replace(DARK, "@media all" if is_dark else "@media not all")
    return page if shows_images else SOURCE.sub(r"\1", page)


def sample_values(mail: CompiledEmail, person: Recipient) -> dict[str, Any]:
    """Return merge values for a preview: nothing in it leads anywhere personal."""
    with translation.override(mail.language):
        blocks = {block["id"]: kind.sample(block, mail.env) for block, kind in mail.blocks if "id" in block}
    if person.contact_id:
        visibility.decide(mail.conditional, [person], [blocks])
    else:
        blocks |= {block: {**blocks.get(block, {}), visibility.SHOWN: True} for block, _segment in mail.conditional}
    return {
        "contact": person.merge_values(),
        "links": {name: f"#{name}" for name in compiled.SERVICES},
        "event": person.context,
        "b": blocks,
        INTERNAL: {"open": "0" * 32, "click": "0" * 32},
        **mail.fixed,
    }
