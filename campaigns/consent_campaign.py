"""The ready-made campaign that asks people whether their opens and clicks may be measured, and what came of it.

campaign = compose(letters, by=request.user)     # a draft: no pixel, no measured link, one button to the choices page
refuse_too_soon(campaign)                        # raises TooSoon when all of them were asked within six months
section(campaign)                                # → who agreed, by the source she came from; named in REPORT_SECTIONS

Source: CNIL, deliberation 2026-042: the mail that asks carries no pixel, boxes are unticked and one per purpose, and
who has not agreed is not asked again for six months. That holds for each person, whichever brand asked her: the
audience leaves out who was asked lately, so people who came since may be asked sooner.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, QuerySet, Subquery
from django.utils.translation import gettext as _

from campaigns import composing
from campaigns.content import starters
from campaigns.delivery.audience import ASK_AGAIN, ASKS_CONSENT, asked_lately
from campaigns.delivery.control import Refused
from campaigns.models import Campaign, Delivery
from campaigns.reports.shapes import Column, Rate, Section, Table, Value
from contacts.models import Consent, Contact, Segment, Subscription, Topic

TRIGGER = ASKS_CONSENT
ASKED_FOR = (Consent.Purpose.OPEN_TRACKING, Consent.Purpose.CLICK_TRACKING)
SOURCES = 20  # rows of the report


class TooSoon(Refused):
    """Everybody was asked less than six months ago."""


def compose(topic: Topic, by: User | str) -> Campaign:
    """Return a draft to the topic's subscribers who have not agreed to both measurements.

    Writes:  Campaign (measures nothing), its mail, the segment "Not agreed to measurement yet" when it is missing.
    Raises:  TooSoon; Incomplete, as `composing.compose`.
    """
    _refuse(topic, None)
    with transaction.atomic():
        return composing.compose(
            name=str(starters.STARTERS[TRIGGER].label),
            topic=topic,
            by=by,
            bodies=starters.bodies(TRIGGER, website=topic.brand.website),
            segments=[_unasked(topic)],
            trigger=TRIGGER,
            tracking=Campaign.Tracking.NONE,
        )


def _unasked(topic: Topic) -> Segment:
    agreed = [{"field": "consent", "op": "given", "value": purpose.value} for purpose in ASKED_FOR]
    rules = {"all": [{"field": "topic", "op": "subscribed", "value": topic.slug}, {"not": {"all": agreed}}]}
    name = _("Not agreed to measurement yet: %(topic)s") % {"topic": topic.name}
    held = Segment.objects.filter(name=name, archived_at=None).first()
    return held or Segment.objects.create(name=name, rules=rules)


def refuse_too_soon(campaign: Campaign) -> None:
    """Refuse to start a campaign that asks for consent when all its people were asked within six months.

    Raises:  TooSoon with the day from which it may start; Refused when the mail would measure somebody.
    """
    if campaign.trigger != TRIGGER or campaign.kind != Campaign.Kind.CAMPAIGN or campaign.topic is None:
        return
    if campaign.tracking != Campaign.Tracking.NONE:
        raise Refused(_("A mail that asks for consent measures nothing. Set its measurement to “nothing”."))
    _refuse(campaign.topic, campaign)


def _refuse(topic: Topic, campaign: Campaign | None) -> None:
    """Refuse when everybody who could be asked was asked, by whichever brand, less than six months ago."""
    people = Contact.objects.filter(
        subscriptions__topic=topic, subscriptions__state=Subscription.State.SUBSCRIBED, merged_into=None
    ).exclude(open_tracking_at__isnull=False, click_tracking_at__isnull=False)
    lately = asked_lately(campaign)
    first = Subquery(lately.order_by("created_at").values("created_at")[:1])
    asked = people.annotate(asked_first_at=first).filter(asked_first_at__isnull=False)
    since = asked.order_by("asked_first_at").values_list("asked_first_at", flat=True).first()
    if since is not None and not people.filter(~Exists(lately)).exists():
        raise TooSoon(
            _(
                "Everybody who could be asked for consent was asked since %(day)s. Nobody is asked again for six "
                "months: wait until %(until)s."
            )
            % {"day": f"{since:%Y-%m-%d}", "until": f"{since + ASK_AGAIN:%Y-%m-%d}"}
        )


def asked_at(topic: Topic, but: Campaign | None = None) -> datetime | None:
    """Return when the brand last began to ask for consent, None when it never did."""
    others = Campaign.objects.filter(trigger=TRIGGER, topic__brand=topic.brand_id, started_at__isnull=False)
    last = others.exclude(pk__in=[but.pk] if but else []).order_by("-started_at").first()
    return last.started_at if last else None


def section(campaign: Campaign) -> Section | None:
    """Return who was asked, how often the button was followed and who agreed, by the source people came from.

    None for any other campaign. Visits are a total: nothing says who came (`tracking.asked`).

    Reads:   Delivery of the campaign; ConsentVisit; Consent rows whose evidence names it.
    """
    if campaign.trigger != TRIGGER or campaign.kind != Campaign.Kind.CAMPAIGN:
        return None
    asked = Delivery.objects.filter(campaign=campaign, state=Delivery.State.SENT, contact__isnull=False)
    n_asked = _by_source(asked, "contact__source")
    visits = dict(campaign.consent_visits.values_list("source", "n"))
    agreed = {purpose: _by_source(_given(campaign, purpose), "contact__source") for purpose in ASKED_FOR}
    rows: list[list[Value]] = [
        [source or "—", n, visits.get(source, 0), *(Rate(agreed[purpose][source], n) for purpose in ASKED_FOR)]
        for source, n in n_asked.most_common(SOURCES)
    ]
    columns = [
        Column(_("source"), "text"),
        Column(_("asked"), "number"),
        Column(_("visits by the button"), "number"),
        *(Column(str(purpose.label), "rate") for purpose in ASKED_FOR),
    ]
    table = Table("consent_by_source", _("Who agreed, by source"), columns, rows)
    return Section(key="consent", title=_("Consent asked for"), tables=[table])


def _given(campaign: Campaign, purpose: str) -> QuerySet[Consent]:
    return Consent.objects.filter(
        purpose=purpose,
        is_given=True,
        method=Consent.Method.PREFERENCES,
        at__gte=campaign.started_at or campaign.created_at,
        evidence__campaign=campaign.pk,
        contact__isnull=False,
    )


def _by_source(rows: QuerySet[Delivery] | QuerySet[Consent], source: str) -> Counter[str]:
    return Counter(dict(rows.order_by().values_list(source).annotate(n=Count("contact", distinct=True))))
