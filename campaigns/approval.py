"""Approval by a second person: asked for, given or sent back, with words; gone as soon as what was approved changes.

ask(campaign, marie, "Please look at the price")     # Marie may prepare, not send alone
approve(campaign, paul)                              # Paul is somebody else than who asked or wrote
standing(campaign).changes                           # → [Change("Subject (en)", "May", "June")]: approve it anew

Whose role lacks "start without approval" starts and schedules only what stands approved, or what an approved template
says word for word to a shop's own people (campaigns/writers.py). A start at a time asks again.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import writers
from campaigns.delivery import control
from campaigns.models import ApprovalStep, Campaign, ContentBody
from contacts import audit
from contacts.models import Segment

Kind = ApprovalStep.Kind
ALONE = "campaigns.start_unapproved"
APPROVES = "campaigns.approve_campaign"
DECIDED = (Kind.ASKED, Kind.APPROVED, Kind.DECLINED)
LABELS: dict[str, str | Promise] = {
    "topic": gettext_lazy("Topic"),
    "sender": gettext_lazy("Sender"),
    "to": gettext_lazy("To"),
    "not_to": gettext_lazy("But not to"),
    "within": gettext_lazy("Only among"),
    "everyone_reason": gettext_lazy("Why to everybody"),
    "tracking": gettext_lazy("Measurement"),
    "timing": gettext_lazy("Hour"),
    "holdout_percent": gettext_lazy("Control group"),
    "in_archive": gettext_lazy("In the public archive"),
    "subject": gettext_lazy("Subject"),
    "preheader": gettext_lazy("Preheader"),
    "mail": gettext_lazy("Mail"),
}


class NotApproved(control.Refused):
    """A start without the approval that it needs."""


@dataclass(frozen=True)
class Change:
    """What is not as it was approved: its name, and both states; of a mail's text only the lines that differ."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Standing:
    """Where the approval stands: `none`, `asked`, `approved`, `changed` (since it was approved) or `declined`."""

    state: str = "none"
    step: ApprovalStep | None = None
    changes: list[Change] = field(default_factory=list)
    steps: list[ApprovalStep] = field(default_factory=list)


# --- What was seen ---------------------------------------------------------------------------------------------------


def snapshot(campaign: Campaign) -> dict[str, Any]:
    """Return all that decides what people get and who they are, as JSON; pace and internal names are left out."""
    newest = campaign.content.versions.order_by("-number").first() if campaign.content else None
    bodies = newest.bodies.order_by("language") if newest else []
    return {
        "topic": str(campaign.topic or ""),
        "sender": str(campaign.sender or ""),
        "to": _segments(campaign.segments),
        "not_to": _segments(campaign.excluded_segments),
        "within": _segments(Segment.objects.filter(campaigns_within=campaign)),
        "everyone_reason": campaign.everyone_reason,
        "tracking": campaign.tracking,
        "timing": campaign.timing,
        "holdout_percent": campaign.holdout_percent,
        "in_archive": campaign.in_archive,
        "mails": {body.language: _mail(body) for body in bodies},
    }


def _segments(chosen: Any) -> dict[str, str]:
    """Return the segments with a mark of their rules: other rules are other people."""
    return {segment.name: _mark(segment.rules) for segment in chosen.order_by("name")}


def _mail(body: ContentBody) -> dict[str, Any]:
    lines = body.source.splitlines()
    if body.format == ContentBody.Format.BLOCKS:
        texts = [str(value) for block in body.blocks for key, value in block.items() if key != "id" and value]
        lines = [line for text in texts for line in text.splitlines()]
    whole = _mark([body.format, body.blocks, body.source])
    return {"subject": body.subject, "preheader": body.preheader, "lines": lines, "mark": whole}


def _mark(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two snapshots, in words."""
    found = [
        Change(str(LABELS[key]), _told(key, before.get(key)), _told(key, after.get(key)))
        for key in LABELS
        if key in after and before.get(key) != after.get(key)
    ]
    old, new = before.get("mails", {}), after.get("mails", {})
    for language in sorted({*old, *new}):
        found += _mail_changes(language, old.get(language) or {}, new.get(language) or {})
    return found


def _mail_changes(language: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    found = [
        Change(f"{LABELS[key]} ({language})", str(old.get(key, "")), str(new.get(key, "")))
        for key in ("subject", "preheader")
        if old.get(key, "") != new.get(key, "")
    ]
    if old.get("mark") == new.get("mark"):
        return found
    lines = list(difflib.unified_diff(old.get("lines", []), new.get("lines", []), n=0, lineterm=""))[2:]
    gone, come = ("\n".join(line[1:] for line in lines if line[0] == sign) for sign in "-+")
    if not (gone or come):
        come = _("the order or the look of its blocks")
    return [*found, Change(f"{LABELS['mail']} ({language})", gone, come)]


def _told(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} ({mark[:4]})" for name, mark in value.items())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices = dict(getattr(Campaign, key.title()).choices) if key in {"tracking", "timing"} else {}
    return str(choices.get(value, "" if value is None else value))


# --- Where it stands --------------------------------------------------------------------------------------------------


def standing(campaign: Campaign) -> Standing:
    """Return where the approval stands now. Reads: the steps, and the campaign's newest words when it was approved."""
    steps = list(campaign.approval_steps.select_related("by"))
    last = next((step for step in reversed(steps) if step.kind in DECIDED), None)
    if last is None:
        return Standing(steps=steps)
    approved = next((step for step in reversed(steps) if step.kind == Kind.APPROVED), None)
    differ = changes(approved.seen, snapshot(campaign)) if approved else []
    if last.kind == Kind.APPROVED:
        return Standing("changed" if differ else "approved", last, differ, steps)
    return Standing(str(last.kind), last, differ, steps)


def is_needed(campaign: Campaign, by: control.Actor) -> bool:
    """Say whether a second person must approve before this one starts it; the schedule starts for who set it."""
    if isinstance(by, User):
        return campaign.needs_approval or not by.has_perm(ALONE)
    return campaign.needs_approval


def require(campaign: Campaign, by: control.Actor) -> None:
    """Refuse a start that needs an approval and has none. Raises: NotApproved."""
    if campaign.kind != Campaign.Kind.CAMPAIGN or not is_needed(campaign, by):
        return
    found = standing(campaign)
    if found.state == "approved" or writers.covers(campaign):
        return
    if found.state == "changed":
        named = ", ".join(dict.fromkeys(change.label for change in found.changes))
        raise NotApproved(_("Changed since it was approved: %(what)s. Ask for approval again.") % {"what": named})
    raise NotApproved(_("A second person has to approve this campaign first. Ask for approval."))


# --- Verbs ------------------------------------------------------------------------------------------------------------


def ask(campaign: Campaign, by: User, words: str = "") -> ApprovalStep:
    """Ask a second person to look at the campaign as it stands. Raises: control.WrongState once it has started."""
    control.require(campaign, control.State.DRAFT, control.State.SCHEDULED)
    return _write(campaign, Kind.ASKED, by, words)


def approve(campaign: Campaign, by: User, words: str = "") -> ApprovalStep:
    """Approve the campaign as it stands.

    Raises:  control.Refused for who asked, or wrote the newest words: that would be no second pair of eyes.
    """
    control.require(campaign, control.State.DRAFT, control.State.SCHEDULED)
    newest = campaign.content.versions.order_by("-number").first() if campaign.content else None
    asked = campaign.approval_steps.filter(kind=Kind.ASKED).last()
    own = {newest.created_by_id if newest else None, asked.by_id if asked else campaign.created_by_id}
    if by.pk in own:
        raise control.Refused(_("You asked for it or wrote it yourself. Somebody else has to approve it."))
    return _write(campaign, Kind.APPROVED, by, words)


def decline(campaign: Campaign, by: User, words: str) -> ApprovalStep:
    """Send the campaign back with what must change. Raises: control.Refused without words."""
    control.require(campaign, control.State.DRAFT, control.State.SCHEDULED)
    return _write(campaign, Kind.DECLINED, by, _needed(words))


def comment(campaign: Campaign, by: User, words: str) -> ApprovalStep:
    """Say something about the campaign; decides nothing. Raises: control.Refused without words."""
    return _write(campaign, Kind.COMMENT, by, _needed(words))


def _needed(words: str) -> str:
    if not words.strip():
        raise control.Refused(_("Write what you want to say."))
    return words


def _write(campaign: Campaign, kind: Kind, by: User, words: str) -> ApprovalStep:
    seen = {} if kind == Kind.COMMENT else snapshot(campaign)
    step = ApprovalStep(campaign=campaign, kind=kind, words=words.strip()[:2000], seen=seen, by=by)
    step.save()
    if kind != Kind.COMMENT:
        audit.record(
            by,
            {Kind.ASKED: "asked approval of campaign", Kind.APPROVED: "approved campaign"}.get(
                kind, "sent back campaign"
            ),
            campaign,
        )
    return step
