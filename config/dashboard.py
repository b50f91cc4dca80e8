"""The desk's Home: what needs me, what is running, what did we learn.

home(request, context)  →  context with `needs`, `running`, `learned`, `sharers`, `spent`, `latest`

Every query is bound to the last few campaigns or to an index, so that the page opens as fast at a million contacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import aims, writers
from campaigns.models import Campaign, Delivery, Engagement, Event
from config import lessons, needs
from config.start import steps
from config.team import notifying, recent
from contacts import jobs
from contacts.models import Contact, Job
from social import aims as social_aims
from social.models import EarnedVisit, OfferCounter, Referral, ShareLink
from social.reports import CONFIRMED

WATCHED = 20  # campaigns, newest first, whose ledgers are asked for trouble
SHOWN = 5  # lines of each list
NEARLY_SPENT = 0.8  # part of an offer's limit
RECENT = timedelta(days=30)
KEPT = 300  # seconds that a finished campaign's figures are kept

LEFT = (Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.CLAIMED, Delivery.State.COMMITTING)
DONE = (Delivery.State.SENT, Delivery.State.FAILED, Delivery.State.SUPPRESSED, Delivery.State.AMBIGUOUS)


@dataclass(frozen=True)
class Running:
    """Work under way: `done` of `total` units, and a sentence on what is left."""

    name: str
    url: str
    note: str
    done: int
    total: int
    stop_url: str = ""

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.total) if self.total else 0


@dataclass(frozen=True)
class Learned:
    """A campaign's outcome: unique people who acted, of those who agreed to be measured, and whether that is usual."""

    name: str
    url: str
    sent: int
    measured: int
    opened: int
    clicked: int
    shared: int
    friends: int
    redeemed: int
    remark: str
    pk: int = 0

    @property
    def click_percent(self) -> float:
        return 100 * self.clicked / self.measured if self.measured else 0.0


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of Home; each answer only to those who may see its objects."""
    may = request.user.has_perm
    if may("campaigns.view_campaign"):
        campaigns = list(
            writers.visible(request.user).exclude(state=Campaign.State.DRAFT).order_by("-created_at")[:WATCHED]
        )
        figures = _figures(campaigns)
        context["running"] = _sending(campaigns, figures)
        context["learned"] = _learned(campaigns, figures)
        context["aims"] = _aims(request)
        context["lessons"] = _lessons(context["learned"])
    context.setdefault("running", [])
    if may("contacts.view_job"):
        context["running"] += _jobs()
    if may("social.view_sharelink"):
        context["sharers"] = _sharers()
    if may("social.view_offer"):
        context["spent"] = _nearly_spent()
    context["needs"] = notifying.on_home(cast(User, request.user))
    context["latest"] = recent.latest(cast(User, request.user))
    context["title"] = _("Home")
    if not context.get("learned") and not context["running"]:
        context["steps"] = steps.of(cast(User, request.user))
    return context


@dataclass(frozen=True)
class Figures:
    """One campaign's ledger by state, its unique people by kind of act, and whose clicks could be measured."""

    states: dict[str, int]
    people: dict[str, int]
    measured: int


def _figures(campaigns: list[Campaign]) -> dict[int, Figures]:
    """Return the figures of each campaign; those of finished ones are kept for five minutes, for they hardly move."""
    figures = {}
    for campaign in campaigns:
        key = f"home:{campaign.pk}:{campaign.updated_at:%s}"
        if (known := cache.get(key)) is None:
            known = _counted(campaign)
            if campaign.state == Campaign.State.FINISHED:
                cache.set(key, known, timeout=KEPT)
        figures[campaign.pk] = known
    return figures


def _counted(campaign: Campaign) -> Figures:
    """Count one campaign, from the indexes (campaign, state) and (campaign, kind, contact)."""
    states = Delivery.objects.filter(campaign=campaign).values_list("state").annotate(n=Count("pk")).order_by()
    people = Engagement.objects.filter(campaign=campaign).values_list("kind").annotate(n=Count("pk")).order_by()
    sent = Delivery.objects.filter(campaign=campaign, state=Delivery.State.SENT, tracks_clicks=True)
    return Figures(dict(states), dict(people), sent.count())


# --- What is running -------------------------------------------------------------------------------------------------


def _sending(campaigns: list[Campaign], figures: dict[int, Figures]) -> list[Running]:
    running = []
    for campaign in campaigns:
        states = figures[campaign.pk].states
        done, left = (sum(states.get(state, 0) for state in group) for group in (DONE, LEFT))
        if campaign.kind != Campaign.Kind.CAMPAIGN:
            continue
        if campaign.state == Campaign.State.SENDING:
            note = ngettext("%(n)s mail left", "%(n)s mails left", left) % {"n": left}
            stop = needs.url("admin:campaigns_campaign_do", campaign.pk, "pause")
            running.append(Running(campaign.name, needs.campaign_url(campaign.pk), note, done, done + left, stop))
        elif campaign.state == Campaign.State.SCHEDULED and campaign.scheduled_at:
            when = date_format(timezone.localtime(campaign.scheduled_at), "SHORT_DATETIME_FORMAT")
            running.append(
                Running(campaign.name, needs.campaign_url(campaign.pk), _("starts %(when)s") % {"when": when}, 0, 0)
            )
    return running


def _jobs() -> list[Running]:
    under_way = Job.objects.filter(state__in=[Job.State.RUNNING, Job.State.QUEUED]).order_by("id")[:SHOWN]
    return [
        Running(
            jobs.title(job),
            needs.url("admin:contacts_job_change", job.pk),
            job.get_state_display(),
            job.progress,
            job.total or 0,
        )
        for job in under_way
    ]


def _aims(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the objectives with a target that are still of interest: those due last, and not long over."""
    since = timezone.now() - RECENT
    wanted = writers.visible(request.user).filter(target__isnull=False).exclude(state=Campaign.State.CANCELLED)
    recent = wanted.filter(Q(started_at=None) | Q(started_at__gte=since) | Q(due_on__gte=timezone.localdate()))
    shown = list(recent.select_related("owner").order_by(F("due_on").asc(nulls_last=True), "-created_at")[:SHOWN])
    actual = social_aims.actual(shown)
    return [
        {"name": one.name, "url": needs.campaign_url(one.pk), "aim": aims.aim(one, actual[one.pk])} for one in shown
    ]


# --- What did we learn -----------------------------------------------------------------------------------------------


def _learned(campaigns: list[Campaign], figures: dict[int, Figures]) -> list[Learned]:
    """Return the last campaigns with their unique people, each judged against the others' click rates."""
    mailings = [c for c in campaigns if c.kind == Campaign.Kind.CAMPAIGN and figures[c.pk].states.get("sent")]
    rates = {c.pk: figures[c.pk].people.get(Event.Kind.CLICK, 0) / (figures[c.pk].measured or 1) for c in mailings}
    shown = mailings[:SHOWN]
    shared, friends = _sharing([campaign.pk for campaign in shown])
    return [
        _lesson(
            c,
            figures[c.pk],
            shared=shared.get(c.pk, 0),
            friends=friends.get(c.pk, 0),
            remark=_remark(rates[c.pk], [rate for pk, rate in rates.items() if pk != c.pk]),
        )
        for c in shown
    ]


def _sharing(campaign_ids: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return who shared with evidence and which friends confirmed, by campaign: the report's own counts."""
    links = ShareLink.objects.filter(CONFIRMED, campaign__in=campaign_ids, contact__isnull=False)
    friends = Referral.objects.filter(share_link__campaign__in=campaign_ids, confirmed_at__isnull=False)
    return (
        dict(links.values_list("campaign").annotate(n=Count("contact", distinct=True))),
        dict(friends.values_list("share_link__campaign").annotate(n=Count("pk"))),
    )


def _lesson(campaign: Campaign, figures: Figures, *, shared: int, friends: int, remark: str) -> Learned:
    return Learned(
        name=campaign.name,
        url=needs.campaign_url(campaign.pk),
        sent=figures.states["sent"],
        measured=figures.measured,
        opened=figures.people.get(Event.Kind.OPEN, 0),
        clicked=figures.people.get(Event.Kind.CLICK, 0),
        shared=shared,
        friends=friends,
        redeemed=figures.people.get(Event.Kind.REDEEM, 0),
        remark=remark,
        pk=campaign.pk,
    )


def _lessons(learned: list[Learned]) -> list[lessons.Lesson]:
    """Return what the last campaign taught; nothing before the first."""
    return [
        lesson
        for last in learned[:1]
        for lesson in lessons.of(
            lessons.Outcome(
                pk=last.pk,
                name=last.name,
                sent=last.sent,
                measured=last.measured,
                clicked=last.clicked,
                shared=last.shared,
                redeemed=last.redeemed,
                remark=last.remark,
            )
        )
    ]


def _remark(rate: float, others: list[float]) -> str:
    """Return how a click rate stands to the middle half of the others; '' with fewer than four to compare."""
    if len(others) < 4:
        return ""
    ordered = sorted(others)
    low, high = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
    if rate < low:
        return _("fewer clicks than usual")
    return _("more clicks than usual") if rate > high else _("as usual")


def _sharers() -> list[dict[str, Any]]:
    """Return those who brought most friends in 30 days."""
    since = (timezone.now() - RECENT).date()
    visits = EarnedVisit.objects.filter(day__gte=since, is_sharer=False, share_link__contact__isnull=False)
    best = (
        visits.values(contact=F("share_link__contact"))
        .annotate(visits=Count("pk"))
        .order_by("-visits", "contact")[:SHOWN]
    )
    found = {row["contact"]: row["visits"] for row in best}
    names = Contact.objects.in_bulk(found)
    return [
        {"name": str(names[pk]), "url": needs.url("admin:contacts_contact_profile", pk), "visits": n}
        for pk, n in found.items()
        if pk in names
    ]


def _nearly_spent() -> list[dict[str, Any]]:
    """Return live offers of whose limit four fifths are used."""
    live = Q(limit__offer__state="live", limit__offer__ends_at__gt=timezone.now(), limit__scope="total")
    counters = OfferCounter.objects.filter(live, used__gte=F("max_uses") * NEARLY_SPENT).select_related("limit__offer")
    return [
        {
            "name": counter.limit.offer.name,
            "url": needs.url("admin:social_offer_change", counter.limit.offer_id),
            "used": counter.used,
            "max": counter.max_uses,
        }
        for counter in counters[:SHOWN]
    ]
