"""How often one asker may use a public form: so many an hour, remembered by a keyed hash that changes every day.

if not askers.may_ask(request, "join"):
    ...                                     # the page says so, 429, and nothing is written
"""

from __future__ import annotations

import hmac
import ipaddress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from contacts.models import Asking

MOST = {"join": 30, "your-data": 10}  # POSTs an hour; a shop's guests or a school share one address
KEEP = timedelta(days=1)


def may_ask(request: HttpRequest, form: str, now: datetime | None = None) -> bool:
    """Count this POST and say whether it is still within what one asker may do in an hour.

    Writes:  Asking(n + 1). The address itself is kept nowhere; an IPv6 asker is her /64.
    """
    now = now or timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    whose = {"form": form, "asker": asker(request.META.get("REMOTE_ADDR", ""), now), "hour": hour}
    with transaction.atomic():
        Asking.objects.bulk_create([Asking(**whose)], ignore_conflicts=True)
        Asking.objects.filter(**whose).update(n=F("n") + 1)
        return Asking.objects.get(**whose).n <= MOST[form]


def asker(ip: str, now: datetime) -> str:
    """Return 32 hex digits that stand for the asker on this day only."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        ip = str(mapped or ipaddress.ip_network(f"{ip}/64", strict=False).network_address)
    return hmac.digest(settings.ADDRESS_PEPPER.encode(), f"asker {now:%Y%m%d} {ip}".encode(), "sha256").hex()[:32]


def forget(now: datetime | None = None) -> int:
    """Delete the counts of yesterday and before and return how many."""
    return Asking.objects.filter(hour__lt=(now or timezone.now()) - KEEP).delete()[0]
