"""The blocks that the upper floor adds to mails, named in settings.EMAIL_BLOCKS.

Share bar, offer card, QR code, pages to follow, referral progress.
"""

from __future__ import annotations

from campaigns.content.blocks import Block
from social.blocks import follow, offer, progress, qr, share

BLOCKS: list[Block] = [*share.BLOCKS, *offer.BLOCKS, *qr.BLOCKS, *follow.BLOCKS, *progress.BLOCKS]
