"""Where else one finds the brand: its own pages on networks, as words with icons.

{"id": "b7", "type": "follow", "links": "https://www.instagram.com/maison\nhttps://bsky.app/profile/maison.example"}
"""

from __future__ import annotations

import html
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field
from campaigns.content.findings import Finding
from campaigns.content.standard import check_address, missing
from social.blocks.share import ICON, PILL
from social.networks import registry

# Where brands have pages, by the end of the host; the key is the registry's where it has an icon of it.
HOSTS = {
    **{"instagram.com": ("Instagram", ""), "tiktok.com": ("TikTok", ""), "youtube.com": ("YouTube", "")},
    **{"facebook.com": ("Facebook", "facebook"), "linkedin.com": ("LinkedIn", "linkedin")},
    **{
        "bsky.app": ("Bluesky", "bluesky"),
        "threads.net": ("Threads", "threads"),
        "threads.com": ("Threads", "threads"),
    },
    **{"pinterest.com": ("Pinterest", "pinterest"), "pinterest.fr": ("Pinterest", "pinterest"), "x.com": ("X", "x")},
    **{"t.me": ("Telegram", "telegram"), "tumblr.com": ("Tumblr", "tumblr"), "whatsapp.com": ("WhatsApp", "whatsapp")},
    "mastodon.social": ("Mastodon", "mastodon"),
}


class Follow(Block):
    kind, label, icon = "follow", gettext_lazy("Social follow"), "group_add"
    defaults: ClassVar[dict[str, Any]] = {"title": "", "links": ""}
    fields = (
        Field("links", gettext_lazy("Your pages"), "text", gettext_lazy("one address a line"), required=True),
        Field("title", gettext_lazy("Heading"), "line", gettext_lazy("empty = “Follow us”")),
    )

    def addresses(self, block: BlockDict) -> list[str]:
        return [line.strip() for line in str(block.get("links") or "").splitlines() if line.strip()]

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        addresses = self.addresses(block)
        if not addresses:
            return missing(_("No page to follow is named."), where)
        return [finding for one in addresses for finding in check_address(one, where, _("A page to follow"))]

    def named(self, address: str) -> tuple[str, str]:
        """Return the network's name and icon of an address; the host itself when it is no known network."""
        host = (urlsplit(address).hostname or address).removeprefix("www.")
        found = next((HOSTS[end] for end in HOSTS if host == end or host.endswith(f".{end}")), None)
        return found or (host, "")

    def title(self, block: BlockDict) -> str:
        return str(block.get("title") or "").strip() or _("Follow us")

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        links = "".join(self._pill(env, address) for address in self.addresses(block))
        title = env.words(self.title(block))
        return (
            '<mj-section css-class="ink"><mj-column>'
            f'<mj-text align="center" padding="16px 24px 0" font-weight="700">{title}</mj-text>'
            f'<mj-text align="center" padding="6px 24px 14px">{links}</mj-text></mj-column></mj-section>'
        )

    def _pill(self, env: CompileEnv, address: str) -> str:
        name, key = self.named(address)
        icon = ""
        if key in registry.networks():
            picture = f"{settings.SITE_URL}/{settings.STATIC_URL.strip('/')}/fanfare/icons/{key}.png"
            icon = f'<img src="{picture}" alt="" width="22" height="22" style="{ICON}" />'
        style = PILL if icon else PILL.replace("9px 14px 9px 10px", "9px 14px")
        return f'<a href="{env.attribute(address)}" style="{style}">{icon}{html.escape(name)}</a> '

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        lines = [f"- {self.named(address)[0]}: {address}" for address in self.addresses(block)]
        return "\n".join([self.title(block), *lines])


BLOCKS: list[Block] = [Follow()]
