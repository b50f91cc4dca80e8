"""Blocks: what a mail is made of. One in a body is a plain dict: `{"id": "b1", "type": "text", "html": "<p>Hi</p>"}`.

A kind of block is one instance of `Block`, listed as `BLOCKS` in a module of `settings.EMAIL_BLOCKS`:

    class Cheer(Block):
        kind, label = "cheer", _("cheer")
        defaults = {"text": "Hurrah"}

        def mjml(self, block, env):
            return f"<mj-section><mj-column><mj-text>{env.words(block['text'])}</mj-text></mj-column></mj-section>"

        def text(self, block, env):
            return block["text"]

    BLOCKS = [Cheer()]

MJML and text may hold the merge language. What differs per contact and is not a field of hers is a *value* of the
block: write `{{ b.<id>.code }}` (`env.value(block, "code")`) and return `{"code": …}` per recipient from `values`,
for the whole batch at once.
"""

from __future__ import annotations

import html
import importlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from django.conf import settings
from django.utils.functional import Promise

from campaigns.content.findings import Finding
from campaigns.content.recipients import Recipient
from campaigns.content.tags import around_tags

if TYPE_CHECKING:
    from campaigns.models import Campaign, Image
    from contacts.models import Brand

Audience = Literal["self", "friend", "public"]
Scope = Literal["public", "personal", "friend"]
BlockDict = dict[str, Any]

BUILT_IN = ("campaigns.content.standard", "campaigns.content.selling", "campaigns.content.footer")


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a block's form in the editor.

    `kind`: line, text, rich, url, image, choice, number, flag, offer, segment, network.
    """

    name: str
    label: str | Promise
    kind: str = "line"
    help: str | Promise = ""
    choices: tuple[tuple[str, str | Promise], ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class CompileEnv:
    """Everything a block may know while it is compiled: once per version, language and audience, never per contact."""

    brand: Brand
    language: str
    campaign: Campaign | None = None
    audience: Audience = "self"
    images: dict[int, Image] = field(default_factory=dict)

    @property
    def is_transactional(self) -> bool:
        """Say whether the mail is a service that an event sends: it then needs no way to leave a topic."""
        return self.campaign is not None and self.campaign.is_service

    def words(self, text: Any) -> str:
        """Return a marketer's plain text as safe HTML, line breaks kept, with its merge tags left as they are."""
        return around_tags(str(text or ""), lambda part: html.escape(part).replace("\n", "<br />"))

    def attribute(self, text: Any) -> str:
        """Return a marketer's text for use between the quotes of an MJML attribute, merge tags left as they are."""
        return around_tags(str(text or ""), html.escape)

    def value(self, block: BlockDict, name: str) -> str:
        """Return the merge tag that stands for a value which `values` gives per recipient."""
        return f"{{{{ b.{block['id']}.{name} }}}}"

    def image_url(self, image_id: Any, width: int = 600) -> str:
        """Return the absolute address of a picture sharp at `width` pixels of the mail; '' when it is gone."""
        image = self.images.get(image_id) if isinstance(image_id, int) else None
        return absolute(image.url_for(width)) if image else ""

    def logo_url(self) -> str:
        """Return the absolute address of the brand's logo; '' when it has none."""
        return absolute(self.brand.logo.url) if self.brand.logo else ""


class Block(ABC):
    """A kind of block. Override what differs; the defaults describe a block that is the same for everybody.

    `scope` says what friends and public pages see: `public` blocks as they are, of `personal` and `friend`
    ones only `friend_mjml`, where '' leaves the block out.
    """

    kind: ClassVar[str] = ""
    label: ClassVar[str | Promise] = ""
    scope: ClassVar[Scope] = "public"
    defaults: ClassVar[dict[str, Any]] = {}
    fields: ClassVar[tuple[Field, ...]] = ()
    icon: ClassVar[str] = "widgets"  # a Material Symbols name, shown in the editor
    stands_below: ClassVar[bool] = False  # under the card, on the mail's paper: the footer
    value_names: ClassVar[tuple[str, ...]] = ()  # what `values` returns; other names after b.<id>. are an error

    def check(self, block: BlockDict, where: str) -> list[Finding]:
        """Return what is wrong with the block itself; merge names, links and sizes are checked by others."""
        return []

    @abstractmethod
    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        """Return the block as whole `<mj-section>`s."""

    def text(self, block: BlockDict, env: CompileEnv) -> str:
        """Return the block as plain text, with the same addresses as its MJML."""
        return ""

    def friend_mjml(self, block: BlockDict, env: CompileEnv) -> str:
        """Return what friends and public pages see instead: no code, QR, points or name; '' leaves the block out."""
        return self.mjml(block, env) if self.scope == "public" else ""

    def friend_text(self, block: BlockDict, env: CompileEnv) -> str:
        """Return the plain text beside `friend_mjml`."""
        return self.text(block, env) if self.scope == "public" else ""

    def fills_width(self, block: BlockDict) -> bool:
        """Say whether it reaches both edges of the card: as the first block it then touches the top too."""
        return False

    def values(self, block: BlockDict, campaign: Campaign, recipients: Sequence[Recipient]) -> list[dict[str, Any]]:
        """Return one dict per recipient, in their order. One call a batch: a constant number of queries, no writes."""
        return [{} for _ in recipients]

    def sample(self, block: BlockDict, env: CompileEnv) -> dict[str, Any]:
        """Return believable values for a preview, without a campaign and without any query per contact."""
        return {name: name for name in self.value_names}

    def state(self, block: BlockDict) -> str:
        """Return what rows it shows look like now: when that changes, the mail is compiled again. One query or two."""
        return ""

    def valid_until(self, block: BlockDict) -> datetime | None:
        """Return when what the block promises ends; the campaign sends nothing after the earliest."""
        return None

    def references(self, block: BlockDict) -> list[tuple[str, int]]:
        """Return the rows it needs as (`app.Model`, id); they are checked on save."""
        return []


class Gone(Block):
    """Stands for a block whose kind is not installed any more: it can be taken out, and nothing of it goes out."""

    def mjml(self, block: BlockDict, env: CompileEnv) -> str:
        """Return nothing."""
        return ""


def absolute(url: str) -> str:
    """Return an address of this site with its origin, as mails need it."""
    return url if url.startswith(("http://", "https://")) else settings.SITE_URL + url


@cache
def registry() -> dict[str, Block]:
    """Return every kind of block by name: ours, then those of `settings.EMAIL_BLOCKS`. Loaded once."""
    modules = dict.fromkeys((*BUILT_IN, *settings.EMAIL_BLOCKS))
    blocks: list[Block] = [block for name in modules for block in importlib.import_module(name).BLOCKS]
    return {block.kind: block for block in blocks}
