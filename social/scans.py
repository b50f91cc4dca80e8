"""Scans of QR codes, read from the spool: one `qr_scan` event each, of nobody in particular.

Named in settings.HIT_HANDLERS; the ingest calls `handle` inside its transaction with the hits on `/q/<token>`.
A voucher is scanned by its holder, a friend or a cashier's own phone alike, so a scan counts for the campaign and the
placement, never for a contact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.db.models import F
from django.utils import timezone

from campaigns.models import Event, Link
from campaigns.tracking.hits import Batch, Hit
from campaigns.tracking.rollups import Act
from campaigns.tracking.tokens import Purpose, read
from social.models import Claim, QRCode, QRScanDay
from social.offers.held import CLAIM_TOKEN

KINDS = "q"


def handle(hits: Sequence[Hit], batch: Batch) -> None:
    """Turn hits on QR addresses into scans.

    Reads:   Link and Claim by token, one query each.
    Writes:  QRScanDay; `qr_scan` events through the batch; HEAD requests and unknown tokens leave none.
    """
    shown = [hit for hit in hits if "h" not in hit.flags]
    placements = {
        str(token): (pk, campaign_id)
        for token, pk, campaign_id in Link.objects.filter(
            kind=Link.Kind.QR, token__in=[hit.token for hit in shown]
        ).values_list("token", "pk", "campaign_id")
    }
    vouchers = dict(
        Claim.objects.filter(token__in=[hit.token for hit in shown if len(hit.token) == CLAIM_TOKEN]).values_list(
            "token", "campaign_id"
        )
    )
    days: Counter[tuple[int, date]] = Counter()
    for hit in shown:
        if hit.token in placements:
            link_id, campaign_id = placements[hit.token]
            batch.add(_scan(hit, campaign_id=campaign_id, link_id=link_id))
            if hit.verdict == Event.Verdict.HUMAN and "p" not in hit.flags:
                days[link_id, timezone.localtime(hit.at).date()] += 1
        elif hit.token in vouchers:
            batch.add(_scan(hit, campaign_id=vouchers[hit.token], subject_kind="claim"))
        elif known := read(hit.token, Purpose.OFFER):
            batch.add(_scan(hit, campaign_id=known.campaign_id, subject_kind="offer"))
    _count(days)


def _count(days: Counter[tuple[int, date]]) -> None:
    """Add to the placements' days, inside the ingest's transaction: once, as the events are."""
    codes = dict(QRCode.objects.filter(link__in={link for link, _day in days}).values_list("link_id", "pk"))
    for (link, day), n in sorted(days.items()):
        if link in codes:
            row, _is_new = QRScanDay.objects.get_or_create(code_id=codes[link], day=day)
            QRScanDay.objects.filter(pk=row.pk).update(n=F("n") + n)


def _scan(hit: Hit, *, campaign_id: int | None, link_id: int | None = None, subject_kind: str = "") -> Act:
    return Act(
        kind="qr_scan",
        at=hit.at,
        key=hit.key,
        verdict=hit.verdict,
        rule=hit.rule,
        ruleset=hit.ruleset,
        campaign_id=campaign_id,
        link_id=link_id,
        device=hit.device,
        os=hit.os,
        subject_kind=subject_kind,
    )
