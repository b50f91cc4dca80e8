"""How a shop does with offers: counts of its last thirty days, of the shop as a whole and of nobody by name."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from social.models import Attempt, Place, Redemption

DAYS = 30


def sentence(place: Place) -> str:
    """Return "3 redemptions, 1 undone, 1 refused try" of the last thirty days.

    Reads:   Redemption by (place, at), Attempt of the place.
    """
    since = timezone.now() - timedelta(days=DAYS)
    counted = Redemption.objects.filter(place=place, at__gt=since).aggregate(
        used=Count("pk", filter=Q(kind=Redemption.Kind.REDEEM)),
        undone=Count("pk", filter=Q(kind=Redemption.Kind.REVERSE)),
    )
    tries = Attempt.objects.filter(place=place, at__gt=since).count()
    parts = [
        ngettext("%(n)d redemption", "%(n)d redemptions", counted["used"]) % {"n": counted["used"]},
        _("%(n)d undone") % {"n": counted["undone"]},
        ngettext("%(n)d refused try", "%(n)d refused tries", tries) % {"n": tries},
    ]
    return ", ".join(parts)
