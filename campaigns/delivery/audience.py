"""The audience: who of the chosen people may be written to, frozen into the ledger once.

count(campaign)      # → AudienceCount(reachable=12480, excluded={"suppressed": 31, "unsubscribed": 204})
snapshot(campaign)   # → 12480 rows QUEUED (and the control group's), resumable at any point
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models.functions import MD5, Cast, Coalesce, Concat, NullIf
from django.db.models.lookups import LessThan

from campaigns.models import AudienceExclusion, Campaign, Delivery
from contacts import manners, preferences
from contacts.models import Contact, Preference, Subscription, Suppression

logger = logging.getLogger(__name__)
Reason = AudienceExclusion.Reason

SINCE, UNTIL = -(2**62) - 1, -(2**62)  # stand for a range's ends in a compiled query; no value is ever so
ASKS_CONSENT = "ask_consent"  # the trigger of campaigns.consent_campaign
ASK_AGAIN = timedelta(days=183)  # six months. Source: CNIL, deliberation 2026-042
PEOPLE_PER_STEP = {"sqlite": 10_000, "postgresql": 50_000}  # a step holds SQLite's lock about 20 ms


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """How many people a start would write to (control group included), and how many are left out, by reason."""

    reachable: int
    excluded: dict[str, int] = field(default_factory=dict)


def count(campaign: Campaign) -> AudienceCount:
    """Count the audience as a snapshot would take it now. Writes nothing."""
    found = by_reason(sorted_out(campaign, candidates(campaign)))
    return AudienceCount(found.pop("", 0), dict(found))


def agreed_to_tracking(campaign: Campaign) -> tuple[int, int]:
    """Return of how many people a snapshot taken now would measure opens and clicks one by one; the rest is a crowd."""
    if campaign.tracking != Campaign.Tracking.CONSENT:
        return 0, 0
    found = mailable(campaign, candidates(campaign)).aggregate(
        opens=Count("pk", filter=Q(open_tracking_at__isnull=False)),
        clicks=Count("pk", filter=Q(click_tracking_at__isnull=False)),
    )
    return found["opens"], found["clicks"]


def snapshot(campaign: Campaign) -> int:
    """Freeze the campaign's audience into Delivery rows and return how many were added.

    Reads:   contacts of its segments (of all its topic's subscribers when it has none), from `audience_cursor` on.
    Writes:  Delivery (QUEUED, or CONTROL for the holdout), AudienceExclusion by reason, the cursor: one transaction a
             key range.
    Safe to repeat and to run twice at once: (campaign, contact) is unique and the cursor moves only from where it was
    read.
    """
    added = 0
    step = PEOPLE_PER_STEP.get(connection.vendor, 10_000)
    asked = Asked.of(campaign)
    while True:
        campaign.refresh_from_db(fields=["audience_cursor", "audience_at"])
        if campaign.audience_at is not None:
            return added
        since = campaign.audience_cursor
        until = end_of_range(since, step)
        if until is None:
            close(campaign)
            return added
        added += snapshot_range(campaign, since, until, asked)


@dataclass(frozen=True, slots=True)
class Statement:
    """One query over a range of contacts, compiled once and bound for each range."""

    text: str
    values: tuple[Any, ...]

    @classmethod
    def asking(cls, rows: QuerySet[Any, Any]) -> Statement:
        """Return the question for these rows; Django refuses to write one for rules that hold for nobody."""
        try:
            return cls(*rows.query.sql_with_params())
        except EmptyResultSet:
            return cls("SELECT 1, 0 WHERE 1 = 0", ())

    def run(self, cursor: CursorWrapper, since: int, until: int) -> None:
        ends = {SINCE: since, UNTIL: until}
        bound = [ends.get(one, one) if type(one) is int else one for one in self.values]
        cursor.execute(self.text, bound)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a snapshot asks of every range: who gets it, how many were meant, and if more, why the others do not."""

    insert: Statement
    meant: Statement
    reasons: Statement

    @classmethod
    def of(cls, campaign: Campaign) -> Asked:
        people = candidates(campaign).filter(pk__gt=SINCE, pk__lte=UNTIL)
        meant = people.order_by().annotate(all=Value(1)).values_list("all").annotate(n=Count("pk"))
        others = sorted_out(campaign, people).exclude(reason="")
        reasons = others.order_by().values_list("reason").annotate(n=Count("pk"))
        return cls(
            insertion(campaign, mailable(campaign, people)), Statement.asking(meant), Statement.asking(reasons)
        )  # fmt: skip

    def left_out(self, cursor: CursorWrapper, since: int, until: int, added: int) -> Counter[str]:
        """Return how many people of the range get no mail, by reason; the dear question only where there are some."""
        self.meant.run(cursor, since, until)
        if sum(n for _all, n in cursor.fetchall()) == added:
            return Counter()
        self.reasons.run(cursor, since, until)
        return Counter(dict(cursor.fetchall()))


def snapshot_range(campaign: Campaign, since: int, until: int, asked: Asked | None = None) -> int:
    """Freeze the people with since < id <= until and return how many rows were added; 0 when another process did."""
    asked = asked or Asked.of(campaign)
    with manners.write_batch():
        moved = Campaign.objects.filter(pk=campaign.pk, audience_cursor=since, audience_at=None)
        if not moved.update(audience_cursor=until):
            return 0
        with connection.cursor() as cursor:
            asked.insert.run(cursor, since, until)
            added = int(cursor.rowcount)
            left_out = asked.left_out(cursor, since, until, added)
        if campaign.holdout_percent:
            left_out[Reason.CONTROL] += drawn(campaign, since, until)
        note_exclusions(campaign, left_out)
    return added


def close(campaign: Campaign) -> None:
    """Note that the audience is complete."""
    now = manners.database_now()
    if Campaign.objects.filter(pk=campaign.pk, audience_at=None).update(audience_at=now):
        logger.info("campaign=%s audience frozen", campaign.pk)
    campaign.audience_at = campaign.audience_at or now


def end_of_range(since: int, step: int) -> int | None:
    """Return the id that ends the next range of at most `step` contacts, None when there are no more."""
    ids = Contact.objects.filter(pk__gt=since).order_by("pk").values_list("pk", flat=True)
    return ids[step - 1 : step].first() or ids.reverse().first()


def candidates(campaign: Campaign) -> QuerySet[Contact]:
    """Return everybody the campaign is meant for, before anything is held against writing to them."""
    from contacts.segments.sql import where

    contacts = Contact.objects.filter(merged_into=None)
    if campaign.within is not None:
        contacts = contacts.filter(where(campaign.within.rules).true)
    chosen = list(campaign.segments.all())
    if not chosen and campaign.within is not None:
        return contacts
    if not chosen:
        everyone = Subscription.objects.filter(contact=OuterRef("pk"), topic=campaign.topic_id)
        return contacts.filter(Exists(everyone)) if campaign.everyone_reason else contacts.none()
    wanted = Q()  # the conditions themselves, not "id in (…)": a range then asks about its own people only
    for segment in chosen:
        wanted |= where(segment.rules).true
    return contacts.filter(wanted)


def sorted_out(campaign: Campaign, contacts: QuerySet[Contact]) -> QuerySet[Any]:
    """Annotate each contact with the first `reason` that keeps the mail from her, '' = she gets it."""
    suppressed = Suppression.objects.filter(address_hash=OuterRef("address_hash"), lifted_at=None)
    subscribed = Subscription.objects.filter(
        contact=OuterRef("pk"), topic=campaign.topic_id, state=Subscription.State.SUBSCRIBED
    )
    reasons = [
        When(Q(email=None) | ~Q(unsendable=""), then=Value(Reason.UNSENDABLE)),
        When(Exists(suppressed), then=Value(Reason.SUPPRESSED)),
        When(excluded_people(campaign), then=Value(Reason.EXCLUDED)),
        When(~Exists(subscribed), then=Value(Reason.UNSUBSCRIBED)),
        When(~Exists(subscribed.exclude(basis="none")), then=Value(Reason.NO_BASIS)),
        When(paused_until__gt=manners.database_now(), then=Value(Reason.PAUSED)),
        When(had_enough(campaign), then=Value(Reason.CAPPED)),
    ]
    if asks_consent(campaign):
        reasons.append(When(Exists(asked_lately(campaign)), then=Value(Reason.ASKED)))
    return contacts.annotate(reason=Case(*reasons, default=Value(""), output_field=CharField()))


def excluded_people(campaign: Campaign) -> Q:
    """Return the condition of standing in one of the campaign's excluded segments."""
    unwanted = Q(pk__in=[])
    for segment in campaign.excluded_segments.all():
        from contacts.segments.sql import where

        unwanted |= where(segment.rules).true
    return unwanted


def by_reason(people: QuerySet[Any]) -> Counter[str]:
    """Return how many people there are of each reason."""
    return Counter(dict(people.order_by().values_list("reason").annotate(n=Count("pk"))))


def mailable(campaign: Campaign, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Return those who get the mail: what `sorted_out` calls '', written so that the database can join instead of
    test one by one.
    """
    suppressed = Suppression.objects.filter(address_hash=OuterRef("address_hash"), lifted_at=None)
    subscribed = Subscription.objects.filter(
        contact=OuterRef("pk"), topic=campaign.topic_id, state=Subscription.State.SUBSCRIBED
    ).exclude(basis="none")
    reachable = contacts.filter(Exists(subscribed), email__isnull=False, unsendable="")
    reachable = reachable.filter(Q(paused_until=None) | Q(paused_until__lte=manners.database_now()))
    reachable = reachable.filter(~Exists(suppressed)).exclude(excluded_people(campaign)).exclude(had_enough(campaign))
    return reachable.filter(~Exists(asked_lately(campaign))) if asks_consent(campaign) else reachable


def had_enough(campaign: Campaign) -> Q:
    """Return the condition of having asked for fewer mails than one more would make: weekly or monthly at most."""
    found = Q(pk__in=[])
    for frequency, gap in preferences.EVERY.items():
        lately = Delivery.objects.filter(
            contact=OuterRef("contact"),
            campaign__kind=Campaign.Kind.CAMPAIGN,
            sent_at__gt=manners.database_now() - gap,
        ).exclude(campaign=campaign.pk)
        rare = Preference.objects.filter(Exists(lately), frequency=frequency)
        found |= Q(pk__in=rare.values("contact_id"))
    return found


def asks_consent(campaign: Campaign) -> bool:
    """Say whether the campaign is the one that asks for consent to measure."""
    return campaign.trigger == ASKS_CONSENT and campaign.kind == Campaign.Kind.CAMPAIGN


def asked_lately(campaign: Campaign | None) -> QuerySet[Delivery]:
    """Return this contact's mails, of whichever brand, that asked for consent less than six months ago."""
    never_left = [Delivery.State.CONTROL, Delivery.State.FAILED, Delivery.State.SUPPRESSED, Delivery.State.CANCELLED]
    asked = Delivery.objects.filter(
        contact=OuterRef("pk"),
        campaign__trigger=ASKS_CONSENT,
        campaign__kind=Campaign.Kind.CAMPAIGN,
        created_at__gt=manners.database_now() - ASK_AGAIN,
    )
    return asked.exclude(state__in=never_left).exclude(campaign=campaign.pk if campaign else None)


def insertion(campaign: Campaign, people: QuerySet[Contact]) -> Statement:
    """Return the INSERT … SELECT that writes the Delivery rows of these people."""
    chosen = columns(campaign)
    rows = people.annotate(**{f"c_{name}": value for name, value in chosen.items()}).order_by("pk")
    try:
        select, values = rows.values_list(*(f"c_{name}" for name in chosen)).query.sql_with_params()
    except EmptyResultSet:  # rules that hold for nobody
        return Statement("DELETE FROM campaigns_delivery WHERE 1 = 0", ())
    target = ", ".join(connection.ops.quote_name(name) for name in chosen)
    return Statement(f"INSERT INTO campaigns_delivery ({target}) {select} ON CONFLICT DO NOTHING", values)


def columns(campaign: Campaign) -> dict[str, Any]:
    """Return the expression for each column of a new Delivery row, from a contact."""
    text = CharField()
    personal = campaign.tracking == Campaign.Tracking.CONSENT
    return {
        "campaign_id": Value(campaign.pk, output_field=BigIntegerField()),
        "contact_id": F("pk"),
        "occasion": Value("", output_field=text),
        "state": drawn_state(campaign),
        "variant": Value("", output_field=text),
        "content_version_id": Value(campaign.content_version_id, output_field=BigIntegerField()),
        "language": Coalesce(NullIf("language", Value("")), Value(fallback_language(campaign)), output_field=text),
        "tracks_opens": agreed(personal, "open_tracking_at"),
        "tracks_clicks": agreed(personal, "click_tracking_at"),
        "owner": Value("", output_field=text),
        "fence": Value(0, output_field=BigIntegerField()),
        "attempts": Value(0, output_field=SmallIntegerField()),
        "relay": Value("", output_field=text),
        "reply": Value("", output_field=text),
        "created_at": Value(manners.database_now(), output_field=DateTimeField()),
    }


def drawn(campaign: Campaign, since: int, until: int) -> int:
    """Return how many of a range of contacts are in the control group."""
    control = Delivery.objects.filter(campaign=campaign, state=Delivery.State.CONTROL)
    return control.filter(contact__gt=since, contact__lte=until).count()


def drawn_state(campaign: Campaign) -> Case | Value:
    """Return QUEUED, or CONTROL for the share that a hash of campaign and contact draws: always the same people."""
    queued = Value(Delivery.State.QUEUED, output_field=CharField())
    if not campaign.holdout_percent:
        return queued
    draw = MD5(Concat(Value(f"{campaign.pk}:"), Cast("pk", CharField()), output_field=CharField()))
    below = Value(format(campaign.holdout_percent * 2**32 // 100, "08x"))
    return Case(
        When(LessThan(draw, below), then=Value(Delivery.State.CONTROL)), default=queued, output_field=CharField()
    )


def agreed(personal: bool, since: str) -> Case | Value:
    """Return whether this contact's acts are measured: she agreed, and the campaign measures people at all."""
    if not personal:
        return Value(False, output_field=BooleanField())
    return Case(
        When(**{f"{since}__isnull": False}, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def fallback_language(campaign: Campaign) -> str:
    """Return the language of contacts who chose none: the brand's, else the site's."""
    if campaign.content is not None:
        return campaign.content.brand.default_language
    return settings.LANGUAGE_CODE


def note_exclusions(campaign: Campaign, left_out: Counter[str]) -> None:
    """Add one range's numbers to the campaign's exclusions."""
    for reason, n in left_out.items():
        row, _ = AudienceExclusion.objects.get_or_create(campaign=campaign, reason=reason)
        AudienceExclusion.objects.filter(pk=row.pk).update(n=F("n") + n)
