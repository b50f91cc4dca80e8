"""The QR block of a mail: the picture of this one contact's offer, with its link and a line of words beside it.

{"id": "b5", "type": "qr", "offer": 7, "text": "Show this at the till"}

Never the picture alone: a mail read on the phone itself cannot be scanned by that phone, so the picture is a link too.
"""

from __future__ import annotations

import html
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field
from campaigns.content.findings import Finding
from social.blocks.offer import SIDE, OfferBlock, offer_of, shows_qr


class QRBlock(OfferBlock):
    kind, label, scope, icon = "qr", gettext_lazy("QR code of an offer"), "personal", "qr_code_2"
    defaults: ClassVar[dict[str, Any]] = {"offer": None, "text": ""}
    fields = (
        Field("offer", gettext_lazy("Offer"), "offer", required=True),
        Field("text", gettext_lazy("Words below"), "line", gettext_lazy("empty = “Show it at the till.”")),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        offer = offer_of(block)
        if offer is None:
            remedy = _("Choose an offer, or remove the block.")
            return [Finding("error", "offer.missing", _("The QR code has no offer."), remedy, where)]
        if not shows_qr(offer):
            message = _("The QR code of “%(offer)s” would be refused at the till.") % {"offer": offer.name}
            remedy = _("Use the offer card: its button leads to the page where one qualifies.")
            return [Finding("error", "qr.not_alone", message, remedy, where)]
        return []

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        with override(env.language):
            alt, words = html.escape(_("Your QR code: show it at the till")), self._words(block)
        return (
            '<mj-section css-class="ink"><mj-column>'
            f'<mj-image href="{env.value(block, "url")}" width="{SIDE}px" padding="16px" '  # in the order of the HTML
            f'src="{env.value(block, "qr")}" alt="{alt}" />'
            '<mj-text align="center" css-class="rich">'
            f'<a href="{env.value(block, "url")}">{env.words(words)}</a></mj-text>'
            "</mj-column></mj-section>"
        )

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        with override(env.language):
            return f"{self._words(block)} {env.value(block, 'url')}"

    def _words(self, block: BlockDict) -> str:
        return str(block.get("text") or "").strip() or _("Show it at the till.")


BLOCKS: list[Block] = [QRBlock()]
