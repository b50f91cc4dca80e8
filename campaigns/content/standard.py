"""The blocks of every mail: heading, text, image, button, divider, spacer, two columns."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.content import sanitise
from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field
from campaigns.content.findings import Finding
from campaigns.content.plaintext import to_text
from campaigns.content.tags import TAG, Tags

ALIGN = (("left", gettext_lazy("left")), ("center", gettext_lazy("centre")))
ADDRESS = re.compile(r"(https?://|mailto:|tel:|tag)\S+", re.IGNORECASE)


def section(inside: str, css: str = "ink") -> str:
    """Return one section of one column."""
    return f'<mj-section css-class="{css}"><mj-column>{inside}</mj-column></mj-section>'


def choice(value: Any, allowed: tuple[tuple[str, Any], ...]) -> str:
    """Return the value when it is one of the allowed, else the first of them."""
    return value if value in dict(allowed) else allowed[0][0]


def pixels(value: Any, otherwise: int, most: int) -> int:
    """Return a number of pixels between 0 and `most`; `otherwise` when it is none."""
    try:
        return max(0, min(int(value), most))
    except (TypeError, ValueError):
        return otherwise


def check_address(address: Any, where: str, what: str) -> list[Finding]:
    """Return the finding about a link that leads nowhere."""
    if not str(address or "").strip():
        return [
            Finding("error", "link.empty", _("%(what)s has no link.") % {"what": what}, _("Give it an address."), where)
        ]
    if ADDRESS.fullmatch(TAG.sub("tag:", str(address).strip())):
        return []
    remedy = _("Write the whole address, starting with https://")
    return [Finding("error", "link.address", _("“%(link)s” is no web address.") % {"link": address}, remedy, where)]


def missing(what: str, where: str) -> list[Finding]:
    return [Finding("error", "block.empty", what, _("Fill it in, or remove the block."), where)]


class Heading(Block):
    kind, label, icon = "heading", gettext_lazy("Heading"), "title"
    defaults: ClassVar[dict[str, Any]] = {"text": "", "level": "1", "align": "left"}
    LEVELS = (("1", gettext_lazy("large")), ("2", gettext_lazy("small")))
    fields = (
        Field("text", gettext_lazy("Words"), "line", required=True),
        Field("level", gettext_lazy("Size"), "choice", choices=LEVELS),
        Field("align", gettext_lazy("Align"), "choice", choices=ALIGN),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        return [] if str(block.get("text", "")).strip() else missing(_("The heading is empty."), where)

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        level = choice(str(block.get("level")), self.LEVELS)
        size = {"1": "28px", "2": "20px"}[level]
        style = f"margin:0;font-size:{size};line-height:1.25;font-weight:700;letter-spacing:-0.01em"
        align = choice(block.get("align"), ALIGN)
        words = f'<h{level} style="{style}">{env.words(block.get("text"))}</h{level}>'
        return section(f'<mj-text align="{align}" font-size="{size}" padding="16px 24px 4px">{words}</mj-text>')

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        words = str(block.get("text", ""))
        return f"{words}\n{'=' * min(len(TAG.sub('12345678', words)), 60)}" if words else ""


class Text(Block):
    kind, label, icon = "text", gettext_lazy("Text"), "notes"
    defaults: ClassVar[dict[str, Any]] = {"html": "", "align": "left"}
    fields = (
        Field("html", gettext_lazy("Text"), "rich", required=True),
        Field("align", gettext_lazy("Align"), "choice", choices=ALIGN),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        if not to_text(str(block.get("html", ""))).strip():
            return missing(_("The text is empty."), where)
        links = re.findall(r'<a\b[^>]*?href="([^"]*)"', Tags().hide(sanitise.rich(str(block["html"]))))
        return [
            finding
            for link in links
            if not link.startswith("zq")
            for finding in check_address(link, where, _("A link"))
        ]

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        words = sanitise.rich(str(block.get("html", "")))
        align = choice(block.get("align"), ALIGN)
        return section(f'<mj-text align="{align}" css-class="rich">{words}</mj-text>')

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        tags = Tags()
        hidden = tags.hide(sanitise.rich(str(block.get("html", ""))))
        words = re.sub(rf"<!--({tags.nonce}\d+z)-->", r"\1", hidden)
        return tags.show(to_text(words))


class Image(Block):
    kind, label, icon = "image", gettext_lazy("Image"), "image"
    defaults: ClassVar[dict[str, Any]] = {"image": None, "alt": "", "link": "", "width": 552}
    fields = (
        Field("image", gettext_lazy("Image"), "image", required=True),
        Field(
            "alt",
            gettext_lazy("Alternative text"),
            "line",
            gettext_lazy("what somebody who does not see it should know"),
        ),
        Field("link", gettext_lazy("Link"), "url"),
        Field("width", gettext_lazy("Width in pixels, 40–600"), "number"),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        if not block.get("image"):
            return missing(_("No image is chosen."), where)
        found = check_address(block["link"], where, _("The image")) if block.get("link") else []
        if not str(block.get("alt", "")).strip():
            message = _("The image has no alternative text.")
            found.append(
                Finding("warning", "image.alt", message, _("Say in a few words what it shows or sells."), where)
            )
        return found

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        width = max(40, pixels(block.get("width"), 552, 600))
        source = env.image_url(block.get("image"), width)
        if not source:
            return ""
        padding = ' padding="0"' if self.fills_width(block) else ""
        link = f' href="{env.attribute(block["link"])}"' if block.get("link") else ""
        shown = f'src="{env.attribute(source)}" alt="{env.attribute(block.get("alt"))}"'
        image = f'<mj-image{link} {shown} width="{width}px"{padding} />'
        if self.fills_width(block):
            return f'<mj-section css-class="ink" padding="0"><mj-column>{image}</mj-column></mj-section>'
        return section(image)

    def fills_width(self, block: BlockDict) -> bool:
        return pixels(block.get("width"), 552, 600) > 552

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        alt, link = str(block.get("alt") or ""), str(block.get("link") or "")
        return f"{alt}: {link}" if alt and link else alt or link

    def references(self, block: BlockDict) -> list[tuple[str, int]]:
        return [("campaigns.Image", block["image"])] if isinstance(block.get("image"), int) else []


class Button(Block):
    kind, label, icon = "button", gettext_lazy("Button"), "smart_button"
    defaults: ClassVar[dict[str, Any]] = {"label": "", "link": "", "align": "left"}
    fields = (
        Field("label", gettext_lazy("Words"), "line", required=True),
        Field("link", gettext_lazy("Link"), "url", required=True),
        Field("align", gettext_lazy("Align"), "choice", choices=ALIGN),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        found = [] if str(block.get("label", "")).strip() else missing(_("The button has no words."), where)
        return found + check_address(block.get("link"), where, _("The button"))

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        align = choice(block.get("align"), ALIGN)
        link = env.attribute(block.get("link"))
        return section(f'<mj-button align="{align}" href="{link}">{env.words(block.get("label"))}</mj-button>')

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        return f"{block.get('label', '')}: {block.get('link', '')}"


class Divider(Block):
    kind, label, icon = "divider", gettext_lazy("Line"), "horizontal_rule"

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        return section('<mj-divider css-class="line" />')

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        return "-" * 20


class Spacer(Block):
    kind, label, icon = "spacer", gettext_lazy("Space"), "height"
    defaults: ClassVar[dict[str, Any]] = {"height": 24}
    fields = (Field("height", gettext_lazy("Height in pixels, up to 200"), "number"),)

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        return section(f'<mj-spacer height="{pixels(block.get("height"), 24, 200)}px" />')


class Columns(Block):
    """Two texts side by side, one under the other on phones."""

    kind, label, icon = "columns", gettext_lazy("Two columns"), "view_column_2"
    defaults: ClassVar[dict[str, Any]] = {"left": "", "right": ""}
    fields = (
        Field("left", gettext_lazy("Left"), "rich", required=True),
        Field("right", gettext_lazy("Right"), "rich", required=True),
    )

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        halves = [sanitise.rich(str(block.get(side, ""))) for side in ("left", "right")]
        columns = "".join(f'<mj-column><mj-text css-class="rich">{half}</mj-text></mj-column>' for half in halves)
        return f'<mj-section css-class="ink">{columns}</mj-section>'

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        return "\n\n".join(Text().text({"html": block.get(side, "")}, env) for side in ("left", "right"))


BLOCKS: list[Block] = [Heading(), Text(), Image(), Button(), Divider(), Spacer(), Columns()]
