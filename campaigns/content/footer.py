"""The footer of every mail: who we are, why you get this, where we live, preferences, leave.

Leaving is as easy to find as the button. Friends and public pages see who wrote, and no personal link.
"""

from __future__ import annotations

import html
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field


class Footer(Block):
    kind, label, scope, icon = "footer", gettext_lazy("Footer"), "friend", "vertical_align_bottom"
    stands_below = True
    defaults: ClassVar[dict[str, Any]] = {"note": "", "why": ""}
    fields = (
        Field("note", gettext_lazy("A word of yours"), "line"),
        Field("why", gettext_lazy("Why one gets this"), "line", gettext_lazy("empty = the topic subscribed to")),
    )

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        lines = self.lines(block, env)
        if not env.is_transactional:
            lines += [self.why(block, env), self.personal_links()]
        return self.framed(lines)

    def friend_mjml(self, block: BlockDict, env: CompileEnv) -> str:
        return self.framed(self.lines(block, env))

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        parts = [self.friend_text(block, env)]
        if not env.is_transactional:
            links = (
                (_("Leave this list"), "unsubscribe"),
                (_("Choose what you get, and what is measured"), "preferences"),
                (_("Read in the browser"), "web"),
            )
            parts += [self.why_words(block), *(f"{words}: {{{{ links.{name} }}}}" for words, name in links)]
        return "\n".join(parts)

    def friend_text(self, block: BlockDict, env: CompileEnv) -> str:
        name = env.brand.name
        return "\n".join(filter(None, ["-- ", str(block.get("note") or ""), name, env.brand.postal_address.strip()]))

    def lines(self, block: BlockDict, env: CompileEnv) -> list[str]:
        """Return who we are: for everybody the same."""
        address = ", ".join(filter(None, (part.strip() for part in env.brand.postal_address.splitlines())))
        who = f"<strong>{html.escape(env.brand.name)}</strong>" + (f" · {html.escape(address)}" if address else "")
        words = html.escape(_("Privacy"))
        privacy = f'<a href="{html.escape(env.brand.privacy_url)}">{words}</a>' if env.brand.privacy_url else ""
        return [line for line in (env.words(block.get("note")), who, privacy) if line]

    def why_words(self, block: BlockDict) -> str:
        own = str(block.get("why") or "").strip()
        return own or _("You get this mail because you subscribed to “{{ campaign.topic }}”.")

    def why(self, block: BlockDict, env: CompileEnv) -> str:
        return env.words(self.why_words(block))

    def personal_links(self) -> str:
        leave, choose, web = (
            _("Leave this list"),
            _("Choose what you get, and what is measured"),
            _("Read in the browser"),
        )
        links = (
            f'<a href="{{{{ links.unsubscribe }}}}" style="font-weight:600">{html.escape(leave)}</a>',
            f'<a href="{{{{ links.preferences }}}}">{html.escape(choose)}</a>',
            f'<a href="{{{{ links.web }}}}">{html.escape(web)}</a>',
        )
        return " &nbsp;·&nbsp; ".join(links)

    def framed(self, lines: list[str]) -> str:
        words = "".join(f'<p style="margin:0 0 8px">{line}</p>' for line in lines)
        text = f'<mj-text font-size="14px" color="#5f5b6b" align="center" css-class="small">{words}</mj-text>'
        return f'<mj-section padding="16px 8px 24px" css-class="small"><mj-column>{text}</mj-column></mj-section>'


BLOCKS: list[Block] = [Footer()]
