"""Who is behind a number of a report: the people, newest act first, and the same people as a segment.

    behind(campaign, "click")             # → Engagement rows with their contact
    behind(campaign, "click", link=3)     # → LinkEngagement rows: who followed link 3
    segment = save(campaign, "redeem")    # → Segment "Spring letter: redeemed", rules over what people did

Only people who agreed to be measured have rows for opens and clicks; the crowd has none.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Delivery, Engagement, Event, LinkEngagement
from contacts.models import Segment
from contacts.segments import sql

SORTED = 10_000  # people who are sorted for a page; of more, who was added last stands first
LONGEST_NAME = 120  # characters of a segment's name


class UnknownAct(LookupError):
    """No such kind of act, or no link of that number in this campaign."""


def behind(
    campaign: Campaign, kind: str, *, link: int | None = None
) -> QuerySet[Engagement] | QuerySet[LinkEngagement]:
    """Return one row for each person who did it, with `contact`, `first_at`, `last_at` and `n`, the latest act first;
    of more than SORTED people those who were added last.

    Raises:  UnknownAct for a kind that is none, and for a link number the campaign does not have.
    """
    if kind not in Event.Kind.values:
        raise UnknownAct(_("There is no act “%(kind)s”.") % {"kind": kind})
    if link is None:
        rows = Engagement.objects.filter(campaign=campaign, kind=kind, contact__isnull=False)
        is_sorted = rows.order_by()[: SORTED + 1].count() <= SORTED
        order = ("-last_at", "-pk") if is_sorted else ("-contact",)  # as the unique index has them
        return rows.select_related("contact").order_by(*order)
    if not campaign.links.filter(number=link).exists():
        raise UnknownAct(_("The campaign has no link %(number)s.") % {"number": link})
    followed = LinkEngagement.objects.filter(link__campaign=campaign, link__number=link, contact__isnull=False)
    return followed.select_related("contact").order_by("-last_at", "-pk")


def rules(campaign: Campaign, kind: str, *, link: int | None = None) -> dict[str, object]:
    """Return the segment rule that holds for exactly these people, and for who joins them later."""
    if link is not None:
        return {"field": "followed_link", "op": "did", "value": {"campaign": campaign.pk, "link": link}}
    return {"field": "acted", "op": "did", "value": {"campaign": campaign.pk, "kind": kind}}


def save(campaign: Campaign, kind: str, *, link: int | None = None) -> Segment:
    """Keep these people as a segment and return it; pressing twice gives the same one.

    Writes:  Segment.
    Raises:  UnknownAct, BadRule.
    """
    behind(campaign, kind, link=link)
    rule = rules(campaign, kind, link=link)
    sql.check_cycles(rule, None)
    segment, _is_new = Segment.objects.get_or_create(name=name(campaign, kind, link=link), defaults={"rules": rule})
    return segment


def save_version(campaign: Campaign, number: int) -> Segment:
    """Keep those who were sent one version of the mail as a segment and return it; again gives the same one.

    Writes:  Segment.
    Raises:  UnknownAct for a version that nobody was sent.
    """
    sent = campaign.deliveries.filter(state=Delivery.State.SENT, content_version__number=number)
    if not sent.exists():
        raise UnknownAct(_("Nobody was sent version %(number)s of this campaign.") % {"number": number})
    rule = {"field": "sent_version", "op": "did", "value": {"campaign": campaign.pk, "version": number}}
    title = _named(campaign, _("was sent version %(number)s") % {"number": number})
    segment, _is_new = Segment.objects.get_or_create(name=title, defaults={"rules": rule})
    return segment


def those(campaign: Campaign, *, version: int | None = None, link: int | None = None) -> Segment:
    """Return the segment of who was sent a version, or else of who followed a link. Raises: UnknownAct."""
    if version is not None:
        return save_version(campaign, version)
    return save(campaign, Event.Kind.CLICK, link=link)


def name(campaign: Campaign, kind: str, *, link: int | None = None) -> str:
    """Return what the people are called: "Spring letter: clicked link 3 (7)"; the number keeps it apart."""
    did = _("followed link %(number)s") % {"number": link} if link is not None else str(Event.Kind(kind).label)
    return _named(campaign, did)


def _named(campaign: Campaign, did: str) -> str:
    end = f": {did} ({campaign.pk})"
    return f"{campaign.name[: LONGEST_NAME - len(end)]}{end}"
