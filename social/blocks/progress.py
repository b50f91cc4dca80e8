"""How many friends came through this contact, and how far it is to the goal: words first, a bar of table cells beside.

    {"id": "b8", "type": "progress", "goal": 3, "reward": "a bag of the autumn roast"}

No picture is loaded for it, so looking at it writes nothing. Friends and public pages do not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.content.blocks import Block, BlockDict, CompileEnv, Field
from campaigns.content.findings import Finding
from campaigns.content.recipients import Recipient
from campaigns.content.standard import missing, pixels
from campaigns.models import Campaign
from social.models import Referral

MOST = 1_000  # friends a goal may ask for


class Progress(Block):
    kind, label, scope, icon = "progress", gettext_lazy("Referral progress"), "personal", "trending_up"
    value_names = ("friends", "left", "percent", "rest")
    defaults: ClassVar[dict[str, Any]] = {"goal": 3, "reward": "", "title": ""}
    fields = (
        Field("goal", gettext_lazy("Friends to bring"), "number", required=True),
        Field("reward", gettext_lazy("What she gets then"), required=True),
        Field("title", gettext_lazy("Heading"), "line", gettext_lazy("empty = “Your friends so far”")),
    )

    def goal(self, block: BlockDict) -> int:
        return max(1, pixels(block.get("goal"), 3, MOST))

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        if str(block.get("reward") or "").strip():
            return []
        return missing(_("The progress does not say what it leads to."), where)

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        percent, rest = env.value(block, "percent"), env.value(block, "rest")
        cell = "height:14px;line-height:14px;font-size:1px"
        bar = (
            '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
            f'<td width="{percent}%" bgcolor="{env.brand.colour_accent}" style="{cell}">&nbsp;</td>'
            f'<td width="{rest}%" bgcolor="#e6e2ea" style="{cell}">&nbsp;</td></tr></table>'
        )
        title = env.words(self.title(block))
        return (
            '<mj-section css-class="ink"><mj-column>'
            f'<mj-text padding="16px 24px 0" font-size="18px" font-weight="700">{title}</mj-text>'
            f'<mj-text padding="4px 24px">{self._sentence(block, env.words(block.get("reward")))}</mj-text>'
            f'<mj-text padding="4px 24px 16px">{bar}</mj-text></mj-column></mj-section>'
        )

    def title(self, block: BlockDict) -> str:
        return str(block.get("title") or "").strip() or _("Your friends so far")

    def _sentence(self, block: BlockDict, reward: str) -> str:
        friends, left = (f"{{{{ b.{block['id']}.{name} }}}}" for name in ("friends", "left"))
        named = {"friends": friends, "goal": self.goal(block), "left": left, "reward": reward}
        more = _("%(friends)s of %(goal)s friends came. %(left)s to go: %(reward)s.") % named
        done = _("%(friends)s of %(goal)s friends came: %(reward)s is yours.") % named
        return f"{{% if b.{block['id']}.left > 0 %}}{more}{{% else %}}{done}{{% endif %}}"

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        return f"{self.title(block)}\n{self._sentence(block, str(block.get('reward') or ''))}"

    def values(self, block: BlockDict, campaign: Campaign, recipients: Sequence[Recipient]) -> list[dict[str, Any]]:
        """Return each contact's approved friends of the first generation. One query a batch."""
        people = [one.contact_id for one in recipients]
        approved = Referral.objects.filter(sponsor__in=people, generation=1, state=Referral.State.APPROVED)
        counts = dict(approved.values_list("sponsor").annotate(n=Count("pk")).values_list("sponsor", "n"))
        return [self._of(counts.get(person, 0), self.goal(block)) for person in people]

    def sample(self, block: BlockDict, env: CompileEnv) -> dict[str, Any]:
        goal = self.goal(block)
        return self._of(max(0, goal - 1), goal)

    def _of(self, friends: int, goal: int) -> dict[str, Any]:
        percent = min(100, friends * 100 // goal)
        return {"friends": friends, "left": max(0, goal - friends), "percent": percent, "rest": 100 - percent}


BLOCKS: list[Block] = [Progress()]
