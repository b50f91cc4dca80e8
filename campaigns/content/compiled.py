"""A body compiled once: `CompiledEmail`, from which each contact's bytes, page or text come by filling slots.

    compiled = load(campaign, version, "fr")
    compiled.html(values)      # → quoted-printable bytes        compiled.page(values)  # → the same as a str

Cached per version, language and audience, and per state of what stands in it live: campaign, sender, topic, brand, and
the rows that its blocks show (`Block.state`).
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import css_inline
import mjml
from django.conf import settings
from django.forms.models import model_to_dict
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns import links
from campaigns.content import dkim, document, mime, sanitise, visibility
from campaigns.content.blocks import Audience, Block, BlockDict, CompileEnv, registry
from campaigns.content.evaluate import PAGE, PLAIN, TOKEN, WIRE_HTML, WIRE_TEXT, compile_program
from campaigns.content.findings import BadContent, Finding
from campaigns.content.merge import INTERNAL, LiquidError, parse
from campaigns.content.plaintext import to_text
from campaigns.content.program import Program
from campaigns.content.quoted import ascii_domain
from campaigns.content.rewriting import Number, Rewriter
from campaigns.content.tags import MovedTag, Tags
from campaigns.models import Campaign, ContentBody, ContentVersion, Image
from campaigns.tracking.tokens import PATHS, Purpose, codec

SERVICES = {
    "unsubscribe": Purpose.UNSUBSCRIBE,
    "preferences": Purpose.PREFERENCES,
    "web": Purpose.WEB,
    "confirm": Purpose.CONFIRM,
    "offer": Purpose.OFFER,
    "share": Purpose.SHARE,
}
CACHE_SIZE = 64  # compiled mails a process keeps; one of 30 kB takes about 200 kB

# What MRML writes beside the style that says the same, and no HTML knows: validators rightly complain.
NOT_HTML = re.compile(r"""(<(?:td|img)\b[^>]*?) (?:vertical-align="[a-z]+"|height="auto")""")

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


class CompiledEmail:
    """One body for one audience, ready to be filled in. `targets` are its links: block, as written, as in the mail."""

    def __init__(self, body: ContentBody, env: CompileEnv, html: str, text: str) -> None:
        self.language = env.language
        self.audience = env.audience
        self.env = env
        self.html_source = html
        self.text_source = text
        self.subject_source = body.subject
        self.targets: list[tuple[str, str, str]] = []
        self.blocks = [
            (block, kind)
            for block, kind in known_blocks(body)
            if type(kind).values is not Block.values or kind.value_names
        ]
        self.conditional = visibility.conditional(block for block, _kind in known_blocks(body))
        self.live = live_blocks(body)
        self.shown = ""  # the state of those blocks' rows when they were compiled
        self.fixed = fixed_values(env)
        self.site = settings.TRACKING_URL
        self.is_transactional = env.is_transactional
        self.head = b""  # headers that are the same for all, and what closes each Message-ID
        self.tail = b""
        self.envelope_domain = ""  # of the bounce address, in ASCII
        self.signer: dkim.Signer | None = None

    @cached_property
    def subject(self) -> Program[str]:
        return compile_program(parse(self.subject_source, language=self.language, autoescape=False), PLAIN)

    @cached_property
    def html(self) -> Program[bytes]:
        return compile_program(parse(self.html_source, language=self.language, autoescape=True), WIRE_HTML)

    @cached_property
    def text(self) -> Program[bytes]:
        return compile_program(parse(self.text_source, language=self.language, autoescape=False), WIRE_TEXT)

    @cached_property
    def parts(self) -> Program[bytes]:
        """Both parts on the wire, in one program: what a mail joins once."""
        return mime.parts(self)

    @cached_property
    def crowd(self) -> dict[str, str]:
        """Return the tokens that all share who did not agree to be measured each by herself."""
        number = self.env.campaign.pk if self.env.campaign else 0
        ring = codec()
        return {"open": ring.make(Purpose.OPEN, number), "click": ring.make(Purpose.CLICK, number)}

    @cached_property
    def crowd_parts(self) -> Program[bytes]:
        """Return `parts` with those tokens in place: fewer, longer runs."""
        return self.parts.given({f"{TOKEN}{name} }}}}": WIRE_HTML.token(token) for name, token in self.crowd.items()})

    @cached_property
    def page(self) -> Program[str]:
        return compile_program(parse(self.html_source, language=self.language, autoescape=True), PAGE)

    @cached_property
    def plain(self) -> Program[str]:
        return compile_program(parse(self.text_source, language=self.language, autoescape=False), PLAIN)

    @cached_property
    def services(self) -> list[tuple[str, Purpose, str]]:
        """What stands after `links.` in the mail: name, purpose of its token, address up to the token."""
        both = self.html_source + self.text_source
        used = [name for name in SERVICES if f"links.{name}" in both and name != "unsubscribe"]
        return [(name, SERVICES[name], self.site + PATHS[SERVICES[name]].format("")) for name in used]


def fixed_values(env: CompileEnv) -> dict[str, Any]:
    """Return the merge values that are the same for everybody."""
    brand, campaign = env.brand, env.campaign
    topic = campaign.topic if campaign else None
    return {
        "brand": {
            "name": brand.name,
            "website": brand.website,
            "postal_address": brand.postal_address,
            "privacy_url": brand.privacy_url,
        },
        "campaign": {"name": campaign.name if campaign else "", "topic": topic.name if topic else _("our news")},
    }


def known_blocks(body: ContentBody) -> list[tuple[BlockDict, Block]]:
    """Return the body's blocks with their kinds, in order; those of a kind that is not installed are left out."""
    if body.format != ContentBody.Format.BLOCKS:
        return []
    kinds = registry()
    return [(block, kinds[block["type"]]) for block in body.blocks if block.get("type") in kinds]


def live_blocks(body: ContentBody) -> list[tuple[BlockDict, Block]]:
    """Return those of the body's blocks that show rows which may change."""
    return [(block, kind) for block, kind in known_blocks(body) if type(kind).state is not Block.state]


def compile_body(body: ContentBody, env: CompileEnv, *, number: Number | None = None, pixel: str = "") -> CompiledEmail:
    """Return a body compiled for one audience. `number` gives links their numbers, without it they stay plain.

    Raises:  BadContent: MJML that cannot be read, merge tags that are wrong or would move, scripts and forms.
    """
    with translation.override(env.language):
        tags = Tags()
        rewriter = Rewriter(tags, number)
        if body.format == ContentBody.Format.BLOCKS:
            source, html, text = _from_blocks(body, env, tags, rewriter)
        else:
            source, html, text = _from_source(body, env, tags, rewriter)
        if found := sanitise.dangers(html):
            remedy = _("Take it out: mail programs block it, and web pages must not run it.")
            raise BadContent([Finding("error", "html.danger", f"{_('Not allowed:')} {', '.join(found)}.", remedy)])
        try:
            page = tags.show_all(html, source)
        except MovedTag as moved:
            message = _("%(tag)s stands where HTML does not allow it.") % {"tag": moved.tag}
            remedy = _("Move it into a cell, a paragraph or around whole blocks.")
            raise BadContent([Finding("error", "merge.moved", message, remedy)]) from moved
        compiled = CompiledEmail(body, env, document.with_pixel(page, pixel) if pixel else page, text)
    compiled.targets = rewriter.targets
    return compiled


def shown(block: BlockDict, kind: Block, env: CompileEnv) -> tuple[str, str]:
    """Return a block's MJML and text for the audience of this compilation."""
    if not visibility.is_for(block, env.audience):
        return "", ""
    if env.audience != "self" and kind.scope != "public":
        return kind.friend_mjml(block, env), kind.friend_text(block, env)
    part, text = visibility.wrapped(block, kind.mjml(block, env), kind.text(block, env))
    return part, text


def _from_blocks(body: ContentBody, env: CompileEnv, tags: Tags, rewriter: Rewriter) -> tuple[str, str, str]:
    card, below, texts = "", "", []
    parts = [(block, kind, *shown(block, kind, env)) for block, kind in known_blocks(body)]
    parts = [part for part in parts if part[2] or part[3]]
    top = 0 if parts and parts[0][1].fills_width(parts[0][0]) else 16
    words = {"subject": body.subject, "preheader": body.preheader}
    frame = document.mjml(env, **words, card="@CARD@", below="@BELOW@", top=top)
    start, end = frame.split("@CARD@")
    between, end = end.split("@BELOW@")
    start = tags.hide(start)
    for block, kind, mjml_part, text in sorted(parts, key=lambda part: part[1].stands_below):
        hidden = rewriter.rewrite(tags.hide(mjml_part), str(block.get("id", "")))
        if kind.stands_below:
            below += hidden
        else:
            card += hidden
        texts.append(rewriter.in_text(text, str(block.get("id", ""))).strip())
    if not card:
        start, between = start[: start.rindex("<mj-wrapper")], between[between.index("</mj-wrapper>") + 13 :]
    source = "".join((start, card, between, below, end))
    return source, _to_html(source), "\n\n".join(filter(None, texts)) + "\n"


def _from_source(body: ContentBody, env: CompileEnv, tags: Tags, rewriter: Rewriter) -> tuple[str, str, str]:
    if body.format == ContentBody.Format.MJML:
        source = rewriter.rewrite(tags.hide(body.source), "source")
        html = _to_html(source)
    else:
        frame = document.html(env, subject=body.subject, preheader=body.preheader, body="@BODY@", style="@STYLE@")
        start, end = frame.split("@BODY@")
        start = tags.hide(start)
        inside, style = sanitise.layout(tags.hide(body.source))
        source = start.replace("@STYLE@", style) + rewriter.rewrite(inside, "source") + end
        html = _inliner.inline(source)
    words = tags.token.sub(lambda match: f"{tags.nonce}{match[1] or match[2]}z", html)
    return source, html, tags.show(to_text(words)) + "\n"


def code(body: ContentBody, env: CompileEnv, format: str) -> str:
    """Return a body of blocks as the MJML, or the HTML, that one may go on writing by hand."""
    with translation.override(env.language):
        tags = Tags()
        source, html, _text = _from_blocks(body, env, tags, Rewriter(tags, None))
    return tags.show(source if format == ContentBody.Format.MJML else html)


def _to_html(source: str) -> str:
    try:
        page = mjml.mjml2html(source, disable_comments=False, fonts={})
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        message = _("The MJML cannot be read: %(error)s.") % {"error": str(error).strip(".")}
        raise BadContent([Finding("error", "mjml", message, _("Close every tag, in the order opened."))]) from error
    # MRML's own sheet is for the head: inlining `border-collapse` into every cell would add a third to the size.
    page = page.replace("<style ", '<style data-css-inline="ignore" ')
    page = page.replace('<style data-css-inline="ignore" type="text/css">.rich', '<style type="text/css">.rich')
    inlined = _inliner.inline(page).replace(' data-css-inline="ignore"', "")
    return NOT_HTML.sub(r"\1", inlined)


# --- Kept between batches ---------------------------------------------------------------------------------------------

_cache: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = threading.Lock()


def load(campaign: Campaign, version: ContentVersion, language: str, audience: Audience = "self") -> CompiledEmail:
    """Return the campaign's mail in a language of the version, compiled now or before.

    Writes:  Link rows for addresses this campaign never had (`links.number_for`).
    Raises:  BadContent; ContentBody.DoesNotExist when the version has no body in that language.
    """
    key = ("mail", *_state(campaign, version), language, audience)
    found: CompiledEmail | None = _remembered(key)
    if found is None or found.shown != _rows_of(found.live):
        found = _compile(campaign, version, version.bodies.get(language=language), audience)
        _remember(key, found, version)
    return found


def languages(version: ContentVersion) -> list[str]:
    """Return the languages a version is written in."""
    key = ("languages", version.pk, version.created_at)
    found = _remembered(key)
    if found is None:
        found = sorted(version.bodies.values_list("language", flat=True))
        _remember(key, found, version)
    return found  # type: ignore[no-any-return]


def pick(available: Iterable[str], *wanted: str) -> str:
    """Return the first wanted language that is there, else the first that is. Raises: BadContent when none is."""
    there = list(available)
    if not there:
        raise BadContent([Finding("error", "content.missing", _("The mail has no text in any language."))])
    return next((language for language in wanted if language in there), there[0])


def forget() -> None:
    """Drop everything that was compiled."""
    with _lock:
        _cache.clear()


def _remembered(key: tuple[Any, ...]) -> Any:
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
        return _cache.get(key)


def _remember(key: tuple[Any, ...], value: Any, version: ContentVersion) -> None:
    if version.published_at is None:
        return  # a draft may change under its number
    with _lock:
        _cache[key] = value
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)


def _state(campaign: Campaign, version: ContentVersion) -> tuple[Any, ...]:
    """Return all that stands in the mail besides the version's own bodies, so that a change of it is seen at once."""
    rows = (version.content.brand, campaign.topic, campaign.sender)
    own = (
        campaign.pk,
        campaign.created_at,
        campaign.name,
        campaign.kind,
        campaign.tracking,
        version.pk,
        version.created_at,
    )
    return own + tuple(str(model_to_dict(row)) if row else "" for row in rows)


def _rows_of(blocks: Iterable[tuple[BlockDict, Block]]) -> str:
    """Return the state of the rows that blocks show: an offer's words and end may change after the mail was written."""
    return "\n".join(kind.state(block) for block, kind in blocks)


def images_of(body: ContentBody) -> dict[int, Image]:
    """Return the pictures that the body's blocks name, one query."""
    wanted = {value for block in body.blocks for value in block.values() if type(value) is int}
    named = {block["image"] for block in body.blocks if type(block.get("image")) is int}
    return Image.objects.in_bulk(named & wanted) if named else {}


def _compile(campaign: Campaign, version: ContentVersion, body: ContentBody, audience: Audience) -> CompiledEmail:
    env = CompileEnv(version.content.brand, body.language, campaign, audience, images_of(body))
    rows = _rows_of(live_blocks(body))  # before they are read: a change in between shows the next time
    measures = campaign.tracking != Campaign.Tracking.NONE
    pixel = f"{settings.TRACKING_URL}/o/{{{{ {INTERNAL}.open }}}}.gif" if measures and audience == "self" else ""

    def number(block: str, target: str) -> int:
        return links.number_for(campaign, version, block, target).number or 0

    compiled = compile_body(body, env, number=number if measures else None, pixel=pixel)
    try:
        compiled.parts, compiled.subject  # noqa: B018 - parsed now: a worker must not meet the error later
    except LiquidError as error:
        raise BadContent([Finding("error", "merge.syntax", str(error))]) from error
    compiled.shown = rows
    if audience == "self" and campaign.sender:
        compiled.head = mime.head(campaign, campaign.sender, env.brand)
        compiled.envelope_domain = ascii_domain(campaign.sender.envelope_domain)
        domain = ascii_domain(campaign.sender.domain)
        compiled.tail = f"@{domain}>\r\n".encode()
        compiled.signer = dkim.signer_for(domain)
    return compiled
