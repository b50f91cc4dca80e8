"""The ready-made automatic mails of this floor: what one asked for oneself, the welcome, the birthday.

confirmed(ann)      # hook of settings.CONFIRMED_HOOKS: her welcome, where it is switched on
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _

from campaigns.delivery import automatic, pacing
from campaigns.delivery.automatic import Cause, Kind
from campaigns.models import Automation
from contacts.models import Brand, Contact, Subscription
from contacts.segments.expressions import AttributeValue

MORNING = 9  # hour of the person's own day from which on she is congratulated
BIRTHDAY = "birthday"  # name of the attribute


def confirmed(contact: Contact) -> None:
    """Take note that this contact confirmed: of each topic with a welcome she gets it once, ever."""
    for row in automatic.switched_on("welcome", None):
        held = Subscription.objects.filter(contact=contact, topic=row.topic, state=Subscription.State.SUBSCRIBED)
        if held.exists():
            automatic.cause("welcome", contact, key=f"welcome:{row.brand_id}:{contact.pk}", brand=row.brand)


def birthdays(row: Automation, now: datetime) -> Iterator[Cause]:
    """Find the subscribers whose birthday is `row.days` days from today, from nine o'clock of their own day on."""
    days = {(now + timedelta(days=shift)).date() for shift in (-1, 0, 1)}  # it is one of these somewhere on earth
    endings = {end for day in days for end in _endings(day + timedelta(days=row.days))}
    people = Contact.objects.filter(
        subscriptions__topic=row.topic, subscriptions__state="subscribed", email__isnull=False, merged_into=None
    )
    born = people.annotate(ending=Right(AttributeValue(BIRTHDAY, "date"), 6)).filter(ending__in=endings)
    yield from automatic.without_notice(_of_today(born.order_by("pk").iterator(2000), row, now))


def _endings(day: date) -> list[str]:
    found = [f"{day:-%m-%d}"]
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        found.append("-02-29")
    return found


def _of_today(people: Iterable[Any], row: Automation, now: datetime) -> Iterator[Cause]:
    for contact in people:
        local = now.astimezone(pacing.zone_of(contact.time_zone))
        day = local.date() + timedelta(days=row.days)
        if local.hour >= MORNING and contact.ending in _endings(day):
            yield Cause(contact, f"birthday:{row.brand_id}:{contact.pk}:{day.year}")


def _link(brand: Brand, language: str) -> dict[str, Any]:
    return {"url": settings.SITE_URL}


def _weekly(row: Automation, now: datetime) -> Iterator[Cause]:
    from campaigns.reports import weekly  # the reports read what delivery wrote

    return weekly.due(row, now)


def _this_week(brand: Brand, language: str) -> dict[str, Any]:
    from campaigns.reports import weekly

    return weekly.sample(brand, language)


AUTOMATIC = [
    Kind(
        "confirm_subscription",
        _("Confirm the subscription"),
        _("When somebody signs up: one press, and she is in. Without it nobody who signs up is written to."),
        is_service=True,
    ),
    Kind("welcome", _("Welcome"), _("When somebody confirmed her subscription to the topic; once a person.")),
    Kind(
        "birthday",
        _("Birthday"),
        _("On the birthday, from nine in the morning of her own day; where the attribute “birthday” is known."),
        days_say=_("days before the birthday"),
        find=birthdays,
    ),
    Kind(
        "your_data",
        _("The link to one's own data"),
        _("When somebody asks for her data, to change her address, or to be forgotten."),
        is_service=True,
        sample=_link,
    ),
    Kind(
        "weekly_report",
        _("The week on one page, for the team"),
        _("On Monday at seven, to those of the team who asked for it under Reports."),
        is_service=True,
        find=_weekly,
        sample=_this_week,
    ),
    Kind(
        "last_message",
        _("The last message before a silent person is forgotten"),
        _("A month before a person of whom nothing was heard for years is forgotten."),
        is_service=True,
    ),
]
