"""What is wrong with one body: blocks, merge names with their line, links, size, what every mail must have."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content import compiled, fallbacks, markup, merge, quoted, visibility, web
from campaigns.content.blocks import CompileEnv, registry
from campaigns.content.compiled import CompiledEmail, known_blocks
from campaigns.content.evaluate import PLAIN, compile_program
from campaigns.content.findings import BadContent, Finding, Level
from campaigns.content.merge import LiquidError
from campaigns.content.recipients import NOBODY
from campaigns.content.tags import TAG
from campaigns.models import Campaign, ContentBody
from contacts.models import AttributeType, Brand

MAX_HTML = 100_000  # bytes; Gmail clips at 102 kB and hides the footer with it
LONG_SUBJECT = 60  # characters; phones show about 40


def body_findings(body: ContentBody, brand: Brand, campaign: Campaign | None = None) -> list[Finding]:
    """Return everything that can be known about a body without its audience, errors and warnings."""
    with translation.override(translation.get_language()):
        found = [*_subject(body), *_blocks(body), *_references(body)]
    try:
        mail = compiled.compile_body(body, CompileEnv(brand, body.language, campaign, "self", compiled.images_of(body)))
        compiled.compile_body(body, CompileEnv(brand, body.language, campaign, "friend", compiled.images_of(body)))
        found += [*_names(body, mail), *_gaps(body), *_links(body, mail), *_size(body, mail)]
    except BadContent as bad:
        told = {finding.code for finding in found}  # the line is known already: the tool's own words add nothing
        found += [
            _placed(body, finding) for finding in bad.findings if (finding.code, "markup" in told) != ("mjml", True)
        ]
    except LiquidError as error:
        found.append(_syntax(body, error))
    return found


def _where(body: ContentBody, detail: str = "") -> str:
    return f"{body.language}, {detail}" if detail else body.language


def _placed(body: ContentBody, finding: Finding) -> Finding:
    where = finding.where or _where(body)
    return Finding(finding.level, finding.code, finding.message, finding.remedy, where)


def _subject(body: ContentBody) -> Iterator[Finding]:
    where = _where(body, _("subject"))
    if quoted.CONTROLS.search(body.subject + body.preheader):
        message = _("The subject or preheader holds a line break or control character.")
        yield Finding("error", "subject.control", message, _("Remove it."), where)
    if not body.subject.strip():
        yield Finding("error", "subject.missing", _("There is no subject."), _("Write one."), where)
    elif len(TAG.sub("12345678", body.subject)) > LONG_SUBJECT:
        remedy = _("Put what matters into the first 40 characters.")
        yield Finding("warning", "subject.long", _("The subject is long: phones cut it."), remedy, where)


def _blocks(body: ContentBody) -> Iterator[Finding]:
    if body.format != ContentBody.Format.BLOCKS:
        if not body.source.strip():
            yield Finding("error", "content.empty", _("The mail has no text."), _("Write one."), _where(body))
        for fault in markup.faults(body.source, body.format) if body.source.strip() else ():
            where = _where(body, _("line %(n)d") % {"n": fault.line})
            level: Level = "error" if body.format == ContentBody.Format.MJML else "warning"
            yield Finding(level, "markup", fault.message, _("Correct this line."), where)
        return
    if not body.blocks:
        yield Finding("error", "content.empty", _("The mail has no blocks."), _("Add one."), _where(body))
    kinds = registry()
    for position, block in enumerate(body.blocks, 1):
        kind = kinds.get(block.get("type", ""))
        where = _where(body, _("block %(n)d") % {"n": position})
        if kind is None:
            message = _("There is no kind of block named “%(kind)s”.") % {"kind": block.get("type")}
            remedy = _("Use one of: %(kinds)s.") % {"kinds": ", ".join(sorted(kinds))}
            yield Finding("error", "block.unknown", message, remedy, where)
        else:
            yield from kind.check(block, f"{where} ({kind.label})")


def _references(body: ContentBody) -> Iterator[Finding]:
    wanted: dict[str, set[int]] = {}
    for block, kind in known_blocks(body):
        segment = visibility.segment_of(block)
        needed = [("contacts.Segment", segment)] if segment is not None else []
        for model, pk in [*kind.references(block), *needed]:
            wanted.setdefault(model, set()).add(pk)
    for model, pks in wanted.items():
        there = set(apps.get_model(model).objects.filter(pk__in=pks).values_list("pk", flat=True))
        name = apps.get_model(model)._meta.verbose_name
        for pk in sorted(pks - there):
            message = _("%(name)s %(pk)d does not exist.") % {"name": name, "pk": pk}
            yield Finding("error", "block.reference", message, _("Choose another."), _where(body))


def _names(body: ContentBody, mail: CompiledEmail) -> Iterator[Finding]:
    attributes = list(AttributeType.objects.values_list("name", flat=True))
    blocks = {str(block.get("id")): (*kind.value_names, visibility.SHOWN) for block, kind in known_blocks(body)}
    sources = ((mail.subject_source, False), (mail.html_source, True), (mail.text_source, False))
    unknown: dict[str, None] = {}
    for source, autoescape in sources:
        template = merge.parse(source, language=body.language, autoescape=autoescape)
        unknown |= dict.fromkeys(merge.unknown_names(template, attributes, blocks))
    for name in unknown:
        message = _("Nothing is known under the name {{ %(name)s }}.") % {"name": name}
        yield Finding("error", "merge.unknown", message, merge.remedy(name, attributes), _located(body, name))


def _gaps(body: ContentBody) -> Iterator[Finding]:
    """Find names and attributes that some people lack, shown without other words for them."""
    seen: set[str] = set()
    for place, text in _texts(body):
        for gap in fallbacks.without(html.unescape(text), body.language):
            if gap.name in seen:
                continue
            seen.add(gap.name)
            message = _("Who has no {{ %(name)s }} reads a gap there.") % {"name": gap.name}
            where = _where(body, _("%(place)s, line %(line)d") % {"place": place, "line": gap.line})
            yield Finding("warning", "merge.fallback", message, gap.remedy, where)


def _texts(body: ContentBody) -> Iterator[tuple[str, str]]:
    """Yield every text a marketer wrote with the words for its place."""
    yield _("subject"), body.subject
    yield _("preheader"), body.preheader
    if body.format != ContentBody.Format.BLOCKS:
        yield _("source"), body.source
    kinds = registry()
    for position, block in enumerate(body.blocks, 1):
        kind = kinds.get(block.get("type", ""))
        place = _("block %(n)d (%(kind)s)") % {"n": position, "kind": kind.label if kind else block.get("type")}
        yield from ((place, text) for text in _strings(block.values()))


def _strings(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _strings(value.values())
        elif isinstance(value, list):
            yield from _strings(value)


def _located(body: ContentBody, name: str) -> str:
    """Return where a merge name was written: `fr, block 3 (Text), line 2`."""
    wanted = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w])")
    for place, text in _texts(body):
        for tag in TAG.finditer(text):
            if wanted.search(html.unescape(tag.group())):
                line = text.count("\n", 0, tag.start()) + 1
                return _where(body, _("%(place)s, line %(line)d") % {"place": place, "line": line})
    return _where(body)


def _syntax(body: ContentBody, error: LiquidError) -> Finding:
    """Return the finding about a tag that is not closed or not known, at the first text that shows it."""
    for place, text in _texts(body):
        try:
            compile_program(merge.parse(text, language=body.language, autoescape=False), PLAIN)
        except LiquidError as own:
            line = text.count("\n", 0, max(own.token.start_index, 0)) + 1 if own.token else 1
            where = _where(body, _("%(place)s, line %(line)d") % {"place": place, "line": line})
            return Finding("error", "merge.syntax", _sentence(own), _("Close or correct the merge tag."), where)
    return Finding("error", "merge.syntax", _sentence(error), _("Close or correct the merge tag."), _where(body))


def _sentence(error: LiquidError) -> str:
    reason = str(error.message if hasattr(error, "message") else error).split("\n")[0].strip(".")
    return _("A merge tag is wrong: %(reason)s.") % {"reason": reason}


def _links(body: ContentBody, mail: CompiledEmail) -> Iterator[Finding]:
    seen: set[str] = set()
    for _block, target, _address in mail.targets:
        if target in seen:
            continue
        seen.add(target)
        if not target or target == "#":
            message = _("A link has no address.")
            yield Finding("error", "link.empty", message, _("Give it one, or remove the link."), _where(body))
        elif target.lower().startswith("http://") and "//localhost" not in target:
            message = _("%(link)s is not encrypted.") % {"link": target[:80]}
            yield Finding("warning", "link.http", message, _("Use the https:// address."), _where(body))
        elif not re.match(r"https?://|mailto:|tel:|#|\{\{|\{%", target, re.IGNORECASE):
            message = _("“%(link)s” is no web address.") % {"link": target[:80]}
            remedy = _("Write the whole address, starting with https://")
            yield Finding("error", "link.address", message, remedy, _where(body))


def _size(body: ContentBody, mail: CompiledEmail) -> Iterator[Finding]:
    size = len(mail.page(web.sample_values(mail, NOBODY)).encode())
    if size >= MAX_HTML:
        message = _("The HTML has %(size)d kB: Gmail cuts it and hides the footer.") % {"size": size // 1000}
        remedy = _("Stay under 100 kB: remove blocks, or shorten texts.")
        yield Finding("error", "size", message, remedy, _where(body))
