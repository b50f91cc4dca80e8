"""Where the rows behind a number are shown: the lists of the desk, filtered; '' where no desk is served."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from campaigns.models import Campaign


def deliveries_url(campaign: Campaign, **filters: object) -> str:
    """Return the list of the campaign's mails with these lookups."""
    return _list("delivery", campaign__id__exact=campaign.pk, **filters)


def events_url(campaign: Campaign, **filters: object) -> str:
    """Return the list of the campaign's hits and acts with these lookups."""
    return _list("event", campaign__id__exact=campaign.pk, **filters)


def people_url(campaign: Campaign, kind: str, *, link: int | None = None) -> str:
    """Return the page of the people behind a number."""
    try:
        page = reverse("admin:campaigns_report_people", args=[campaign.pk, kind])
    except NoReverseMatch:
        return ""
    return page if link is None else f"{page}?link={link}"


def _list(model: str, **filters: object) -> str:
    try:
        page = reverse(f"admin:campaigns_{model}_changelist")
    except NoReverseMatch:
        return ""
    return f"{page}?{urlencode(filters)}"
