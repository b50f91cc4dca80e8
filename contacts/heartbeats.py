"""Signs of life of the long-running services: worker, beat, ingest, sender.

beat("ingest")                    # every few seconds, from the service's own loop
ages()["beat"]                    # → 12.4 seconds since any node's beat was last seen
"""

from __future__ import annotations

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from contacts.models import Heartbeat

STALE_AFTER = 90.0  # seconds; three missed signs of the slowest service (one each 20-30 s)


def beat(service: str, node: str = "") -> None:
    """Note that this service of this node lives now.

    Writes:  one Heartbeat row per service and node, overwritten.
    """
    Heartbeat.objects.bulk_create(
        [Heartbeat(service=service, node=node or settings.NODE_NAME, at=timezone.now())],
        update_conflicts=True,
        unique_fields=["service", "node"],
        update_fields=["at"],
    )


def ages() -> dict[str, float]:
    """Return the seconds since each service was last seen on any node."""
    now = timezone.now()
    seen = Heartbeat.objects.values_list("service").annotate(last=Max("at"))
    return {service: (now - last).total_seconds() for service, last in seen}
