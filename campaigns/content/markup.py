"""Where MJML or HTML is wrong: tags that are not closed, closed twice or not known, each with its line.

faults("<mjml>\\n<mj-body>", "mjml")      # → [Fault(2, "<mj-body> is never closed."), …]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from campaigns.content.tags import TAG

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
IMPLIED = {"p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option", "html", "head", "body"}
MJML = {
    "mjml",
    "mj-head",
    "mj-body",
    "mj-attributes",
    "mj-all",
    "mj-class",
    "mj-breakpoint",
    "mj-font",
    "mj-html-attributes",
    "mj-selector",
    "mj-html-attribute",
    "mj-preview",
    "mj-style",
    "mj-title",
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-title",
    "mj-accordion-text",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-column",
    "mj-divider",
    "mj-group",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-table",
    "mj-text",
    "mj-wrapper",
}
MOST = 20  # faults that are told; one slip can cause many


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and the line, counted from 1, where it stands."""

    line: int
    message: str


def faults(source: str, format: str) -> list[Fault]:
    """Return what is wrong with the source of a mail in `mjml` or `html`, in the order of its lines."""
    reader = _Reader(is_mjml=format == "mjml")
    reader.feed(TAG.sub(_blank, source))
    reader.close()
    found = reader.found + [Fault(line, _never_closed(tag)) for tag, line in reader.open if reader.must_close(tag)]
    if format == "mjml" and "mjml" not in reader.seen:
        found.insert(0, Fault(1, _("There is no <mjml> around it.")))
    elif format == "mjml" and "mj-body" not in reader.seen:
        found.insert(0, Fault(1, _("There is no <mj-body>.")))
    return sorted(found, key=lambda fault: fault.line)[:MOST]


def _blank(tag: re.Match[str]) -> str:
    return "".join("\n" if char == "\n" else " " for char in tag.group())


def _never_closed(tag: str) -> str:
    return _("<%(tag)s> is never closed.") % {"tag": tag}


class _Reader(HTMLParser):
    def __init__(self, *, is_mjml: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.is_mjml = is_mjml
        self.open: list[tuple[str, int]] = []
        self.found: list[Fault] = []
        self.seen: set[str] = set()

    def must_close(self, tag: str) -> bool:
        return tag.startswith("mj") or self.is_mjml or tag not in IMPLIED

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._know(tag)
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))
        elif self.is_mjml and "mj-raw" not in [name for name, _line in self.open]:
            message = _("<%(tag)s> stands alone: write <%(tag)s />.") % {"tag": tag}
            self.found.append(Fault(self.getpos()[0], message))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._know(tag)

    def handle_endtag(self, tag: str) -> None:
        line = self.getpos()[0]
        if tag in VOID:
            return
        if tag not in [name for name, _line in self.open]:
            self.found.append(Fault(line, _("</%(tag)s> closes nothing.") % {"tag": tag}))
            return
        while (last := self.open.pop())[0] != tag:
            if self.must_close(last[0]):
                self.found.append(Fault(last[1], _never_closed(last[0])))

    def _know(self, tag: str) -> None:
        self.seen.add(tag)
        if tag.startswith("mj") and (not self.is_mjml or tag not in MJML):
            self.found.append(Fault(self.getpos()[0], _("There is no element <%(tag)s>.") % {"tag": tag}))
