"""Links of a mail, rewritten once per version to `/c/<token>/<number>`; services and merge tags keep what they need.

| written                                   | in the mail                                                          |
|-------------------------------------------|----------------------------------------------------------------------|
| `https://shop.example/sale`               | `…/c/{{ t_.click }}/3`; plain where the campaign measures nothing     |
| `https://shop.example/?c={{ contact.x }}` | the same; Django fills in the target when it is followed              |
| `{{ links.unsubscribe }}`, `{{ b.b1.url }}` | as they are: services the person asked for                          |
| `mailto:`, `tel:`, `#`                    | as they are                                                          |
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from django.conf import settings

from campaigns.content.merge import INTERNAL
from campaigns.content.tags import TAG, Tags

Number = Callable[[str, str], int]  # (block, target) → the link's permanent number

ATTRIBUTES = r"""(?:\s+[^\s=>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*"""
LINKED = re.compile(
    rf"<(?:a|area|mj-button|mj-image|mj-social-element|mj-navbar-link)(?={ATTRIBUTES}\s*/?>)({ATTRIBUTES})"
)
HREF = re.compile(r"""(\shref\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
SERVICE = re.compile(r"\{\{-?\s*(links|b)\.")
WHOLE = re.compile(r"\{\{-?\s*(event\.[\w.]+)\s*-?\}\}")
PLAIN = re.compile(r"https?://", re.IGNORECASE)


class Rewriter:
    """Rewrites the links of one document; `targets` remembers what became of each, for the text part and the checks."""

    def __init__(self, tags: Tags, number: Number | None) -> None:
        self.tags = tags
        self.number = number
        self.targets: list[tuple[str, str, str]] = []  # block, target as written, address in the mail

    def rewrite(self, hidden: str, block: str) -> str:
        """Return a fragment (its merge tags hidden) with every link as it shall stand in the mail."""
        return LINKED.sub(lambda match: HREF.sub(lambda href: self._href(href, block), match.group()), hidden)

    def _href(self, match: re.Match[str], block: str) -> str:
        target = html.unescape(self.tags.show(match[2][1:-1])).strip()
        address = self.address(target, block)
        self.targets.append((block, target, address))
        return f'{match[1]}"{self._hidden(address)}"'

    def _hidden(self, address: str) -> str:
        parts, end = [], 0
        for tag in TAG.finditer(address):
            parts += [html.escape(address[end : tag.start()]), self.tags.add(tag.group())]
            end = tag.end()
        return "".join((*parts, html.escape(address[end:])))

    def address(self, target: str, block: str) -> str:
        """Return what a link's target becomes in the mail."""
        if SERVICE.match(target) or target.lower().startswith(("mailto:", "tel:", "#")) or not target:
            return target
        if whole := WHOLE.fullmatch(target):
            return f"{{{{ {whole[1]} | web_address }}}}"
        if not PLAIN.match(target) and not target.startswith("{"):
            return target
        if self.number is None:
            return plain_address(target)
        return f"{settings.TRACKING_URL}/c/{{{{ {INTERNAL}.click }}}}/{self.number(block, target)}"

    def in_text(self, text: str, block: str) -> str:
        """Return a block's plain text with the addresses of its links as in the HTML."""
        known = {target: address for where, target, address in self.targets if where == block and target != address}
        if not known:
            return text
        longest_first = sorted(known, key=len, reverse=True)
        pattern = "|".join(re.escape(target) for target in longest_first)
        return re.sub(rf"(?:{pattern})(?![\w/?#&=%-])", lambda match: known[match.group()], text)


def plain_address(target: str) -> str:
    """Return a target as a template for direct use: what is filled in can neither change the site nor the scheme."""

    def safe(match: re.Match[str]) -> str:
        tag = match.group()
        if not tag.startswith("{{"):
            return tag
        inner = tag[2:-2].strip("- \n")
        return f"{{{{ {inner} | {'web_address' if match.start() == 0 else 'url_part'} }}}}"

    return TAG.sub(safe, target)
