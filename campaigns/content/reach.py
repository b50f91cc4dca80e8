"""What a mail needs to arrive and be read: its sender's domain, its links, pictures, colours, and names that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import domains
from campaigns.content import document, versions
from campaigns.content.compiled import CompiledEmail
from campaigns.content.findings import Finding, Level
from campaigns.models import Campaign, ContentBody, ContentVersion, Image, Sender
from contacts.models import Brand

REDIRECTORS = frozenset(
    [
        "bit.ly",
        "t.co",
        "tinyurl.com",
        "goo.gl",
        "ow.ly",
        "lnkd.in",
        "buff.ly",
        "is.gd",
        "cutt.ly",
        "rebrand.ly",
        "t.ly",
        "rb.gy",
        "shorturl.at",
        "tiny.cc",
    ]
)
NOBODY_READS = re.compile(r"^(no|ne)[-_.]?(pas[-_.]?)?(reply|repondre)|^donotreply", re.IGNORECASE)
HEAVY = 800_000  # bytes of pictures; a phone on a slow line takes four seconds
READABLE = 4.5  # contrast, WCAG 2.2 §1.4.3
NAMED = re.compile(r"\{\{-?\s*contact\.(first_name|last_name)\s*-?\}\}")
LEVELS: dict[domains.State, Level] = {"bad": "error", "odd": "warning", "unknown": "note", "good": "note"}


def of_domain(sender: Sender) -> Iterator[Finding]:
    """Ask the DNS about the sender's domain; what could not be asked is a note that says so."""
    envelope = sender.envelope_domain
    for answer in domains.ask(sender.domain, envelope=envelope, selector=sender.dkim_selector):
        message = _("%(kind)s of %(domain)s: %(said)s.") % {
            **{"kind": answer.kind, "domain": answer.domain, "said": answer.said}
        }
        level = "warning" if answer.state == "bad" and answer.kind == "DKIM" else LEVELS[answer.state]
        code = f"dns.{answer.kind.lower()}.{answer.state}"
        yield Finding(level, code, message, answer.remedy)


def of_reply(sender: Sender) -> Iterator[Finding]:
    """Check that somebody reads what people answer."""
    address = sender.reply_to or sender.from_email
    if NOBODY_READS.search(address.partition("@")[0]):
        message = _("Answers to %(address)s are read by nobody.") % {"address": address}
        yield Finding("error", "sender.noreply", message, _("Name an address that somebody reads as “replies go to”."))


def of_links(mail: CompiledEmail, language: str) -> Iterator[Finding]:
    """Find links through a foreign redirector: receivers distrust them, and nobody sees where they go."""
    hosts = {(urlsplit(target).hostname or "").removeprefix("www.") for _block, target, _address in mail.targets}
    for host in sorted(hosts & REDIRECTORS):
        message = _("A link leads through %(host)s, which receivers distrust.") % {"host": host}
        yield Finding("error", "link.redirector", message, _("Write the address it leads to."), language)


def of_pictures(body: ContentBody) -> Iterator[Finding]:
    """Weigh the pictures that a reader would load."""
    wanted = {block["image"] for block in body.blocks if type(block.get("image")) is int}
    weight = sum(_size(image) for image in Image.objects.filter(pk__in=wanted))
    if weight > HEAVY:
        message = _("The pictures weigh %(kb)d kB.") % {"kb": weight // 1000}
        remedy = _("Use fewer or simpler ones: stay under %(kb)d kB.") % {"kb": HEAVY // 1000}
        yield Finding("warning", "image.heavy", message, remedy, body.language)


def _size(image: Image) -> int:
    try:
        return image.file.size
    except OSError:
        return 0


def of_colours(brand: Brand) -> Iterator[Finding]:
    """Check that links are readable on the card, and words on buttons and heroes."""
    primary, accent = brand.colour_primary, brand.colour_accent
    pairs = (
        (primary, document.CARD, _("links on white")),
        (document.on_colour(primary), primary, _("words on the main colour")),
        (document.on_colour(accent), accent, _("words on the accent colour")),
    )
    for ink, ground, where in pairs:
        ratio = contrast(ink, ground)
        if ratio < READABLE:
            message = _("Hard to read: %(where)s have a contrast of %(ratio).1f.") % {"where": where, "ratio": ratio}
            remedy = _("Choose a darker colour for the brand; 4.5 is the least.")
            yield Finding("warning", "colour.contrast", message, remedy)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two #rrggbb colours. Source: WCAG 2.2, relative luminance."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def of_gaps(campaign: Campaign, body: ContentBody) -> Iterator[Finding]:
    """Count the people of the audience for whom a name without a fallback would be empty."""
    from campaigns.delivery import audience

    said = " ".join([body.subject, body.preheader, body.source, *(str(block) for block in body.blocks)])
    missing = sorted(set(NAMED.findall(said)))
    if not missing or campaign.kind != Campaign.Kind.CAMPAIGN or campaign.topic is None:
        return
    people = audience.mailable(campaign, audience.candidates(campaign))
    for name in missing:
        n = people.filter(Q(**{name: ""})).count()
        if n:
            words = ngettext("%(n)d person has no %(name)s.", "%(n)d people have no %(name)s.", n)
            remedy = _('Write {{ contact.%(name)s | default: "…" }}.') % {"name": name}
            message = words % {"n": n, "name": f"{{{{ contact.{name} }}}}"}
            yield Finding("warning", "merge.gaps", message, remedy, body.language)


def of_time(campaign: Campaign, version: ContentVersion) -> Iterator[Finding]:
    """Hold the end of what the mail promises against the day it goes out."""
    end, start = versions.valid_until(version), campaign.scheduled_at or timezone.now()
    if end is None:
        return
    named = {"end": date_format(timezone.localtime(end), "SHORT_DATETIME_FORMAT")}
    if end <= start:
        message = _("What the mail offers ends %(end)s, before it starts.") % named
        yield Finding("error", "offer.ends_before", message, _("Move the start, or the end of the offer."))
    elif (end - start).total_seconds() < 48 * 3600:
        message = _("What the mail offers ends %(end)s, within two days of the start.") % named
        yield Finding("warning", "offer.ends_soon", message, _("Many open a mail on the second day: give them time."))
