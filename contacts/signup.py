"""What a sign-up form on any of our pages takes, and what is kept as evidence of it.

typed = newcomer(request)             # → Newcomer(email="ann@example.com", first_name="Ann", is_robot=False)
evidence(request, "/join/letter/")    # → {"page": "/join/letter/", "ip_prefix": "192.0.2.0"}
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Newcomer:
    """Who somebody says she is, cut to sane lengths. `is_robot`: filled in the field that people do not see."""

    email: str
    first_name: str
    is_robot: bool


def newcomer(request: HttpRequest) -> Newcomer:
    """Return what was typed into `public/newcomer.html`."""
    said = request.POST
    return Newcomer(
        email=str(said.get("email", ""))[:254].strip(),
        first_name=" ".join(str(said.get("first_name", "")).replace("\x00", "").split())[:80],
        is_robot=bool(said.get("website")),
    )


def too_often() -> str:
    """Return what somebody reads who has sent too many forms."""
    return _("Too many sign-ups came from your network within the hour. Try again in an hour.")


def evidence(request: HttpRequest, page: str) -> dict[str, Any]:
    """Return what is kept beside a consent: the page, and the network it came from."""
    return {"page": page, "ip_prefix": ip_prefix(request.META.get("REMOTE_ADDR", ""))}


def ip_prefix(ip: str) -> str:
    """Return the /24 of an IPv4 or the /48 of an IPv6 address, '' when it is none: too little to follow a person."""
    if "." in ip and ":" not in ip:
        return ip.rpartition(".")[0] + ".0"
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return ip_prefix(str(address.ipv4_mapped))
    return str(ipaddress.ip_network(f"{ip}/48", strict=False).network_address)
