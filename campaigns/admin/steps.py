"""The five steps of a campaign, each in a line: what was chosen and whether it is enough to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from liquid.exceptions import LiquidError

from campaigns.content import merge
from campaigns.delivery import audience, progress
from campaigns.models import AudienceExclusion, Campaign, ContentBody, ContentVersion
from contacts.models import Subscription

if TYPE_CHECKING:
    from campaigns.content.checks import Finding


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `state` is done, todo or problem."""

    key: str
    title: str
    summary: str
    state: str

    @property
    def word(self) -> str:
        return {"done": _("ready"), "todo": _("to be done"), "problem": _("look here")}[self.state]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page says beside its form."""

    steps: list[Step]
    people: int
    left_out: list[tuple[str, int]]
    findings: list[Finding]
    languages: list[str]
    confirmation: str
    lacks_people: bool

    @property
    def is_ready(self) -> bool:
        return all(step.state == "done" for step in self.steps[:4])


def overview(campaign: Campaign) -> Overview:
    """Return the five steps of a campaign as it stands."""
    from campaigns.content import checks

    is_open = campaign.state in (Campaign.State.DRAFT, Campaign.State.SCHEDULED)
    counted = audience.count(campaign) if is_open else frozen(campaign)
    findings = checks.check(campaign) if is_open else []
    newest = newest_version(campaign)
    steps = [
        people_step(campaign, counted),
        content_step(campaign, newest),
        share_step(newest),
        check_step(campaign, findings),
        send_step(campaign),
    ]
    labels = dict(AudienceExclusion.Reason.choices)
    return Overview(
        steps,
        counted.reachable,
        [
            (str(labels.get(reason, reason)), n)
            for reason, n in sorted(counted.excluded.items(), key=lambda pair: -pair[1])
        ],
        findings,
        overview_languages(campaign),
        confirmation(campaign, counted.reachable),
        is_open and not counted.reachable and nobody_subscribes(campaign),
    )


def nobody_subscribes(campaign: Campaign) -> bool:
    """Say whether the topic has not one subscriber, so that no choice of people can reach anybody."""
    return not Subscription.objects.filter(topic=campaign.topic_id, state=Subscription.State.SUBSCRIBED).exists()


def by_size(pair: tuple[str, int]) -> int:
    return -pair[1]


def number(n: int) -> str:
    """Return a number as the reader's language writes it."""
    return number_format(n, force_grouping=True)


def time_left(seconds: float) -> str:
    """Return how long it will take, in the two largest units that matter."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("about %(hours)s h %(minutes)s min left") % {"hours": hours, "minutes": minutes}
    return _("about %(n)s days left") % {"n": round(hours / 24)}


def frozen(campaign: Campaign) -> audience.AudienceCount:
    """Return the audience as it was frozen at the start."""
    return audience.AudienceCount(
        progress.progress(campaign).total, dict(campaign.exclusions.values_list("reason", "n"))
    )


def people_step(campaign: Campaign, counted: audience.AudienceCount) -> Step:
    if campaign.kind == Campaign.Kind.TRANSACTIONAL:
        return Step("people", _("People"), _("Whoever causes “%(trigger)s”") % {"trigger": campaign.trigger}, "done")
    names = [str(segment) for segment in campaign.segments.all()]
    if campaign.within is not None:
        only = str(campaign.within)
        names = (
            [_("%(segments)s, only among %(people)s") % {"segments": ", ".join(names), "people": only}]
            if names
            else [only]
        )
    if not names and not campaign.everyone_reason:
        return Step("people", _("People"), _("Choose a segment, or say why everybody of the topic gets it."), "todo")
    whom = ", ".join(names) or _("everybody of the topic")
    left_out = sum(counted.excluded.values())
    people = ngettext("%(n)s person", "%(n)s people", counted.reachable) % {"n": number(counted.reachable)}
    summary = f"{people}: {whom}"
    if left_out:
        summary += " · " + _("%(n)s left out") % {"n": number(left_out)}
    return Step("people", _("People"), summary, "done" if counted.reachable else "problem")


def newest_version(campaign: Campaign) -> ContentVersion | None:
    """Return the version that a start would publish, or the one that was sent."""
    if campaign.content_version_id:
        return campaign.content_version
    return campaign.content.versions.first() if campaign.content else None


def as_unknown_person(body: ContentBody) -> str:
    """Return the subject as somebody reads it of whom nothing is known; as written when it is no valid Liquid."""
    try:
        return merge.parse(body.subject, language=body.language, autoescape=False).render()
    except LiquidError:
        return body.subject


def content_step(campaign: Campaign, newest: ContentVersion | None) -> Step:
    if campaign.content is None:
        return Step("content", _("Content"), _("Choose a mail, or write one."), "todo")
    if newest is None:
        return Step("content", _("Content"), _("“%(mail)s” has no text yet.") % {"mail": campaign.content}, "todo")
    bodies = list(newest.bodies.all())
    subject = next((as_unknown_person(body) for body in bodies if body.subject), "")
    languages = ", ".join(sorted(body.language for body in bodies))
    summary = _("“%(subject)s” · version %(n)s · %(languages)s")
    return Step(
        "content", _("Content"), summary % {"subject": subject, "n": newest.number, "languages": languages}, "done"
    )


def share_step(newest: ContentVersion | None) -> Step:
    """Name the blocks that bring something back: share bar, offer, QR code."""
    from campaigns.content import blocks

    known = blocks.registry()
    used: dict[str, None] = {}
    for body in newest.bodies.all() if newest else []:
        for block in body.blocks:
            kind = known.get(str(block.get("type", "")))
            if kind is not None and kind.scope != "public" and kind.kind != "footer":
                used[str(kind.label)] = None
    if not used:
        return Step("share", _("Share & offer"), _("Nothing to share and no offer in this mail."), "done")
    return Step("share", _("Share & offer"), ", ".join(used), "done")


def check_step(campaign: Campaign, findings: Sequence[Finding]) -> Step:
    if campaign.state not in (Campaign.State.DRAFT, Campaign.State.SCHEDULED):
        return Step("check", _("Check"), _("Checked at the start."), "done")
    errors = sum(finding.level == "error" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if errors:
        words = ngettext("%(n)d thing stands in the way.", "%(n)d things stand in the way.", errors) % {"n": errors}
        return Step("check", _("Check"), words, "problem")
    if warnings:
        words = ngettext("Ready, with %(n)d remark.", "Ready, with %(n)d remarks.", warnings) % {"n": warnings}
        return Step("check", _("Check"), words, "done")
    return Step("check", _("Check"), _("Nothing stands in the way."), "done")


def send_step(campaign: Campaign) -> Step:
    state = Campaign.State
    pace = _("as fast as the relays allow")
    if campaign.pace_per_hour:
        pace = _("%(n)s mails an hour") % {"n": number(campaign.pace_per_hour)}
    if campaign.state == state.SCHEDULED and campaign.scheduled_at:
        at = date_format(timezone.localtime(campaign.scheduled_at), "DATETIME_FORMAT")
        summary = _("Starts %(at)s, %(pace)s") % {"at": at, "pace": pace}
        if campaign.timing != Campaign.Timing.AT_ONCE:
            summary += ", " + campaign.get_timing_display()
        return Step("send", _("Send"), summary, "done")
    if campaign.state == state.DRAFT:
        if campaign.sender is None:
            return Step("send", _("Send"), _("Choose who writes."), "todo")
        return Step(
            "send", _("Send"), _("From %(sender)s, %(pace)s") % {"sender": campaign.sender, "pace": pace}, "todo"
        )
    if campaign.state == state.PAUSED:
        return Step("send", _("Send"), campaign.paused_reason or _("Paused."), "problem")
    return Step("send", _("Send"), f"{campaign.get_state_display()}, {pace}", "done")


def overview_languages(campaign: Campaign) -> list[str]:
    """Return the languages the mail is written in, the brand's first; the site's when there is no mail yet."""
    newest = newest_version(campaign)
    if newest is None or campaign.content is None:
        return [settings.LANGUAGE_CODE]
    first = campaign.content.brand.default_language
    found = sorted(newest.bodies.values_list("language", flat=True), key=lambda language: (language != first, language))
    return found or [settings.LANGUAGE_CODE]


def confirmation(campaign: Campaign, people: int) -> str:
    """Return the sentence that stands over the button that starts."""
    if campaign.kind == Campaign.Kind.TRANSACTIONAL:
        return _("From now on this mail goes out whenever “%(trigger)s” happens.") % {"trigger": campaign.trigger}
    held_back = people * campaign.holdout_percent // 100
    words = ngettext(
        "Send to %(n)s person now. You can pause, but mails already out stay out.",
        "Send to %(n)s people now. You can pause, but mails already out stay out.",
        people,
    ) % {"n": number(people)}
    if held_back:
        words += " " + _("About %(n)s of them are the control group and get nothing.") % {"n": number(held_back)}
    return words
