"""What an outgoing link says to our own shop: whose visit this is, opaque to everybody else, for some weeks.

    stored = place("https://shop.example/sale?size=m#top", {"shop.example"})   # with a slot before "#top"
    fill(stored, "0c00…")     # → "https://shop.example/sale?size=m&ff=0c00…#top"
    fill(stored, "")          # → the address as it was: nothing is said where clicks are not measured

The reference is the click's own token: it grants nothing but another visit. Only hosts of our brands and of
REFERENCE_HOSTS get it. The shop gives it back with the order: docs/shops.md.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from contacts.models import Brand

SLOT = "\n"  # no target can hold one


def hosts() -> set[str]:
    """Return the hosts that are told: those of the brands' websites and of settings.REFERENCE_HOSTS."""
    sites = Brand.objects.exclude(website="").values_list("website", flat=True)
    return {*(bare(urlsplit(site).hostname or "") for site in sites), *map(bare, settings.REFERENCE_HOSTS)} - {""}


def bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def place(target: str, told: set[str]) -> str:
    """Return the target with a slot for the reference, or as it is when its host (or a parent of it) is not told."""
    try:
        host = bare(urlsplit(target).hostname or "")
    except ValueError:  # a bracket without its pair
        return target
    if not any(host == known or host.endswith(f".{known}") for known in told):
        return target
    address, hash_, fragment = target.partition("#")
    name = settings.REFERENCE_PARAMETER
    return f"{address}{SLOT}{'&' if '?' in address else '?'}{name}={SLOT}{hash_}{fragment}"


def fill(stored: str, reference: str) -> str:
    """Return the address with the reference in its slot; without slot as it is, without reference as it was."""
    if SLOT not in stored:
        return stored
    before, name, after = stored.split(SLOT)
    return f"{before}{name}{reference}{after}" if reference else before + after
