"""The blocks that sell: a hero in the brand's colour, and a product card."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field
from campaigns.content.document import on_colour
from campaigns.content.findings import Finding
from campaigns.content.standard import ALIGN, check_address, choice, missing

GROUNDS = (("primary", gettext_lazy("main colour")), ("accent", gettext_lazy("accent colour")))
ALT_HELP = gettext_lazy("what somebody who does not see it should know")


class PictureBlock(Block):
    """What blocks with an optional picture share: the row it needs, and words for those who do not see it."""

    def references(self, block: BlockDict) -> list[tuple[str, int]]:
        return [("campaigns.Image", block["image"])] if isinstance(block.get("image"), int) else []

    def check_alt(self, block: BlockDict, where: str) -> list[Finding]:
        if not block.get("image") or str(block.get("alt") or "").strip():
            return []
        remedy = _("Say in a few words what it shows or sells.")
        return [Finding("warning", "image.alt", _("The image has no alternative text."), remedy, where)]


class Hero(PictureBlock):
    """The first thing one sees: live words on a coloured ground, with or without a picture over them."""

    kind, label, icon = "hero", gettext_lazy("Hero"), "wb_sunny"
    defaults: ClassVar[dict[str, Any]] = {
        **{"kicker": "", "title": "", "text": "", "label": "", "link": ""},
        **{"image": None, "alt": "", "ground": "primary", "align": "left"},
    }
    fields = (
        Field("title", gettext_lazy("Title"), required=True),
        Field("kicker", gettext_lazy("Small words above")),
        Field("text", gettext_lazy("Words below"), "text"),
        Field("label", gettext_lazy("Words on the button"), "line", gettext_lazy("empty = no button")),
        Field("link", gettext_lazy("Link"), "url"),
        Field("image", gettext_lazy("Image"), "image"),
        Field("alt", gettext_lazy("Alternative text"), "line", ALT_HELP),
        Field("ground", gettext_lazy("Ground"), "choice", choices=GROUNDS),
        Field("align", gettext_lazy("Align"), "choice", choices=ALIGN),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        found = [] if str(block.get("title") or "").strip() else missing(_("The hero has no title."), where)
        if str(block.get("label") or "").strip():
            found += check_address(block.get("link"), where, _("The button"))
        return found + self.check_alt(block, where)

    def ground(self, block: BlockDict, env: CompileEnv) -> str:
        accent = choice(block.get("ground"), GROUNDS) == "accent"
        return env.brand.colour_accent if accent else env.brand.colour_primary

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        ground, align = self.ground(block, env), choice(block.get("align"), ALIGN)
        ink = on_colour(ground)
        css = "hero" if choice(block.get("ground"), GROUNDS) == "primary" else "hero accent"
        words = "".join((self._kicker(block, env, ink, align), self._title(block, env, ink, align)))
        if block.get("text"):
            text = env.words(block["text"])
            words += f'<mj-text align="{align}" color="{ink}" font-size="18px" padding="4px 32px 8px">{text}</mj-text>'
        words += self._button(block, env, ground, ink, align)
        section = f'background-color="{ground}" padding="28px 0 24px" css-class="{css}"'
        picture = self._picture(block, env)
        room = '<mj-section padding="0"><mj-column><mj-spacer height="16px" /></mj-column></mj-section>'
        return f"{picture}<mj-section {section}><mj-column>{words}</mj-column></mj-section>{room}"

    def _picture(self, block: BlockDict, env: CompileEnv) -> str:
        source = env.image_url(block.get("image"), 600)
        if not source:
            return ""
        link = f' href="{env.attribute(block["link"])}"' if block.get("link") else ""
        shown = f'src="{env.attribute(source)}" alt="{env.attribute(block.get("alt"))}"'
        image = f'<mj-image{link} {shown} width="600px" padding="0" />'
        return f'<mj-section padding="0" css-class="ink"><mj-column>{image}</mj-column></mj-section>'

    def _kicker(self, block: BlockDict, env: CompileEnv, ink: str, align: str) -> str:
        if not str(block.get("kicker") or "").strip():
            return ""
        words = env.words(block["kicker"])
        looks = f'align="{align}" color="{ink}" font-size="14px" font-weight="700" letter-spacing="0.08em"'
        return f'<mj-text {looks} text-transform="uppercase" padding="4px 32px 0">{words}</mj-text>'

    def _title(self, block: BlockDict, env: CompileEnv, ink: str, align: str) -> str:
        style = f"margin:0;font-size:36px;line-height:1.15;font-weight:800;letter-spacing:-0.02em;color:{ink}"
        words = f'<h1 style="{style}">{env.words(block.get("title"))}</h1>'
        return f'<mj-text align="{align}" color="{ink}" font-size="36px" padding="8px 32px">{words}</mj-text>'

    def _button(self, block: BlockDict, env: CompileEnv, ground: str, ink: str, align: str) -> str:
        if not str(block.get("label") or "").strip():
            return ""
        looks = f'background-color="{ink}" color="{on_colour(ink)}" align="{align}" padding="12px 32px 8px"'
        link = env.attribute(block.get("link"))
        return f'<mj-button css-class="on-hero" {looks} href="{link}">{env.words(block["label"])}</mj-button>'

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        label, link = str(block.get("label") or ""), str(block.get("link") or "")
        lines = [str(block.get(name) or "") for name in ("kicker", "title", "text")]
        return "\n".join(filter(None, [*lines, f"{label}: {link}" if label else ""]))

    def fills_width(self, block: BlockDict) -> bool:
        return True


class Product(PictureBlock):
    """One thing to buy: picture, name, price, a button. A struck price stands beside the lowest of the last 30 days."""

    kind, label, icon = "product", gettext_lazy("Product"), "shopping_bag"
    NAMES = ("name", "text", "price", "was", "lowest", "label", "link", "alt")
    defaults: ClassVar[dict[str, Any]] = {**dict.fromkeys(NAMES, ""), "image": None}
    fields = (
        Field("name", gettext_lazy("Name"), required=True),
        Field("text", gettext_lazy("Words"), "text"),
        Field("price", gettext_lazy("Price"), "line", gettext_lazy("with its currency: €12.50")),
        Field("was", gettext_lazy("Price before")),
        Field("lowest", gettext_lazy("Lowest price of the last 30 days"), "line", gettext_lazy("the law asks for it")),
        Field("label", gettext_lazy("Words on the button")),
        Field("link", gettext_lazy("Link"), "url", required=True),
        Field("image", gettext_lazy("Image"), "image"),
        Field("alt", gettext_lazy("Alternative text"), "line", ALT_HELP),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        found = [] if str(block.get("name") or "").strip() else missing(_("The product has no name."), where)
        found += check_address(block.get("link"), where, _("The product"))
        if str(block.get("was") or "").strip() and not str(block.get("lowest") or "").strip():
            # C. conso. L112-1-1, from Directive 98/6/EC art. 6a: the same in the whole Union.
            message = _("A struck price needs the lowest price of the 30 days before (C. conso. L112-1-1).")
            found.append(Finding("error", "price.lowest", message, _("Fill it in, or remove the old price."), where))
        return found + self.check_alt(block, where)

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        source = env.image_url(block.get("image"), 232)
        link, picture = env.attribute(block.get("link")), ""
        if source:
            shown = f'src="{env.attribute(source)}" alt="{env.attribute(block.get("alt"))}"'
            image = f'<mj-image href="{link}" {shown} width="232px" border-radius="8px" align="left" />'
            picture = f'<mj-column width="48%" vertical-align="middle">{image}</mj-column>'
        width = ' width="52%" vertical-align="middle"' if picture else ""
        label = env.words(str(block.get("label") or "").strip() or _("See it"))
        button = f'<mj-button align="left" href="{link}" padding="8px 24px">{label}</mj-button>'
        column = f"<mj-column{width}>{self._words(block, env)}{button}</mj-column>"
        return f'<mj-section css-class="ink" padding="12px 8px">{picture}{column}</mj-section>'

    def _words(self, block: BlockDict, env: CompileEnv) -> str:
        style = "margin:0;font-size:20px;line-height:1.25;font-weight:700"
        name = f'<h3 style="{style}">{env.words(block.get("name"))}</h3>'
        words = f'<mj-text font-size="20px" padding="8px 24px 2px">{name}</mj-text>'
        if block.get("text"):
            words += f'<mj-text padding="2px 24px">{env.words(block["text"])}</mj-text>'
        if block.get("price"):
            was = f' &nbsp;<s style="font-weight:400">{env.words(block["was"])}</s>' if block.get("was") else ""
            price = f"<strong>{env.words(block['price'])}</strong>{was}"
            words += f'<mj-text font-size="22px" padding="4px 24px 0">{price}</mj-text>'
        if block.get("was") and block.get("lowest"):
            words += f'<mj-text font-size="13px" padding="0 24px 4px">{env.words(self._lowest(block))}</mj-text>'
        return words

    def _lowest(self, block: BlockDict) -> str:
        return _("Lowest price of the last 30 days: %(price)s") % {"price": block.get("lowest")}

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        label = str(block.get("label") or "").strip() or _("See it")
        price = str(block.get("price") or "")
        if block.get("was"):
            price += " " + _("(before: %(price)s)") % {"price": block["was"]} + f" {self._lowest(block)}"
        lines = [str(block.get("name") or ""), str(block.get("text") or ""), price]
        return "\n".join(filter(None, [*lines, f"{label}: {block.get('link') or ''}"]))


BLOCKS: list[Block] = [Hero(), Product()]
