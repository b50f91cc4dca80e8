"""Merge tags on their way through HTML tools, which would move or break them: they travel as tokens.

    tags = Tags()
    hidden = tags.hide("<table>{% for p in event.items %}<tr><td>{{ p }}</td></tr>{% endfor %}</table>")
    tags.show_all(tool(hidden), hidden)           # raises MovedTag when the tool lost or moved one

A tag becomes a word in attributes and text, and a comment where it is a `{% … %}` in text: parsers leave a
comment between rows of a table where it is, and would push a word out of it.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
SCAN = re.compile(
    r"(?P<tag>\{\{.*?\}\}|\{%.*?%\})|(?P<comment><!--.*?-->)"
    r"|(?P<open></?[a-zA-Z][-a-zA-Z0-9]*)|(?P<close>/?>)|(?P<quote>[\"'])",
    re.DOTALL,
)
RAW = {"style", "mj-style", "title", "mj-title", "mj-preview", "textarea"}  # a comment is text in there


class MovedTag(ValueError):
    """An HTML tool lost, doubled or moved a merge tag; `tag` is the first of them."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        super().__init__(tag)


def around_tags(text: str, change: Callable[[str], str]) -> str:
    """Return the text with `change` applied to all that is not a merge tag."""
    parts, end = [], 0
    for match in TAG.finditer(text):
        parts += [change(text[end : match.start()]), match.group()]
        end = match.end()
    return "".join((*parts, change(text[end:])))


class Tags:
    """The merge tags of one document, numbered in the order in which they were hidden."""

    def __init__(self) -> None:
        # Unguessable, so that no text of a marketer can look like a token.
        self.nonce = f"zq{secrets.token_hex(4)}x"
        self.tags: list[str] = []
        self.token = re.compile(rf"<!--{self.nonce}(\d+)z-->|{self.nonce}(\d+)z")

    def add(self, tag: str, *, as_comment: bool = False) -> str:
        """Return the token that stands for this tag from now on."""
        word = f"{self.nonce}{len(self.tags)}z"
        self.tags.append(tag)
        return f"<!--{word}-->" if as_comment else word

    def hide(self, source: str) -> str:
        """Return HTML or MJML with a token in place of each merge tag."""
        state = _Place()
        parts, end = [], 0
        for match in SCAN.finditer(source):
            if match.lastgroup == "comment":
                parts += [source[end : match.start()], self._hide_words(match.group())]
            elif match.lastgroup == "tag":
                as_comment = match.group().startswith("{%") and state.is_text
                parts += [source[end : match.start()], self.add(match.group(), as_comment=as_comment)]
            else:
                state.step(match)
                continue
            end = match.end()
        return "".join((*parts, source[end:]))

    def _hide_words(self, comment: str) -> str:
        return TAG.sub(lambda match: self.add(match.group()), comment)

    def show(self, hidden: str) -> str:
        """Return the text with all its tokens as merge tags again, wherever they stand."""
        return self.token.sub(lambda match: self.tags[int(match[1] or match[2])], hidden)

    def order(self, hidden: str) -> list[int]:
        """Return the numbers of the tokens in a text, in the order of their first appearance."""
        return list(dict.fromkeys(int(match[1] or match[2]) for match in self.token.finditer(hidden)))

    def show_all(self, hidden: str, source: str) -> str:
        """Return what a tool made of `source`, with its tags. Raises: MovedTag unless each came back in its place."""
        wanted, order = self.order(source), self.order(hidden)
        counts = Counter(int(match[1] or match[2]) for match in self.token.finditer(hidden))
        for number in wanted:
            if not counts[number] or (counts[number] > 1 and self.tags[number].startswith("{%")):
                raise MovedTag(self.tags[number])
        # A tag where an attribute's name stands comes back as an attribute without value: not what was written.
        attribute = re.search(rf'(?:{self.token.pattern})=""', hidden)
        if attribute and attribute.group() not in source:
            raise MovedTag(self.tags[int(attribute[1] or attribute[2])])
        moved = next((number for number, found in zip(wanted, order, strict=True) if number != found), None)
        if moved is not None:
            raise MovedTag(self.tags[moved])
        return self.show(hidden)


class _Place:
    """Where a scan of HTML stands: in text, in a tag, or in an element whose content is not parsed."""

    def __init__(self) -> None:
        self.in_tag = False
        self.quote = ""
        self.name = ""
        self.raw = ""

    @property
    def is_text(self) -> bool:
        return not self.in_tag and not self.raw

    def step(self, match: re.Match[str]) -> None:
        found = match.group()
        if self.in_tag and match.lastgroup == "quote":
            self.quote = "" if self.quote == found else self.quote or found
        elif self.in_tag and match.lastgroup == "close" and not self.quote:
            self.in_tag = False
            self.raw = self.name if self.name in RAW and found == ">" else ""
        elif not self.in_tag and match.lastgroup == "open":
            self._enter(found.lower())

    def _enter(self, found: str) -> None:
        if self.raw and found != f"</{self.raw}":
            return
        self.in_tag, self.raw, self.name = True, "", found[1:]
