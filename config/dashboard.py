"""The desk's Home: what needs me, what is running, what did we learn.

home(request, context)  →  context with `needs`, `running`, `learned`, `sharers`, `spent`

Every query is bound to the last few campaigns or to an index, so that the page opens as fast at a million contacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, Delivery, Engagement, Event, SendingHold
from campaigns.tracking import spool
from contacts import heartbeats, retention
from contacts.models import Contact, Job, Notice
from social.models import EarnedVisit, FanWord, FraudCase, Offer, OfferCounter, Referral, ShareLink, TillNote
from social.offers import budget
from social.reports import CONFIRMED

WATCHED = 20  # campaigns, newest first, whose ledgers are asked for trouble
SHOWN = 5  # lines of each list
NEARLY_SPENT = 0.8  # part of an offer's limit
RECENT = timedelta(days=30)
PATIENCE = timedelta(minutes=5)  # a notice older than this is not merely on its way
KEPT = 300  # seconds that a finished campaign's figures are kept

LEFT = (Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.CLAIMED, Delivery.State.COMMITTING)
DONE = (Delivery.State.SENT, Delivery.State.FAILED, Delivery.State.SUPPRESSED, Delivery.State.AMBIGUOUS)


@dataclass(frozen=True)
class Need:
    """Something that waits for a person: the words and where it is settled."""

    text: str
    url: str
    is_urgent: bool = False


@dataclass(frozen=True)
class Running:
    """Work under way: `done` of `total` units, and a sentence on what is left."""

    name: str
    url: str
    note: str
    done: int
    total: int

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

    @property
    def click_percent(self) -> float:
        return 100 * self.clicked / self.measured if self.measured else 0.0


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of Home; each answer only to those who may see its objects."""
    may = request.user.has_perm
    if may("campaigns.view_campaign"):
        campaigns = list(Campaign.objects.exclude(state=Campaign.State.DRAFT).order_by("-created_at")[:WATCHED])
        figures = _figures(campaigns)
        needs = [*_disk_needs(), *_campaign_needs(campaigns, figures), *_notice_needs()]
        context |= {"needs": needs, "running": _sending(campaigns, figures)}
        context["learned"] = _learned(campaigns, figures)
    context.setdefault("needs", [])
    context.setdefault("running", [])
    if may("contacts.view_contact"):
        context["needs"] += _prospect_needs()
    if may("contacts.view_job"):
        context["needs"] += _job_needs()
        context["running"] += _jobs()
    if may("social.view_referral"):
        context["needs"] += _referral_needs()
    if may("social.view_fanword"):
        context["needs"] += _word_needs()
    if may("social.view_sharelink"):
        context["sharers"] = _sharers()
    if may("social.change_tillnote"):
        context["needs"] += _till_needs()
    if may("social.view_fraudcase"):
        context["needs"] += _fraud_needs()
    if may("social.view_offer"):
        context["needs"] += _budget_needs()
        context["spent"] = _nearly_spent()
    context["title"] = _("Home")
    context["first_steps"] = may("campaigns.add_campaign") and not context.get("learned") and not context["running"]
    context["links"] = _links("contacts_job", "contacts_contact", "campaigns_campaign", "social_offer")
    return context


def _links(*models: str) -> dict[str, str]:
    return {model: _url(f"admin:{model}_changelist") for model in models}


def _url(name: str, *args: int) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return reverse("admin:index")


def _campaign_url(pk: int) -> str:
    return _url("admin:campaigns_campaign_change", pk)


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


# --- What needs me ---------------------------------------------------------------------------------------------------


def _campaign_needs(campaigns: list[Campaign], figures: dict[int, Figures]) -> list[Need]:
    needs = [
        Need(
            _("Sending is on hold: %(reason)s") % {"reason": hold.reason},
            _url("admin:campaigns_sendinghold_changelist"),
            True,
        )
        for hold in SendingHold.objects.filter(lifted_at__isnull=True)[:SHOWN]
    ]
    for campaign in campaigns:
        if campaign.state == Campaign.State.PAUSED:
            words = {"name": campaign.name, "reason": campaign.paused_reason or _("no reason given")}
            needs.append(Need(_("“%(name)s” is paused: %(reason)s") % words, _campaign_url(campaign.pk), True))
        if doubtful := figures[campaign.pk].states.get(Delivery.State.AMBIGUOUS, 0):
            text = ngettext(
                "%(n)d mail of “%(name)s” is in doubt: the relay never said whether it took it",
                "%(n)d mails of “%(name)s” are in doubt: the relay never said whether it took them",
                doubtful,
            )
            needs.append(Need(text % {"n": doubtful, "name": campaign.name}, _campaign_url(campaign.pk)))
    return needs + _service_needs(campaigns)


def _service_needs(campaigns: list[Campaign]) -> list[Need]:
    """Say that nothing moves when work waits and beat or worker is away."""
    mailings = [campaign for campaign in campaigns if campaign.kind == Campaign.Kind.CAMPAIGN]
    waiting = any(c.state in (Campaign.State.SENDING, Campaign.State.SCHEDULED) for c in mailings)
    if not waiting:
        return []
    ages = heartbeats.ages()
    away = [name for name in ("beat", "worker") if ages.get(name, heartbeats.STALE_AFTER + 1) > heartbeats.STALE_AFTER]
    text = _("Campaigns wait, but the background service is not running (%(names)s): start “python3 manage.py up”")
    return [Need(text % {"names": ", ".join(away)}, _url("readyz"), True)] if away else []


def _budget_needs() -> list[Need]:
    """Name the live offers whose budget is spent or promised from 80 % on."""
    live = Offer.objects.filter(state=Offer.State.LIVE, budget_minor__isnull=False, ends_at__gt=timezone.now())
    needs = []
    for now in map(budget.outlook, live.order_by("pk")[:WATCHED]):
        if now.level:
            words = {"name": now.offer.name, "percent": round(100 * (now.part or 0))}
            text = _("The budget of “%(name)s” is spent or promised to %(percent)d %%") % words
            needs.append(Need(text, _url("admin:social_offer_budget"), now.level == "stop"))
    return needs


def _till_needs() -> list[Need]:
    """Count the late redemptions that wait for a manager."""
    n = TillNote.objects.filter(state=TillNote.State.WAITING).count()
    text = ngettext("%(n)d late redemption waits to be settled", "%(n)d late redemptions wait to be settled", n)
    address = f"{_url('admin:social_tillnote_changelist')}?state__exact=waiting"
    return [Need(text % {"n": n}, address)] if n else []


def _fraud_needs() -> list[Need]:
    """Count the cases of fraud that nobody looked at yet."""
    n = FraudCase.objects.filter(state=FraudCase.State.OPEN).count()
    text = ngettext("%(n)d case of fraud to look at", "%(n)d cases of fraud to look at", n)
    return [Need(text % {"n": n}, f"{_url('admin:social_fraudcase_changelist')}?state__exact=open", True)] if n else []


def _disk_needs() -> list[Need]:
    """Say in time that opens and clicks will soon find no room."""
    text = _("The disk is nearly full: soon opens and clicks can no longer be stored. Ask whoever runs the server.")
    return [Need(text, _url("readyz"), True)] if spool.alarm() else []


def _notice_needs() -> list[Need]:
    """Say that people wait for a mail of an event for which no campaign is switched on."""
    served = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, state=Campaign.State.SENDING)
    waiting = Notice.objects.filter(drained_at__isnull=True, created_at__lt=timezone.now() - PATIENCE)
    counts = (
        waiting.exclude(kind__in=served.values("trigger")).values_list("kind").annotate(n=Count("pk")).order_by("kind")
    )
    url = _url("admin:campaigns_automation_changelist")
    return [Need(_waiting(kind, n), url, True) for kind, n in counts[:SHOWN]]


def _waiting(kind: str, n: int) -> str:
    text = ngettext(
        "%(n)d mail waits for the event “%(kind)s”: switch its automatic mail on",
        "%(n)d mails wait for the event “%(kind)s”: switch its automatic mail on",
        n,
    )
    return text % {"n": n, "kind": kind}


def _job_needs() -> list[Need]:
    failed = Job.objects.filter(state=Job.State.FAILED, created_at__gt=timezone.now() - timedelta(days=7))
    return [
        Need(
            _("%(kind)s %(id)d failed: %(error)s") % {"kind": job.kind, "id": job.pk, "error": job.error[:140]},
            _url("admin:contacts_job_change", job.pk),
        )
        for job in failed.order_by("-id")[:SHOWN]
    ]


def _prospect_needs() -> list[Need]:
    """Say that prospects reach the end of their three years: the alarm before the last message and the erasure."""
    due = retention.due()
    text = ngettext(
        "%(n)d prospect was silent for almost three years: a last message goes out, then she is forgotten",
        "%(n)d prospects were silent for almost three years: a last message goes out, then they are forgotten",
        due.soon + due.over,
    )
    n = due.soon + due.over
    if n and not settings.PROSPECTS_MAY_GO:
        text = ngettext(
            "%(n)d prospect was silent for almost three years: set PROSPECT_YEARS: 3 lets her go, 0 keeps her",
            "%(n)d prospects were silent for almost three years: set PROSPECT_YEARS: 3 lets them go, 0 keeps them",
            n,
        )
    return [Need(text % {"n": n}, _url("admin:contacts_contact_changelist") + "?silent=soon")] if n else []


def _referral_needs() -> list[Need]:
    n = Referral.objects.filter(state=Referral.State.FLAGGED)[:1000].count()
    text = ngettext("%(n)d friend to be looked at before a reward", "%(n)d friends to be looked at before a reward", n)
    return [Need(text % {"n": n}, _url("admin:social_referral_changelist") + "?state__exact=flagged")] if n else []


def _word_needs() -> list[Need]:
    """Say that the word of a post seems to have left it."""
    words = FanWord.objects.filter(alarmed_at__isnull=False, rotated_at__isnull=True).order_by("-alarmed_at")[:SHOWN]
    text = _("The word “%(word)s” seems to have left its post: replace it with one press")
    return [Need(text % {"word": word.word}, _url("admin:social_fanword_leak", word.pk), True) for word in words]


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
            running.append(Running(campaign.name, _campaign_url(campaign.pk), note, done, done + left))
        elif campaign.state == Campaign.State.SCHEDULED and campaign.scheduled_at:
            when = date_format(timezone.localtime(campaign.scheduled_at), "SHORT_DATETIME_FORMAT")
            running.append(
                Running(campaign.name, _campaign_url(campaign.pk), _("starts %(when)s") % {"when": when}, 0, 0)
            )
    return running


def _jobs() -> list[Running]:
    jobs = Job.objects.filter(state__in=[Job.State.RUNNING, Job.State.QUEUED]).order_by("id")[:SHOWN]
    return [
        Running(
            f"{job.kind} {job.pk}",
            _url("admin:contacts_job_change", job.pk),
            job.get_state_display(),
            job.progress,
            job.total or 0,
        )
        for job in jobs
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
        url=_campaign_url(campaign.pk),
        sent=figures.states["sent"],
        measured=figures.measured,
        opened=figures.people.get(Event.Kind.OPEN, 0),
        clicked=figures.people.get(Event.Kind.CLICK, 0),
        shared=shared,
        friends=friends,
        redeemed=figures.people.get(Event.Kind.REDEEM, 0),
        remark=remark,
    )


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
        {"name": str(names[pk]), "url": _url("admin:contacts_contact_profile", pk), "visits": n}
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
            "url": _url("admin:social_offer_change", counter.limit.offer_id),
            "used": counter.used,
            "max": counter.max_uses,
        }
        for counter in counters[:SHOWN]
    ]
