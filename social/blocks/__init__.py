"""The blocks that the upper floor adds to mails: share bar, offer card, QR code, pages to follow, referral progress.

Named in settings.EMAIL_BLOCKS.
"""

from __future__ import annotations

from campaigns.content.blocks import Block
from social.blocks import follow, offer, progress, qr, share

BLOCKS: list[Block] = [*share.BLOCKS, *offer.BLOCKS, *qr.BLOCKS, *follow.BLOCKS, *progress.BLOCKS]
