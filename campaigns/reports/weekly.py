"""The week on one page, mailed on Monday to whoever of the team wants it.

    begin(user)                          # she gets it from next Monday on; end(user) stops it
    payload(brand, "fr", now)            # what the mail says: {"week": …, "rows": [{"name": …, "told": …}]}

It is the ready-made automatic mail `weekly_report`: its words can be changed like any other's, each brand has its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaigns.delivery.automatic import Cause
from campaigns.models import Automation, Campaign, WeeklyReader
from campaigns.reports import summary, words
from contacts import identities
from contacts.models import Brand, Subscription

WEEK = timedelta(days=7)
MORNING = 7  # hour of Monday, by the site's clock
MOST = 8  # campaigns on the page


class NoAddress(ValueError):
    """Who has no address cannot be written to."""


def begin(user: User, language: str) -> WeeklyReader:
    """Let one of the team get the page, in her language, from next Monday on.

    Writes:  WeeklyReader; a contact with her address where there is none, subscribed to nothing.
    Raises:  NoAddress.
    """
    if not user.email:
        raise NoAddress(_("Your user has no e-mail address yet. Ask whoever manages the team to add it."))
    contact, _is_new = identities.find_or_create(
        user.email, first_name=user.first_name, language=language[:2], source="team"
    )
    return WeeklyReader.objects.get_or_create(user=user, defaults={"contact": contact})[0]


def end(user: User) -> None:
    """Send no more of it to her."""
    WeeklyReader.objects.filter(user=user).delete()


def reads(user: User) -> bool:
    """Say whether she gets it."""
    return WeeklyReader.objects.filter(user=user).exists()


def due(row: Automation, now: datetime) -> Iterator[Cause]:
    """Find the readers on Monday from seven o'clock on; the key names the week, so each gets it once."""
    local = timezone.localtime(now)
    if local.weekday() != 0 or local.hour < MORNING:
        return
    week = f"{local:%G-%V}"
    readers = WeeklyReader.objects.filter(user__is_active=True, user__is_staff=True).select_related("contact")
    for reader in readers.order_by("pk"):
        told = payload(row.brand, reader.contact.language, now)
        yield Cause(reader.contact, f"weekly_report:{row.brand_id}:{reader.pk}:{week}", told)


def payload(brand: Brand, language: str, now: datetime) -> dict[str, Any]:
    """Return the brand's last seven days in words.

    Reads:   Campaign, the rollups of at most MOST campaigns, Subscription counts.
    """
    since = now - WEEK
    sent = Campaign.objects.filter(topic__brand=brand, kind=Campaign.Kind.CAMPAIGN, started_at__gte=since)
    moved = Subscription.objects.filter(topic__brand=brand)
    with override(language or brand.default_language or settings.LANGUAGE_CODE):
        first, last = (date_format(timezone.localtime(at), "j F") for at in (since, now))
        rows = [_told(row) for row in summary.of_many(list(sent.order_by("-started_at")[:MOST]))]
        return {
            "week": _("%(first)s to %(last)s") % {"first": first, "last": last},
            "rows": rows,
            "is_quiet": not rows,
            "joined": words.number(moved.filter(state="subscribed", subscribed_at__gte=since).count()),
            "left": words.number(moved.filter(state="unsubscribed", unsubscribed_at__gte=since).count()),
            "url": settings.SITE_URL + reverse("admin:campaigns_report_list"),
        }


def _told(row: summary.Row) -> dict[str, str]:
    said = [_("%(n)s sent") % {"n": row.sent_text}]
    if row.opened.of:
        said.append(_("opened: %(rate)s") % {"rate": row.opened_text})
    if row.clicked.of:
        said.append(_("clicked: %(rate)s") % {"rate": row.clicked_text})
    if row.shared:
        said.append(_("%(n)s pressed share") % {"n": words.number(row.shared)})
    if row.bought:
        said.append(_("%(n)s bought") % {"n": words.number(row.bought)})
    return {"name": row.campaign.name, "told": " · ".join(said)}


def sample(brand: Brand, language: str) -> dict[str, Any]:
    """Return what the mail says when it is tried: this week, as far as it is known."""
    return payload(brand, language, timezone.now())
