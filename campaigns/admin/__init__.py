"""The pages of the admin for campaigns, one module per room; each owner keeps its own."""

from campaigns.admin import automatic, campaign, content, delivery, events, pace

__all__ = ["automatic", "campaign", "content", "delivery", "events", "pace"]
