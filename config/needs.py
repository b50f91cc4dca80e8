"""What waits for a person, one function for each kind: the first question of Home.

needs.fraud()     # → [Need("2 cases of fraud to look at", "/admin/social/fraudcase/?state__exact=open", True)]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import writers
from campaigns.models import ApprovalStep, Campaign, Delivery, SendingHold
from campaigns.tracking import spool
from contacts import heartbeats, retention
from contacts import jobs as titled
from contacts.models import Job, Notice
from social.models import FanWord, FraudCase, Offer, Referral, TillNote
from social.offers import budget

WATCHED = 20  # campaigns, newest first, asked for trouble; live offers whose budgets are asked
SHOWN = 5  # lines of each kind
PATIENCE = timedelta(minutes=5)  # a notice older than this is not merely on its way


@dataclass(frozen=True)
class Need:
    """Something that waits for a person: the words and where it is settled."""

    text: str
    url: str
    is_urgent: bool = False


def url(name: str, *args: int | str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return reverse("admin:index")


def campaign_url(pk: int) -> str:
    return url("admin:campaigns_campaign_change", pk)


def stopped(by: User) -> list[Need]:
    """Name the holds, the paused campaigns and those with mails in doubt, and say when nothing moves at all."""
    begun = writers.visible(by).exclude(state=Campaign.State.DRAFT)
    campaigns = list(begun.order_by("-created_at")[:WATCHED])
    held = SendingHold.objects.filter(lifted_at__isnull=True)[:SHOWN]
    hold = _("Sending is on hold: %(reason)s")
    waiting = [Need(hold % {"reason": one.reason}, url("admin:campaigns_sendinghold_changelist"), True) for one in held]
    unsure = Delivery.objects.filter(campaign__in=campaigns, state=Delivery.State.AMBIGUOUS)
    doubtful = dict(unsure.order_by().values_list("campaign").annotate(n=Count("pk")))
    for campaign in campaigns:
        if campaign.state == Campaign.State.PAUSED:
            words = {"name": campaign.name, "reason": campaign.paused_reason or _("no reason given")}
            waiting.append(Need(_("“%(name)s” is paused: %(reason)s") % words, campaign_url(campaign.pk), True))
        if n := doubtful.get(campaign.pk, 0):
            text = ngettext(
                "%(n)d mail of “%(name)s” is in doubt: the relay never said whether it took it",
                "%(n)d mails of “%(name)s” are in doubt: the relay never said whether it took them",
                n,
            )
            waiting.append(Need(text % {"n": n, "name": campaign.name}, campaign_url(campaign.pk) + "#step-send"))
    return waiting + service(campaigns)


def approvals() -> list[Need]:
    """Return the campaigns that wait for a second person's approval."""
    last = ApprovalStep.objects.filter(campaign=OuterRef("pk")).exclude(kind=ApprovalStep.Kind.COMMENT).order_by("-pk")
    waiting = Campaign.objects.filter(state__in=[Campaign.State.DRAFT, Campaign.State.SCHEDULED])
    asked = waiting.filter(approval_steps__isnull=False).annotate(last=Subquery(last.values("kind")[:1])).distinct()
    return [
        Need(_("“%(name)s” waits for your approval") % {"name": campaign.name}, campaign_url(campaign.pk))
        for campaign in asked.filter(last=ApprovalStep.Kind.ASKED).order_by("pk")[:SHOWN]
    ]


def service(campaigns: list[Campaign]) -> list[Need]:
    """Say that nothing moves when work waits and beat or worker is away."""
    mailings = [campaign for campaign in campaigns if campaign.kind == Campaign.Kind.CAMPAIGN]
    waiting = any(c.state in (Campaign.State.SENDING, Campaign.State.SCHEDULED) for c in mailings)
    if not waiting:
        return []
    ages = heartbeats.ages()
    away = [name for name in ("beat", "worker") if ages.get(name, heartbeats.STALE_AFTER + 1) > heartbeats.STALE_AFTER]
    text = _("Campaigns wait, but the background service is not running (%(names)s): start “python3 manage.py up”")
    return [Need(text % {"names": ", ".join(away)}, url("readyz"), True)] if away else []


def budgets() -> list[Need]:
    """Name the live offers whose budget is spent or promised from 80 % on."""
    live = Offer.objects.filter(state=Offer.State.LIVE, budget_minor__isnull=False, ends_at__gt=timezone.now())
    found = []
    for now in map(budget.outlook, live.order_by("pk")[:WATCHED]):
        if now.level:
            words = {"name": now.offer.name, "percent": round(100 * (now.part or 0))}
            text = _("The budget of “%(name)s” is spent or promised to %(percent)d %%") % words
            found.append(Need(text, url("admin:social_offer_budget"), now.level == "stop"))
    return found


def till_notes() -> list[Need]:
    """Count the late redemptions that wait for a manager."""
    n = TillNote.objects.filter(state=TillNote.State.WAITING).count()
    text = ngettext("%(n)d late redemption waits to be settled", "%(n)d late redemptions wait to be settled", n)
    address = f"{url('admin:social_tillnote_changelist')}?state__exact=waiting"
    return [Need(text % {"n": n}, address)] if n else []


def fraud() -> list[Need]:
    """Count the cases of fraud that nobody looked at yet."""
    n = FraudCase.objects.filter(state=FraudCase.State.OPEN).count()
    text = ngettext("%(n)d case of fraud to look at", "%(n)d cases of fraud to look at", n)
    return [Need(text % {"n": n}, f"{url('admin:social_fraudcase_changelist')}?state__exact=open", True)] if n else []


def disk() -> list[Need]:
    """Say in time that opens and clicks will soon find no room."""
    text = _("The disk is nearly full: soon opens and clicks can no longer be stored. Ask whoever runs the server.")
    return [Need(text, url("readyz"), True)] if spool.alarm() else []


def notices() -> list[Need]:
    """Say that people wait for a mail of an event for which no campaign is switched on."""
    served = Campaign.objects.filter(kind=Campaign.Kind.TRANSACTIONAL, state=Campaign.State.SENDING)
    waiting = Notice.objects.filter(drained_at__isnull=True, created_at__lt=timezone.now() - PATIENCE)
    counts = (
        waiting.exclude(kind__in=served.values("trigger")).values_list("kind").annotate(n=Count("pk")).order_by("kind")
    )
    switches = url("admin:campaigns_automation_changelist")
    return [Need(_waiting(kind, n), switches, True) for kind, n in counts[:SHOWN]]


def _waiting(kind: str, n: int) -> str:
    text = ngettext(
        "%(n)d mail waits for the event “%(kind)s”: switch its automatic mail on",
        "%(n)d mails wait for the event “%(kind)s”: switch its automatic mail on",
        n,
    )
    return text % {"n": n, "kind": kind}


def jobs() -> list[Need]:
    failed = Job.objects.filter(state=Job.State.FAILED, created_at__gt=timezone.now() - timedelta(days=7))
    return [
        Need(
            _("%(work)s failed: %(error)s") % {"work": titled.title(job), "error": job.error[:140]},
            url("admin:contacts_job_change", job.pk),
        )
        for job in failed.order_by("-id")[:SHOWN]
    ]


def prospects() -> list[Need]:
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
    return [Need(text % {"n": n}, url("admin:contacts_contact_changelist") + "?silent=soon")] if n else []


def referrals() -> list[Need]:
    n = Referral.objects.filter(state=Referral.State.FLAGGED)[:1000].count()
    text = ngettext("%(n)d friend to be looked at before a reward", "%(n)d friends to be looked at before a reward", n)
    return [Need(text % {"n": n}, url("admin:social_referral_changelist") + "?state__exact=flagged")] if n else []


def words() -> list[Need]:
    """Say that the word of a post seems to have left it."""
    leaked = FanWord.objects.filter(alarmed_at__isnull=False, rotated_at__isnull=True).order_by("-alarmed_at")[:SHOWN]
    text = _("The word “%(word)s” seems to have left its post: replace it with one press")
    return [Need(text % {"word": word.word}, url("admin:social_fanword_leak", word.pk), True) for word in leaked]


@dataclass(frozen=True)
class Kind:
    """One kind of needs: what a person is asked whether she wants to be told of it, and the right to see it."""

    key: str
    label: str | Promise
    permission: str
    find: Callable[[User], list[Need]]


KINDS = (
    Kind("disk", gettext_lazy("The disk is nearly full"), "campaigns.view_campaign", lambda by: disk()),
    Kind("stopped", gettext_lazy("A campaign stopped, or nothing is sent"), "campaigns.view_campaign", stopped),
    Kind("events", gettext_lazy("Mails of an event wait"), "campaigns.view_automation", lambda by: notices()),
    Kind(
        "approvals", gettext_lazy("A campaign waits for approval"), "campaigns.approve_campaign", lambda by: approvals()
    ),
    Kind("prospects", gettext_lazy("Prospects were silent for years"), "contacts.view_contact", lambda by: prospects()),
    Kind("jobs", gettext_lazy("An import or other work failed"), "contacts.view_job", lambda by: jobs()),
    Kind("referrals", gettext_lazy("A friend is to be looked at"), "social.view_referral", lambda by: referrals()),
    Kind("words", gettext_lazy("The word of a post leaked"), "social.view_fanword", lambda by: words()),
    Kind("till", gettext_lazy("Late redemptions wait"), "social.change_tillnote", lambda by: till_notes()),
    Kind("fraud", gettext_lazy("A case of fraud was opened"), "social.view_fraudcase", lambda by: fraud()),
    Kind("budgets", gettext_lazy("The budget of an offer is nearly spent"), "social.view_offer", lambda by: budgets()),
)
