"""What people relay: by what the share bar stands for, when, on which device, and by segment of the campaign.

Named in settings.REPORT_SECTIONS. Only shares with evidence count as relayed; when and on what is told of presses.

What a share bar stands for: its own `topic`, else the kind of block above it. One mail has few bars, so the table
takes in the brand's campaigns of the year before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay
from django.utils.dates import WEEKDAYS
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from campaigns.content.blocks import registry
from campaigns.models import Campaign, ContentBody, Delivery, Event
from campaigns.reports import tally
from campaigns.reports.measures import meaning
from campaigns.reports.segments import MOST
from campaigns.reports.shapes import TOO_FEW, Column, Rate, Section, Table, Value
from contacts.segments import sql
from contacts.segments.rules import BadRule
from social import subject
from social.models import EarnedVisit, ShareLink
from social.reports import CONFIRMED
from social.shrink import shrink

YEAR = timedelta(days=365)
CAMPAIGNS = 50  # the brand's latest of the year
WITHOUT_A_SAY = {"text", "heading", "divider", "spacer", "button", "share", "footer", "columns"}  # stand for nothing
SHARED = Q(link__share_link__composed_at__isnull=False) | Q(link__share_link__visited_at__isnull=False)


def section(campaign: Campaign) -> Section | None:
    """Return what is relayed, when, on what and by whom, or None where nobody pressed share.

    Reads:   ShareLink, EarnedVisit, Event and Delivery of the campaign; for topics, of the brand's year before.
    """
    pressed = ShareLink.objects.filter(campaign=campaign, contact__isnull=False, intended_at__isnull=False)
    times = by_time(pressed)
    if not times:
        return None
    tables = [_topics(campaign), _times(times), _devices(by_device(campaign)), _segments(campaign)]
    return Section(key="relay", title=_("What they relay"), tables=[table for table in tables if table.rows])


# --- By topic --------------------------------------------------------------------------------------------------------


@dataclass
class Relayed:
    """A topic: mails that had a bar for it, people who shared with evidence, their links, others' visits."""

    label: str
    mails: int = 0
    people: int = 0
    links: int = 0
    visits: int = 0
    campaigns: set[int] = field(default_factory=set)


def topic_of(blocks: Sequence[dict[str, Any]], block: str) -> str:
    """Return what the bar stands for: its topic, else the name of the kind of block above it that says something."""
    bar = subject.share_bar(blocks, block)
    if topic := str(bar.get("topic") or "").strip():
        return topic
    kinds = registry()
    above = blocks[: next((at for at, found in enumerate(blocks) if found is bar), 0)]
    for found in reversed(above):
        kind = str(found.get("type") or "")
        if kind in kinds and kind not in WITHOUT_A_SAY:
            return str(kinds[kind].label)
    return _("the mail as a whole")


def _year(campaign: Campaign) -> list[Campaign]:
    """This campaign and the brand's others of the year before, the latest first."""
    brand = subject.brand_of(campaign)
    rows = Campaign.objects.filter(content__brand_id=brand.pk or 0, content_version__isnull=False)
    before = rows.exclude(pk=campaign.pk).order_by("-pk")
    if campaign.audience_at is not None:
        before = before.filter(audience_at__gt=campaign.audience_at - YEAR, audience_at__lte=campaign.audience_at)
    return [campaign, *before[: CAMPAIGNS - 1]]


def by_topic(campaign: Campaign) -> list[Relayed]:
    """Return the topics of the brand's share bars of a year, with what became of them."""
    campaigns = _year(campaign)
    ids = [one.pk for one in campaigns]
    bodies = _bodies(campaigns)
    counted = tally.kept(campaign, "relay topics", "", lambda: _count(ids))
    mails = dict(counted["mails"])
    found: dict[str, Relayed] = {}
    for pk, block, people, links, visits in _with_unshared(counted["shares"], bodies):
        label = topic_of(bodies.get(pk, []), block)
        topic = found.setdefault(label.casefold(), Relayed(label))
        if pk not in topic.campaigns:
            topic.mails += mails.get(pk, 0)
            topic.campaigns.add(pk)
        topic.people, topic.links, topic.visits = topic.people + people, topic.links + links, topic.visits + visits
    return [topic for topic in found.values() if topic.mails]


def _bodies(campaigns: Iterable[Campaign]) -> dict[int, list[dict[str, Any]]]:
    """The blocks of each campaign, of the language that its brand writes first, so that a topic is told once."""
    versions = {one.content_version_id: one.pk for one in campaigns if one.content_version_id}
    rows = ContentBody.objects.filter(version__in=versions).select_related("version__content__brand").order_by("pk")
    found: dict[int, list[dict[str, Any]]] = {}
    for body in rows:
        pk = versions[body.version_id]
        if pk not in found or body.language == body.version.content.brand.default_language:
            found[pk] = [one for one in body.blocks if isinstance(one, dict)] if isinstance(body.blocks, list) else []
    return found


def _with_unshared(shares: Sequence[Sequence[Any]], bodies: dict[int, list[dict[str, Any]]]) -> list[Sequence[Any]]:
    """Add the bars that nobody shared from: they too went out with their topic."""
    told = {(pk, block) for pk, block, *_rest in shares}
    bars = [
        (pk, str(one.get("id") or "")) for pk, blocks in bodies.items() for one in blocks if one.get("type") == "share"
    ]
    return [*shares, *((pk, block, 0, 0, 0) for pk, block in bars if (pk, block) not in told)]


def _count(ids: list[int]) -> dict[str, list[list[Any]]]:
    """Return mails sent by campaign, and people, links and visits by campaign and bar: three queries."""
    sent = Delivery.objects.filter(campaign__in=ids, state=Delivery.State.SENT).order_by()
    mails = sent.values_list("campaign").annotate(n=Count("pk"))
    links = ShareLink.objects.filter(CONFIRMED, campaign__in=ids, contact__isnull=False).order_by()
    shares = links.values_list("campaign", "block").annotate(people=Count("contact", distinct=True), n=Count("pk"))
    came = EarnedVisit.objects.filter(
        share_link__campaign__in=ids, share_link__contact__isnull=False, is_sharer=False
    ).order_by()
    visits = {
        (pk, block): n
        for pk, block, n in came.values_list("share_link__campaign", "share_link__block").annotate(n=Count("pk"))
    }
    return {
        "mails": [list(row) for row in mails],
        "shares": [[*row, visits.get((row[0], row[1]), 0)] for row in shares],
    }


def _topics(campaign: Campaign) -> Table:
    topics = sorted(by_topic(campaign), key=lambda topic: topic.label.casefold())
    rates = shrink([(min(topic.people, topic.mails), topic.mails) for topic in topics])
    visits = shrink([(topic.visits, topic.links) for topic in topics], counts=True)
    together = list(zip(topics, rates, visits, strict=True))
    is_ranked = sum(topic.people for topic in topics) >= TOO_FEW
    if is_ranked:
        together.sort(key=lambda row: -(row[1].value or 0))
    note = _("This campaign and the brand's others of the year before, 50 at most.")
    few = _("Fewer than %(n)d people shared: too few to rank, so topics stand by name.") % {"n": TOO_FEW}
    return Table(
        "relay_topics",
        _("What do they relay?"),
        _topic_columns(),
        [
            [topic.label, topic.mails, topic.people, Rate(rate.n, rate.of), rate, topic.visits, *_span(seen)]
            for topic, rate, seen in together
        ],
        note=note if is_ranked else f"{note} {few}",
    )


def _span(seen: Any) -> list[Value]:
    return [seen.value, seen.low, seen.high] if seen.mean else [None, None, None]


def _topic_columns() -> list[Column]:
    drawn = _(
        "Drawn towards the mean of all topics, the more the fewer there were, so that three shares make no winner."
    )
    return [
        Column(_("topic"), "text", _("The share bar's own topic; where it has none, the kind of block above it.")),
        Column(_("mails"), "number", _("Mails sent that had such a share bar.")),
        Column(_("shared"), "number", meaning("shared")),
        Column(_("of mails"), "rate", _("As seen, nothing drawn anywhere.")),
        Column(_("to be expected"), "rate", drawn),
        Column(_("friends' visits"), "number", meaning("earned_visit")),
        Column(_("visits per share"), "number", _("Friends' visits per confirmed share.") + " " + drawn),
        Column(_("at least"), "number", _("Lower end of the interval of visits per share, right 95 times in 100.")),
        Column(_("at most"), "number", _("Upper end of the interval of visits per share, right 95 times in 100.")),
    ]


# --- When, and on what -----------------------------------------------------------------------------------------------


def by_time(pressed: QuerySet[ShareLink]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return (presses, with evidence) by weekday (1 = Monday) and quarter of the day, in the site's zone."""
    zone = get_default_timezone()
    hours = (
        pressed.annotate(
            day=ExtractIsoWeekDay("intended_at", tzinfo=zone), hour=ExtractHour("intended_at", tzinfo=zone)
        )
        .order_by()
        .values_list("day", "hour")
        .annotate(n=Count("pk"), shared=Count("pk", filter=CONFIRMED))
    )
    found: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for day, hour, n, shared in hours:
        slot = (day, hour // 6)
        found[slot] = (found[slot][0] + n, found[slot][1] + shared)
    return dict(found)


def time_name(slot: tuple[int, int]) -> str:
    """Return "Monday, 6 to 12"."""
    day, quarter = slot
    return _("%(day)s, %(from)s to %(to)s") % {"day": WEEKDAYS[day - 1], "from": quarter * 6, "to": quarter * 6 + 6}


def _times(found: dict[tuple[int, int], tuple[int, int]]) -> Table:
    total = sum(n for n, _shared in found.values())
    is_ranked = total >= TOO_FEW
    slots = sorted(found, key=lambda slot: (-found[slot][0], slot) if is_ranked else (0, slot))
    zone = _("Hours of %(zone)s.") % {"zone": get_default_timezone()}
    few = _("Fewer than %(n)d presses: too few to say a best time, so they stand in the week's order.") % {"n": TOO_FEW}
    return Table(
        "relay_times",
        _("When they share"),
        [Column(_("weekday and hours")), *_press_columns()],
        [[time_name(slot), *_presses(found[slot], total)] for slot in slots],
        note=zone if is_ranked else f"{zone} {few}",
    )


def _press_columns() -> list[Column]:
    return [
        Column(_("pressed"), "number", _("Links made by a press on our share page: an intent, not a post.")),
        Column(
            _("with evidence"), "number", _("Of them, links that the network's robot fetched or a friend followed.")
        ),
        Column(_("part"), "rate", _("Of all presses of this campaign.")),
    ]


def _presses(row: tuple[int, int], total: int) -> list[Value]:
    return [row[0], row[1], Rate(row[0], total)]


def by_device(campaign: Campaign, people: Any = None) -> dict[str, tuple[int, int]]:
    """Return (presses, with evidence) by the device on which the button was pressed; '' = not known."""
    rows = Event.objects.filter(campaign=campaign, kind=Event.Kind.SHARE_INTENT, contact__isnull=False)
    if people is not None:
        rows = rows.filter(contact__in=people)
    counted = rows.order_by().values_list("device").annotate(n=Count("pk"), shared=Count("pk", filter=SHARED))
    return {device: (n, shared) for device, n, shared in counted}


def device_name(device: str) -> str:
    """Return the device's name in the reader's language."""
    return str(dict(Event.Device.choices).get(device, device))


def _devices(found: dict[str, tuple[int, int]]) -> Table:
    total = sum(n for n, _shared in found.values())
    return Table(
        "relay_devices",
        _("On which device they share"),
        [Column(_("device"), "text", _("Where the share button was pressed.")), *_press_columns()],
        [
            [device_name(device), *_presses(found[device], total)]
            for device in sorted(found, key=lambda key: (-found[key][0], key))
        ],
    )


# --- By segment ------------------------------------------------------------------------------------------------------


def _segments(campaign: Campaign) -> Table:
    """One row for each segment the campaign was written to; a person may stand in several."""
    rows = [row for segment in campaign.segments.order_by("pk")[:MOST] if (row := _segment_row(campaign, segment))]
    few = _("too few to say")
    return Table(
        "relay_segments",
        _("What each segment relays"),
        [
            Column(_("segment")),
            Column(_("mails"), "number", meaning("sent")),
            Column(_("shared"), "rate", meaning("shared")),
            Column(_("friends' visits"), "number", meaning("earned_visit")),
            Column(_("topic"), "text", _("What most of its shares with evidence were about.")),
            Column(_("time"), "text", _("Weekday and hours of most of its presses.")),
            Column(_("device"), "text", _("Where most of its presses were made.")),
        ],
        rows,
        note=_("Below %(n)d shares or presses: “%(few)s”. Who belongs to a segment is asked now.")
        % {"n": TOO_FEW, "few": few},
    )


def _segment_row(campaign: Campaign, segment: Any) -> list[Value] | None:
    """The counts, or None of a segment whose rules cannot be read any more."""
    try:
        people = sql.people(segment.rules).values("pk")
    except BadRule:
        return None
    links = ShareLink.objects.filter(campaign=campaign, contact__in=people)
    shared = links.filter(CONFIRMED)
    sent = Delivery.objects.filter(campaign=campaign, state=Delivery.State.SENT, contact__in=people).count()
    sharers = shared.values("contact_id").distinct().count()
    visits = EarnedVisit.objects.filter(share_link__in=links, is_sharer=False).count()
    blocks = _bodies([campaign]).get(campaign.pk, [])
    topics: dict[str, int] = defaultdict(int)
    for block, n in shared.order_by().values_list("block").annotate(n=Count("pk")):
        topics[topic_of(blocks, block)] += n
    times = {time_name(slot): n for slot, (n, _shared) in by_time(links.filter(intended_at__isnull=False)).items()}
    devices = {device_name(device): n for device, (n, _shared) in by_device(campaign, people).items()}
    return [segment.name, sent, Rate(min(sharers, sent), sent), visits, *map(_most, (topics, times, devices))]


def _most(found: dict[str, int]) -> str:
    if sum(found.values()) < TOO_FEW:
        return _("too few to say")
    return min(found, key=lambda name: (-found[name], name))
