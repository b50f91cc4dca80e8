"""How often the button of a mail that asks for consent was followed, by the source people came from: of nobody.

    count(hits)      # ConsentVisit(campaign, source="shop").n + 1 for each visit by a person

The mail asks people who have not agreed to be measured. So no event, no time, no address and no contact is kept: the
visit adds one to its source's total, in the transaction that moves the spool's offset, hence once. A person who follows
the button twice counts twice; what robots say of themselves, HEAD requests and prefetches count nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import F

from campaigns.delivery.audience import ASKS_CONSENT
from campaigns.models import ConsentVisit, Delivery
from campaigns.tracking import classify, sorting
from campaigns.tracking.hits import Hit

KIND = "p"


def count(hits: Sequence[Hit]) -> int:
    """Add visits to the totals of their campaigns and sources, and return how many counted.

    Reads:   Delivery with its contact's source.
    Writes:  ConsentVisit, in key order; inside the caller's transaction.
    """
    for hit in hits:
        sorting.look_at(hit)
    people = [hit for hit in hits if hit.verdict == classify.HUMAN and not hit.flags]
    sources = _sources({hit.delivery_id for hit in people if hit.delivery_id})
    counted = Counter(sources[hit.delivery_id] for hit in people if hit.delivery_id in sources)
    for (campaign, source), n in sorted(counted.items()):
        row, _is_new = ConsentVisit.objects.get_or_create(campaign_id=campaign, source=source)
        ConsentVisit.objects.filter(pk=row.pk).update(n=F("n") + n)
    return counted.total()


def _sources(deliveries: set[int]) -> dict[int | None, tuple[int, str]]:
    """Return campaign and source behind each delivery that asks for consent; '' once the contact is erased."""
    if not deliveries:
        return {}
    rows = Delivery.objects.filter(pk__in=deliveries, campaign__trigger=ASKS_CONSENT)
    found = rows.values_list("pk", "campaign_id", "contact__source")
    return {pk: (campaign, source or "") for pk, campaign, source in found}
