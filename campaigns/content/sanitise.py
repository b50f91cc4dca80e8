"""Marketers' HTML made harmless: an allow-list for rich text and raw mails, and a last look at every compiled page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

from campaigns.content.tags import Tags

RICH = {
    "p",
    "br",
    "a",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "s",
    "ul",
    "ol",
    "li",
    "blockquote",
    "span",
    "h2",
    "h3",
    "sup",
    "sub",
}
LAYOUT = RICH | {
    *("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup", "col", "div", "center", "img", "hr"),
    *(
        "h1",
        "h4",
        "h5",
        "h6",
        "pre",
        "code",
        "small",
        "big",
        "font",
        "abbr",
        "address",
        "section",
        "article",
        "dl",
        "dt",
        "dd",
    ),
}
STYLING = {
    "style",
    "class",
    "align",
    "valign",
    "width",
    "height",
    "bgcolor",
    "color",
    "dir",
    "lang",
    "title",
    "role",
    "id",
}
SCHEMES = {"http", "https", "mailto", "tel"}
DANGEROUS = {
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "link",
    "base",
    "svg",
    "math",
    "video",
    "audio",
}
DIV = re.compile(r"<(/?)div\b[^>]*>", re.IGNORECASE)  # what editors in browsers write for a paragraph
STYLE = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.DOTALL | re.IGNORECASE)


def rich(html: str) -> str:
    """Return rich text with nothing but plain marks and links; merge tags stay where they are."""
    tags = Tags()
    clean = nh3.clean(
        DIV.sub(r"<\1p>", tags.hide(html)),
        tags=RICH,
        attributes={"a": {"href", "title"}},
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=False,
    )
    return tags.show(clean)


def layout(hidden: str) -> tuple[str, str]:
    """Return a raw mail's body, cleaned, and its style sheets joined. Expects its merge tags hidden."""
    styles = "\n".join(STYLE.findall(hidden))
    body = nh3.clean(
        STYLE.sub("", hidden),
        tags=LAYOUT,
        clean_content_tags={"script", "style", "title"},
        attributes={
            "*": STYLING,
            "a": {"href", "target", "name"},
            "img": {"src", "alt", "border", "srcset"},
            **{tag: {"cellpadding", "cellspacing", "border"} for tag in ("table",)},
            **{tag: {"colspan", "rowspan", "nowrap"} for tag in ("td", "th")},
        },
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=False,
    )
    return body, styles.replace("</", "")


def dangers(html: str) -> list[str]:
    """Return what a page must not hold: scripts, forms, frames, event handlers, foreign sheets, odd schemes."""
    finder = _Finder()
    finder.feed(html)
    return list(dict.fromkeys(finder.found))


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DANGEROUS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            scheme = re.match(r"[\s\x00-\x20]*([a-z][a-z0-9+.-]*):", re.sub(r"[\t\r\n]", "", value or "").lower())
            if name.startswith("on"):
                self.found.append(f"{name}=")
            elif name in {"href", "src", "action", "background"} and scheme and scheme[1] not in SCHEMES:
                self.found.append(f"{scheme[1]}:")
            elif tag == "meta" and name == "http-equiv" and (value or "").lower() == "refresh":
                self.found.append("<meta refresh>")
