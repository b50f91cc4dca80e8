"""Where the mails went: for each receiving domain what it took, refused, complained about, and who opened there.

A domain that refuses or opens far less than the others says that its filters, not the readers, decide.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Delivery, Engagement
from campaigns.reports import tally
from campaigns.reports.counts import Counts
from campaigns.reports.measures import meaning
from campaigns.reports.rows import deliveries_url
from campaigns.reports.shapes import Column, Counted, Rate, Table
from campaigns.reports.shapes import Value as Cell

MOST = 15  # domains that stand by themselves, those with most mails
SENT = Q(state=Delivery.State.SENT)
COUNTS = {
    "tried": Count("pk"),
    "sent": Count("pk", filter=SENT),
    "bounced": Count("pk", filter=Q(bounced_at__isnull=False)),
    "deferred": Count("pk", filter=Q(state=Delivery.State.DEFERRED)),
    "complained": Count("pk", filter=Q(complained_at__isnull=False)),
    "measured": Count("pk", filter=SENT & Q(tracks_opens=True)),
}
TRIED = ["sent", "deferred", "failed", "committing", "ambiguous"]  # states of mails that a server was asked to take


def domain(of: str) -> Any:
    """Return the expression for the domain of an address, None of a contact without one."""
    return Substr(F(of), StrIndex(F(of), Value("@")) + 1)


def table(campaign: Campaign, found: Counts) -> Table:
    """Return the domains, the one with most mails first; the small ones together at the end."""
    counted = tally.kept(campaign, "domains", found.mark, lambda: count(campaign))
    rows = [_row(campaign, *line) for line in counted]
    return Table(
        "domains",
        _("Receiving domains"),
        [
            Column(_("domain")),
            Column(_("sent"), "number", meaning("sent")),
            Column(_("bounced"), "number", _("Mails that came back for good, at once or later. Of those tried there.")),
            Column(_("bounce rate"), "rate", _("Bounced, of the mails that this domain was asked to take.")),
            Column(_("waiting"), "number", _("Mails that the domain put off; they are tried again.")),
            Column(_("complaints"), "number", _("People who told their provider that it was spam, where it tells us.")),
            Column(_("opened"), "rate", meaning("open")),
        ],
        rows,
        note=_("A domain where far fewer open than elsewhere may be putting your mails into the spam folder."),
    )


def _row(campaign: Campaign, name: str, *numbers: int) -> list[Cell]:
    tried, sent, bounced, deferred, complained, measured, opened = numbers
    here = {"contact__email__endswith": f"@{name}"} if name not in {"", "*"} else None

    def rows(n: int, **which: object) -> Counted:
        return Counted(n, deliveries_url(campaign, **here, **which) if here and n else "")

    return [
        {"": _("address erased"), "*": _("all others")}.get(name, name),
        rows(sent, state__exact="sent"),
        rows(bounced, bounced_at__isnull="False"),
        Rate(bounced, tried),
        rows(deferred, state__exact="deferred"),
        rows(complained, complained_at__isnull="False"),
        Rate(min(opened, measured), measured),
    ]


def count(campaign: Campaign) -> list[list[Any]]:
    """Return [domain, tried, sent, bounced, deferred, complained, measured, opened] of each; '*' stands for the rest.

    Reads:   Delivery and Engagement of the campaign with their contacts' addresses: two queries.
    """
    mails = Delivery.objects.filter(campaign=campaign, state__in=TRIED)
    lines = [[row["domain"] or "", *(row[key] for key in COUNTS)] for row in _by_domain(mails).annotate(**COUNTS)]
    opened = dict(
        _by_domain(Engagement.objects.filter(campaign=campaign, kind="open"))
        .annotate(n=Count("pk"))
        .values_list("domain", "n")
    )
    lines = [[*line, opened.get(line[0] or None, 0)] for line in lines]
    lines.sort(key=lambda line: (-line[2], line[0]))
    named, rest = lines[:MOST], lines[MOST:]
    if rest:
        named.append(["*", *(sum(column) for column in zip(*(line[1:] for line in rest), strict=True))])
    return named


def _by_domain(rows: QuerySet[Any]) -> Any:
    return rows.annotate(domain=domain("contact__email")).order_by().values("domain")
