"""The share bar of a mail."""

from __future__ import annotations

from campaigns.content.blocks import Block

BLOCKS: list[Block] = []
