"""What hangs on an offer beside its own row, told by one statement: its limits, and which other rules there are.

terms = terms_of(offer, ann.pk)     # → Terms(limits=[(3, "total", 500)], has_places=True, …)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection

from social.models import Offer

SQL = """
    SELECT id, scope, max_uses FROM social_offerlimit WHERE offer_id = %s
    UNION ALL SELECT 0, 'blackouts', 0 WHERE EXISTS (SELECT 1 FROM social_offerblackout WHERE offer_id = %s)
    UNION ALL SELECT 0, 'places', 0 WHERE EXISTS (SELECT 1 FROM social_offer_places WHERE offer_id = %s)
    UNION ALL SELECT 0, 'referral', 0 WHERE EXISTS (
        SELECT 1 FROM social_referral WHERE friend_id = %s AND state = 'held' AND qualified_at IS NULL)
    ORDER BY 1
"""


@dataclass(frozen=True)
class Terms:
    """An offer's limits by id, and whether it names days or shops, and whether a referral waits for the contact."""

    limits: list[tuple[int, str, int]] = field(default_factory=list)
    has_blackouts: bool = False
    has_places: bool = False
    has_referral: bool = False


def terms_of(offer: Offer, contact_id: int | None) -> Terms:
    """Return the offer's terms for a contact, None for nobody known.

    Reads:   OfferLimit, OfferBlackout, the offer's shops, Referral.
    """
    with connection.cursor() as cursor:
        cursor.execute(SQL, [offer.pk, offer.pk, offer.pk, contact_id])
        rows = cursor.fetchall()
    named = {scope for pk, scope, _most in rows if not pk}
    return Terms(
        limits=[(pk, scope, most) for pk, scope, most in rows if pk],
        has_blackouts="blackouts" in named,
        has_places="places" in named,
        has_referral="referral" in named,
    )
