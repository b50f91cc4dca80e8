"""Who writes to whom: without the right "write to everybody" only to the people of her shops, with approved mails.

segments_of(ines)             # → [People of Le Port]; None for who may write to everybody
visible(ines)                 # → the campaigns to these people alone
within(ines, None)            # → People of Le Port, beyond whom a draft of hers never goes
covers(campaign)              # → True: an approved template, unchanged, to a shop's own people: no second person needed

The shops stand on an upper floor, which lends them through settings.WRITERS_PEOPLE.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from campaigns.content import versions
from campaigns.delivery import control
from campaigns.models import Campaign, ContentVersion, EmailContent
from contacts import audit
from contacts.models import Segment

EVERYBODY = "campaigns.write_to_everybody"
WRITES = ("campaigns.add_campaign", "campaigns.change_campaign", "campaigns.start_campaign")
APPROVES = "campaigns.approve_campaign"
Person = User | AnonymousUser | Any


@cache
def _shops() -> Any:
    return import_module(settings.WRITERS_PEOPLE)


def is_bound(by: Person) -> bool:
    """Say whether a person writes to the people of her shops only; keys and the schedule are bound elsewhere."""
    return isinstance(by, User) and not by.has_perm(EVERYBODY) and any(map(by.has_perm, WRITES))


def segments_of(by: Person) -> list[Segment] | None:
    """Return the people whom a person may write to, one segment a shop; None when she may write to everybody."""
    return list(_shops().segments_of(by)) if is_bound(by) else None


def visible(by: Person, rows: QuerySet[Campaign] | None = None) -> QuerySet[Campaign]:
    """Return of these campaigns (of all) those that a person may look at."""
    rows = Campaign.objects.all() if rows is None else rows
    mine = segments_of(by)
    return rows if mine is None else rows.filter(within__in=mine)


def contents(by: Person, rows: QuerySet[EmailContent]) -> QuerySet[EmailContent]:
    """Return of these mails those that a person may look at: of her campaigns, and the templates approved for shops."""
    if not is_bound(by):
        return rows
    own = visible(by).filter(content__isnull=False).values("content")
    return rows.filter(Q(pk__in=own) | Q(pk__in=templates().values("pk")))


def templates() -> QuerySet[EmailContent]:
    """Return the templates that are approved for managers of shops."""
    return EmailContent.objects.filter(is_template=True, archived_at=None, approved_version__isnull=False)


def within(by: Person, asked: Segment | None) -> Segment | None:
    """Return the people beyond whom a draft of this person never goes: those asked for, or her only shop's.

    Raises:  control.Refused when they are not hers, or when she has several shops or none and named none.
    """
    mine = segments_of(by)
    if mine is None or asked in mine:
        return asked
    if asked is not None:
        raise control.Refused(_("“%(people)s” are not the people of your shop.") % {"people": asked})
    if not mine:
        raise control.Refused(_("No shop of yours has people yet. Ask an administrator to name them at the place."))
    if len(mine) > 1:
        raise control.Refused(_("You have several shops. Say to whose people this goes."))
    return mine[0]


def require(campaign: Campaign, by: Person) -> None:
    """Refuse a start to people who are not the writer's. Raises: control.Refused."""
    mine = segments_of(by)
    if mine is not None and campaign.within not in mine:
        raise control.Refused(_("You write to the people of your shop only: choose them in the step “People”."))


def source(template: EmailContent | None, by: Person) -> ContentVersion | None:
    """Return the version of a template that a person begins with: the approved one where she is bound, or the newest.

    Raises:  control.Refused when she is bound and none is approved, or none is named.
    """
    if not is_bound(by):
        return template.versions.order_by("-number").first() if template else None
    if template is None:
        raise control.Refused(_("You write with templates that are approved for shops. Choose one."))
    if template.approved_version is None or not template.is_template:
        raise control.Refused(_("“%(mail)s” is not approved for shops. Choose another template.") % {"mail": template})
    return template.approved_version


def may_change(by: Person, content: EmailContent) -> bool:
    """Say whether a person may write this mail: a bound one only those of her campaigns, templates never."""
    return not is_bound(by) or (not content.is_template and visible(by).filter(content=content).exists())


@transaction.atomic
def approve(template: EmailContent, by: User) -> ContentVersion:
    """Let managers of shops write with the template as it stands now, and return the version that they get.

    Writes:  the newest version published, so that it never changes; EmailContent.approved_version; an AuditEntry.
    Raises:  control.Refused for what is no template, or has no text yet; BadContent when the text has errors.
    """
    newest = template.versions.order_by("-number").first()
    if not template.is_template or newest is None:
        raise control.Refused(_("“%(mail)s” is no template with a text: only such are approved.") % {"mail": template})
    versions.publish(newest)
    EmailContent.objects.filter(pk=template.pk).update(approved_version=newest)
    audit.record(by, "approved template", template, version=newest.number)
    return newest


@transaction.atomic
def withdraw(template: EmailContent, by: User) -> None:
    """Let managers of shops write with the template no longer. Writes: EmailContent.approved_version, an AuditEntry."""
    EmailContent.objects.filter(pk=template.pk).update(approved_version=None)
    audit.record(by, "withdrew approval of template", template)


def covers(campaign: Campaign) -> bool:
    """Say whether the mail is a template's approved version, word for word, and goes to a shop's own people only."""
    begun = campaign.content.made_from if campaign.content else None
    if begun is None or begun.content.approved_version_id != begun.pk or campaign.within_id is None:
        return False
    newest = campaign.content.versions.order_by("-number").first() if campaign.content else None
    is_shop = _shops().is_shops(campaign.within)
    return bool(is_shop and newest is not None and _words(newest) == _words(begun))


def _words(version: ContentVersion) -> dict[str, Any]:
    return {
        body.language: (body.format, body.subject, body.preheader, body.source, [_bare(block) for block in body.blocks])
        for body in version.bodies.all()
    }


def _bare(block: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name != "id"}
