"""Put a campaign's report together: steps, series, tables, sections of upper floors, and the words around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import aims
from campaigns.models import Campaign, Delivery
from campaigns.reports import control, counts, rows, tables, words
from campaigns.reports.counts import Counts
from campaigns.reports.measures import label, meaning
from campaigns.reports.shapes import TOO_FEW, CampaignReport, Point, Rate, Section, Step

HOURLY_FOR = timedelta(days=4)  # a longer series is shown by day
SOCIAL = (  # steps shown when no section brings its own, in the order of the evidence ladder
    ("share_intent", True),
    ("share_composed", False),
    ("shared", True),  # counted by the upper floor's section
    ("earned_visit", False),
    ("earned_contact", False),
    ("claim", True),
    ("redeem", True),
    ("conversion", True),
)


def report(campaign: Campaign) -> CampaignReport:
    """Return the whole report of one campaign."""
    found = counts.read(campaign)
    sections = load_sections(campaign)
    funnel = steps(campaign, found, sections)
    groups, lift = control.compare(campaign)
    return CampaignReport(
        campaign_id=campaign.pk,
        name=campaign.name,
        made_at=timezone.now(),
        sentence=sentence(funnel),
        funnel=funnel,
        series=series(found),
        tables=[table for table in tables.everything(campaign, found, replaced(sections)) if table.rows],
        sections=sections,
        groups=groups,
        lift=lift,
        next_step=next_step(found),
        aim=aims.aim(campaign, leading(campaign, sections)),
        notes=notes(found),
    )


def leading(campaign: Campaign, sections: Sequence[Section]) -> int:
    """Return the number that the campaign's objective leads with, as a section counted it."""
    return next((section.leads[campaign.objective] for section in sections if campaign.objective in section.leads), 0)


def replaced(sections: Sequence[Section]) -> set[str]:
    """Return the keys of our own tables that a section shows better."""
    return {key for section in sections for key in section.replaces}


def load_sections(campaign: Campaign) -> list[Section]:
    """Return what the modules of settings.REPORT_SECTIONS add."""
    made = [import_module(name).section(campaign) for name in settings.REPORT_SECTIONS]
    return [section for section in made if section is not None]


def steps(campaign: Campaign, found: Counts, sections: Sequence[Section]) -> list[Step]:
    """Return the funnel in order: mail, then the ladder of sharing, then what was bought."""
    theirs = {step.key: step for section in sections for step in section.steps}
    own = [*_mail_steps(campaign, found), *_social_steps(campaign, found)]
    merged = [theirs.pop(step.key, step) for step in own]
    return [step for step in merged if step.n or step.key in {"sent", "open", "click"} or step.is_social] + [
        *theirs.values()
    ]


def _mail_steps(campaign: Campaign, found: Counts) -> list[Step]:
    sent_url = rows.deliveries_url(campaign, state__exact="sent")
    of_label = _("measured, with consent")
    return [
        Step("sent", label("sent"), found.sent, definition=meaning("sent"), url=sent_url),
        _people(found, "open", found.measured_opens, of_label, campaign),
        _loads(found, "open", "proxy", campaign),
        _loads(found, "open", "machine", campaign),
        _people(found, "click", found.measured_clicks, of_label, campaign),
    ]


def _people(found: Counts, kind: str, of: int, of_label: str, campaign: Campaign) -> Step:
    n = found.people.get(kind, 0)
    return Step(
        kind, label(kind), n, of=of, of_label=of_label, definition=meaning(kind), url=rows.people_url(campaign, kind)
    )


def _loads(found: Counts, kind: str, verdict: str, campaign: Campaign) -> Step:
    key = f"{kind}_{verdict}"
    n = found.loads.get((kind, verdict), 0)
    url = rows.events_url(campaign, kind__exact=kind, verdict__exact=verdict)
    return Step(key, label(key), n, definition=meaning(key), kind="acts", url=url)


def _social_steps(campaign: Campaign, found: Counts) -> list[Step]:
    made = []
    for kind, is_people in SOCIAL:
        n = found.people.get(kind, 0) if is_people else sum(v for (k, _v), v in found.loads.items() if k == kind)
        made.append(
            Step(
                kind,
                label(kind),
                n,
                of=found.sent if is_people else 0,
                of_label=_("sent") if is_people else "",
                definition=meaning(kind),
                kind="people" if is_people else "acts",
                url=rows.people_url(campaign, kind) if is_people else rows.events_url(campaign, kind__exact=kind),
                is_social=True,
            )
        )
    return made


def series(found: Counts) -> list[Point]:
    """Return human opens and clicks by hour, by day when it went on for more than four days; gaps are zeros."""
    hours = sorted({hour for kind in found.hours.values() for hour in kind})
    if not hours:
        return []
    daily = hours[-1] - hours[0] > HOURLY_FOR
    step = timedelta(days=1) if daily else timedelta(hours=1)

    def start(at: datetime) -> datetime:
        local = timezone.localtime(at)
        return local.replace(hour=0) if daily else local

    opens: dict[datetime, int] = {}
    clicks: dict[datetime, int] = {}
    for target, kind in ((opens, "open"), (clicks, "click")):
        for hour, n in found.hours[kind].items():
            target[start(hour)] = target.get(start(hour), 0) + n
    points: list[Point] = []
    at = start(hours[0])
    while at <= start(hours[-1]) and len(points) < 1000:
        points.append(Point(at, opens.get(at, 0), clicks.get(at, 0)))
        at += step
    return points


# What the sentence above the picture names: one step of each stage; the picture has them all.
TOLD = {"open", "click", "shared", "earned_contact", "redeem", "conversion"}


def sentence(funnel: Sequence[Step]) -> str:
    """Return the funnel as one sentence, without a rate where there are too few to say one."""
    sent = next(step.n for step in funnel if step.key == "sent")
    if not sent:
        return _("Nothing was sent yet.")
    said = [_("%(n)s mails sent") % {"n": words.number(sent)} if sent != 1 else _("1 mail sent")]
    told = [step for step in funnel if step.key in TOLD or step.money]
    said += [_said(step) for step in told if step.n or step.money or not step.is_social]
    return ", ".join(said) + "."


def _said(step: Step) -> str:
    if step.money is not None:
        return f"{step.label}: {words.money(step.money)}"
    rate: Rate | None = step.rate
    if rate is None or rate.says_little:
        return f"{words.number(step.n)} {step.label}"
    return f"{words.number(step.n)} {step.label} ({words.rate(rate, short=True).replace(' (', '; ').rstrip(')')})"


def next_step(found: Counts) -> str:
    """Return what to do now that the numbers say."""
    if not found.sent:
        return _("Once mails are out, what people do shows here within seconds.")
    if found.sent < TOO_FEW:
        return _(
            "Fewer than %(n)s mails: too few for rates. Look at the people themselves; each number opens them."
        ) % {"n": TOO_FEW}
    if waiting := sum(found.states.get(state, 0) for state in ("queued", "deferred", "claimed", "committing")):
        return _("%(n)s mails are still to go: the numbers will move.") % {"n": words.number(waiting)}
    return ""


def notes(found: Counts) -> list[str]:
    """Return what one must know to read the numbers rightly."""
    said = []
    if found.sent and found.measured_opens < found.sent:
        said.append(
            _("%(n)s of %(of)s recipients agreed to be measured when they open; the others are the crowd.")
            % {"n": words.number(found.measured_opens), "of": words.number(found.sent)}
        )
    if found.crowd:
        loads = sum(found.crowd.get(kind, 0) for kind in ("open", "click"))
        if loads:
            said.append(_("%(n)s loads belong to nobody in particular: they are loads, not people.") % {"n": loads})
    if ambiguous := found.states.get(Delivery.State.AMBIGUOUS, 0):
        said.append(_("%(n)s mails are in doubt: they may have arrived.") % {"n": words.number(ambiguous)})
    return said
