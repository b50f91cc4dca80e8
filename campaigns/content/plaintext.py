"""HTML read as plain text: for raw mails, whose text part nobody wrote, and for rich text inside blocks.

to_text('<p>Hi <a href="https://x.example/">see here</a></p>')   # → 'Hi see here: https://x.example/'
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = {"p", "div", "table", "tr", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "hr"}
UNSEEN = {"style", "script", "title", "head"}


def to_text(html: str) -> str:
    """Return what a reader would see, one paragraph a line group, links as `words: address`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t]+", " ", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", text)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: list[tuple[str, int]] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.parts.append("\n\n" if tag != "tr" else "\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "td":
            self.parts.append(" ")
        elif tag == "a":
            self.links.append((values.get("href") or "", len(self.parts)))
        elif tag == "img" and values.get("alt"):
            self.parts.append(f"{values['alt']} ")

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN and self.unseen > 0
        if tag in BLOCKS:
            self.parts.append("\n\n" if tag != "tr" else "\n")
        elif tag == "a" and self.links:
            address, start = self.links.pop()
            words = "".join(self.parts[start:]).strip()
            if address and address != words and not address.startswith("#"):
                self.parts.append(f": {address.removeprefix('mailto:')}" if words else address)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.parts.append(re.sub(r"\s+", " ", data))
