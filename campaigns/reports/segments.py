"""Segments side by side: how each part of the audience took the same mail.

table(campaign, [vip, new])    # one row a segment; without segments, those the campaign was written to

Who belongs to a segment is asked now, not at the snapshot; a person may stand in several rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Delivery, Engagement
from campaigns.reports import tally
from campaigns.reports.measures import label, meaning
from campaigns.reports.shapes import TOO_FEW, Column, Rate, Table, Value
from contacts.models import Segment
from contacts.segments import sql
from contacts.segments.rules import BadRule

MOST = 6  # segments in one table
KINDS = ("open", "click", "share_intent", "redeem", "conversion")


def table(campaign: Campaign, chosen: Sequence[Segment] = ()) -> Table:
    """Return one row a segment: who got the mail, and what share of them did what."""
    rows: list[list[Value]] = []
    for segment in [*(chosen or campaign.segments.order_by("pk"))][:MOST]:
        counted = _kept(campaign, segment)
        if counted is None:
            continue
        sent, opens, clicks, *did = counted
        of = (opens, clicks, sent, sent, sent)
        rows.append([segment.name, sent, *(Rate(min(n, most), most) for n, most in zip(did, of, strict=True))])
    is_few = any(isinstance(row[1], int) and row[1] < TOO_FEW for row in rows)
    return Table(
        "segments",
        _("Segments compared"),
        [
            Column(_("segment")),
            Column(_("sent"), "number", meaning("sent")),
            *(Column(label(kind), "rate", meaning(kind)) for kind in KINDS),
        ],
        rows,
        note=_("Who belongs to a segment is asked now. A person may stand in several rows, so rows are not added up.")
        + (" " + _("Where too few got it, the people are shown and no rate.") if is_few else ""),
    )


def _kept(campaign: Campaign, segment: Segment) -> list[int] | None:
    """Return the counts, or None of a segment whose rules cannot be read any more.

    Without a mark of its own: who belongs to a segment changes by what no event of this campaign tells.
    """
    try:
        return tally.kept(campaign, f"segment {segment.pk}", "", lambda: count(campaign, segment))
    except BadRule:
        return None


def count(campaign: Campaign, segment: Segment) -> list[int]:
    """Return [sent, of them measured for opens, for clicks, then how many people did each of KINDS].

    Reads:   Delivery and Engagement of the campaign, the segment's rules over contacts: two queries.
    """
    members = sql.people(segment.rules).values("pk")
    mails = Delivery.objects.filter(campaign=campaign, state=Delivery.State.SENT, contact__in=members)
    got = mails.aggregate(
        sent=Count("pk"),
        opens=Count("pk", filter=Q(tracks_opens=True)),
        clicks=Count("pk", filter=Q(tracks_clicks=True)),
    )
    acts = Engagement.objects.filter(campaign=campaign, kind__in=KINDS, contact__in=members).order_by()
    did = dict(acts.values_list("kind").annotate(n=Count("pk")))
    return [got["sent"], got["opens"], got["clicks"], *(did.get(kind, 0) for kind in KINDS)]
