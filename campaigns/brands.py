"""Under which brand a campaign speaks, in the mail and on every page behind it."""

from __future__ import annotations

from campaigns.models import Campaign
from contacts.models import Brand


def brand_of(campaign: Campaign) -> Brand | None:
    """Return the brand a campaign writes under: its content's, else its topic's, else its sender's, else the first."""
    for part in (campaign.content, campaign.topic, campaign.sender):
        if part is not None:
            return part.brand
    return Brand.objects.filter(archived_at=None).order_by("pk").first()
