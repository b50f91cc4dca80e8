"""The ready-made campaign that asks people whether their opens and clicks may be measured, and what came of it.

campaign = compose(letters, by=request.user)     # a draft: no pixel, no measured link, one button to the choices page
refuse_too_soon(campaign)                        # raises TooSoon within six months of the last one
section(campaign)                                # → who agreed, by the source she came from; named in REPORT_SECTIONS

Source: CNIL, deliberation 2026-042: the mail that asks carries no pixel, boxes are unticked and one per purpose, and
who has not agreed is not asked again for six months.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from campaigns import composing
from campaigns.content import starters
from campaigns.delivery.control import Refused
from campaigns.models import Campaign, Delivery
from campaigns.reports.shapes import Column, Rate, Section, Table, Value
from contacts import manners
from contacts.models import Consent, Segment, Topic

TRIGGER = "ask_consent"
GAP = timedelta(days=183)  # six months
ASKED_FOR = (Consent.Purpose.OPEN_TRACKING, Consent.Purpose.CLICK_TRACKING)
SOURCES = 20  # rows of the report


class TooSoon(Refused):
    """This brand asked less than six months ago."""


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
    """Refuse to start a campaign that asks for consent within six months of another of its brand.

    Raises:  TooSoon with the day from which it may start; Refused when the mail would measure somebody.
    """
    if campaign.trigger != TRIGGER or campaign.kind != Campaign.Kind.CAMPAIGN or campaign.topic is None:
        return
    if campaign.tracking != Campaign.Tracking.NONE:
        raise Refused(_("A mail that asks for consent measures nothing. Set its measurement to “nothing”."))
    _refuse(campaign.topic, campaign)


def _refuse(topic: Topic, campaign: Campaign | None) -> None:
    last = asked_at(topic, campaign)
    if last is not None and last + GAP > manners.database_now():
        raise TooSoon(
            _("%(brand)s asked for consent on %(day)s. Nobody is asked again for six months: wait until %(until)s.")
            % {"brand": topic.brand, "day": f"{last:%Y-%m-%d}", "until": f"{last + GAP:%Y-%m-%d}"}
        )


def asked_at(topic: Topic, but: Campaign | None = None) -> datetime | None:
    """Return when the brand last began to ask for consent, None when it never did."""
    others = Campaign.objects.filter(trigger=TRIGGER, topic__brand=topic.brand_id, started_at__isnull=False)
    last = others.exclude(pk__in=[but.pk] if but else []).order_by("-started_at").first()
    return last.started_at if last else None


def section(campaign: Campaign) -> Section | None:
    """Return who was asked and who agreed, by the source people came from; None for any other campaign.

    Reads:   Delivery of the campaign; Consent rows whose evidence names it.
    """
    if campaign.trigger != TRIGGER or campaign.kind != Campaign.Kind.CAMPAIGN:
        return None
    asked = Delivery.objects.filter(campaign=campaign, state=Delivery.State.SENT, contact__isnull=False)
    n_asked = _by_source(asked, "contact__source")
    agreed = {purpose: _by_source(_given(campaign, purpose), "contact__source") for purpose in ASKED_FOR}
    rows: list[list[Value]] = [
        [source or "—", n, *(Rate(agreed[purpose][source], n) for purpose in ASKED_FOR)]
        for source, n in n_asked.most_common(SOURCES)
    ]
    columns = [
        Column(_("source"), "text"),
        Column(_("asked"), "number"),
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
