"""The tables of the middle floor: what we sent, and what happened. Import from `campaigns.models`."""

from campaigns.models.approval import ApprovalStep
from campaigns.models.automation import Automation
from campaigns.models.campaign import AudienceExclusion, Campaign, Link, LinkTarget
from campaigns.models.content import ContentBody, ContentVersion, EmailContent, Image, Sender
from campaigns.models.delivery import Delivery, OutboxMail, RelayState, SendingHold, TokenBucket
from campaigns.models.event import (
    ConsentVisit,
    Engagement,
    Event,
    HourlyTotal,
    LinkEngagement,
    SpoolFile,
    Tally,
    WeeklyReader,
)
from campaigns.models.pace import PaceRule, RelayPace, SentCount

__all__ = [
    "ApprovalStep",
    "AudienceExclusion",
    "Automation",
    "Campaign",
    "ConsentVisit",
    "ContentBody",
    "ContentVersion",
    "Delivery",
    "EmailContent",
    "Engagement",
    "Event",
    "HourlyTotal",
    "Image",
    "Link",
    "LinkEngagement",
    "LinkTarget",
    "OutboxMail",
    "PaceRule",
    "RelayPace",
    "RelayState",
    "Sender",
    "SendingHold",
    "SentCount",
    "SpoolFile",
    "Tally",
    "TokenBucket",
    "WeeklyReader",
]
