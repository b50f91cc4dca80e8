"""The mail as a web page: for its reader, for her friends, for everybody."""

from __future__ import annotations

from campaigns.content.blocks import Audience
from campaigns.models import Campaign, Delivery


def html(
    campaign: Campaign, *, delivery: Delivery | None = None, language: str = "", audience: Audience = "public"
) -> str:
    """Return the whole HTML page of the mail, to be shown sandboxed. Only audience `self` needs and uses a delivery.

    `public` and `friend` pages hold no name, code, QR, points and no personal token.
    """
    raise NotImplementedError
