"""The share bar of a mail: words and icons, every link ours. A tap opens our page; only a press there counts.

    {"id": "b6", "type": "share", "title": "", "reason": "Your friends get 20 % too", "text": "Look at this",
     "share_title": "", "networks": ["whatsapp", "facebook", "email"]}

Friends and public pages do not show it: its links belong to one contact. The friend's page has its own way to share on.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field
from campaigns.content.findings import Finding
from campaigns.content.recipients import Recipient
from campaigns.models import Campaign
from campaigns.tracking import tokens
from campaigns.tracking.tokens import Purpose
from social import sharing
from social.networks import registry
from social.sharing import Offered

IN_A_MAIL = 5  # buttons; the rest is one tap away on the page
PRESS_FOR_REWARD = re.compile(
    r"\b(share|post|like|tag|follow)\b[^.!?]*\b(and|to)\s+(win|get|earn|receive)\b"
    r"|\b(partagez|publiez|aimez|likez|taguez)\b[^.!?]*\b(et|pour)\s+(gagne|recev|obten|remport)",
    re.IGNORECASE,
)
STAYS_ON_PAGE = ("copy", "sheet")  # kinds that make no sense as a button of a mail

PILL = (
    "display:inline-block;padding:9px 14px 9px 10px;margin:4px 6px 4px 0;border:1px solid #8a8597;border-radius:10px;"
    "color:#1d1b26;background-color:#ffffff;text-decoration:none;font-size:15px;line-height:24px;font-weight:600;white-space:nowrap"
)
ICON = "display:inline-block;vertical-align:middle;border:0;margin-right:8px;border-radius:5px"


class ShareBar(Block):
    kind, label, scope, icon = "share", gettext_lazy("Share bar"), "personal", "share"
    value_names = ("url",)
    defaults: ClassVar[dict[str, Any]] = {
        "title": "",
        "reason": "",
        "text": "",
        "share_title": "",
        "topic": "",
        "networks": [],
    }
    fields = (
        Field(
            "reason", gettext_lazy("Reason to share"), "line", gettext_lazy("what friends get out of it"), required=True
        ),
        Field("title", gettext_lazy("Heading"), "line", gettext_lazy("empty = “Share with friends”")),
        Field("text", gettext_lazy("Words to share"), "text", gettext_lazy("she can change them; empty = the title")),
        Field("share_title", gettext_lazy("Title friends see"), "line", gettext_lazy("empty = the mail's subject")),
        Field(
            "topic",
            gettext_lazy("Topic"),
            "line",
            gettext_lazy("for the report of what they relay; readers never see it"),
        ),
        Field("networks", gettext_lazy("Networks"), "network", gettext_lazy("empty = the brand's first five")),
    )

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        found = []
        if not str(block.get("reason") or "").strip():
            remedy = _("Say in one line what friends get out of it: useful, fun, an advantage, a good cause.")
            found.append(Finding("error", "share.reason", _("The share bar gives no reason to share."), remedy, where))
        for key in block.get("networks") or []:
            found += self._check_network(str(key), where)
        return found + self._check_reward(block, where)

    def _check_reward(self, block: BlockDict, where: str) -> list[Finding]:
        """Find words that reward the press itself, which the rules of several networks forbid."""
        said = " ".join(str(block.get(name) or "") for name in ("reason", "title"))
        if not PRESS_FOR_REWARD.search(said):
            return []
        keys = [str(key) for key in block.get("networks") or []]
        shown = [one for key, one in registry.networks().items() if (not keys or key in keys) and not one.is_retired]
        forbid = [one.name for one in shown if one.reward.press == "forbidden"]
        message = _("The share bar promises something for the press of a button.")
        remedy = _("Promise it for friends who sign up or buy.")
        if forbid:
            remedy += " " + _("Forbidden by: %(names)s.") % {"names": ", ".join(forbid)}
        return [Finding("error" if forbid else "warning", "share.rewarded_press", message, remedy, where)]

    def _check_network(self, key: str, where: str) -> list[Finding]:
        network = registry.networks().get(key)
        if network is None:
            remedy = _("Choose from: %(names)s.") % {"names": ", ".join(registry.networks())}
            return [
                Finding("error", "share.network", _("There is no network “%(key)s”.") % {"key": key}, remedy, where)
            ]
        if network.is_retired:
            message = _("%(network)s is closed; its button is left out.") % {"network": network.name}
            return [Finding("warning", "share.retired", message, _("Choose another network."), where)]
        return []

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        links = "".join(self._pill(block, env, one) for one in self.shown(block, env)) + self._more(block, env)
        reason = env.words(block.get("reason"))
        reason = f'<mj-text padding="2px 24px 4px" font-size="15px">{reason}</mj-text>' if reason else ""
        title = env.words(self.title(block))
        return (
            '<mj-section css-class="ink"><mj-column>'
            f'<mj-text padding="16px 24px 0" font-size="18px" font-weight="700">{title}</mj-text>'
            f'{reason}<mj-text padding="6px 24px 14px">{links}</mj-text></mj-column></mj-section>'
        )

    def title(self, block: BlockDict) -> str:
        return str(block.get("title") or "").strip() or _("Share with friends")

    def shown(self, block: BlockDict, env: CompileEnv) -> list[Offered]:
        """Return the networks with a button of their own."""
        wanted = [str(key) for key in block.get("networks") or []]
        offered = sharing.offered(env.brand, env.language, wanted, campaign=env.campaign)
        return [one for one in offered if one.network.kind not in STAYS_ON_PAGE][:IN_A_MAIL]

    def _pill(self, block: BlockDict, env: CompileEnv, one: Offered) -> str:
        picture = f"{settings.SITE_URL}/{settings.STATIC_URL.strip('/')}/fanfare/icons/{one.key}.png"
        icon = f'<img src="{picture}" alt="" width="22" height="22" style="{ICON}" />'
        return f'<a href="{self.address(block, env, one.key)}" style="{PILL}">{icon}{html.escape(one.label)}</a> '

    def _more(self, block: BlockDict, env: CompileEnv) -> str:
        style = PILL.replace("9px 14px 9px 10px", "9px 14px")
        more = _("More…")
        return f'<a href="{self.address(block, env)}" style="{style}">{more}</a>'

    def address(self, block: BlockDict, env: CompileEnv, network: str = "") -> str:
        """Return where a button leads: our share page with this network first, and this bar's words."""
        path = f"/{network}" if network else ""
        return f"{env.value(block, 'url')}{path}?b={html.escape(str(block.get('id', '')))}"

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        reason = str(block.get("reason") or "").strip()
        return "\n".join(filter(None, (reason, f"{self.title(block)}: {self.address(block, env)}")))

    def values(self, block: BlockDict, campaign: Campaign, recipients: Sequence[Recipient]) -> list[dict[str, Any]]:
        """Return each contact's share page; a service she asks for, so it is hers with or without measurement."""
        make = tokens.codec().make
        return [
            {"url": tokens.url(Purpose.SHARE, make(Purpose.SHARE, campaign.pk, recipient.delivery_id))}
            for recipient in recipients
        ]

    def sample(self, block: BlockDict, env: CompileEnv) -> dict[str, Any]:
        return {"url": "#share"}


BLOCKS: list[Block] = [ShareBar()]
