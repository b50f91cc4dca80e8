"""What an outgoing link says to our own shop: whose visit it is, opaque to everybody else, and words for statistics.

    stored = place("https://shop.example/sale?size=m#top", hosts())   # with slots before "#top"
    fill(stored, "0c00…")                  # → "https://shop.example/sale?size=m&ff=0c00…#top"
    fill(stored, "", "facebook")           # → "…?size=m&utm_source=facebook#top" where the brand has a template
    fill(stored, "")                       # → the address as it was, where nothing is measured and no template is set

The reference is the click's own token: it grants nothing but another visit. Only hosts of our brands and of
REFERENCE_HOSTS get it; parameters of the brand (contacts.utm) go to that brand's own website. docs/shops.md.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings

from contacts import utm
from contacts.models import Brand

SLOT = "\n"  # no target can hold one
NETWORK = "\t"  # nor this: where the network of a friend's click will stand
MAIL, SCAN, FRIEND = ("newsletter", "email"), ("qr", "offline"), (NETWORK, "social")  # network, medium


def hosts() -> dict[str, str]:
    """Return the hosts that are told, each with its brand's template; those of REFERENCE_HOSTS have none."""
    sites = Brand.objects.exclude(website="").order_by("pk").values_list("website", "link_parameters")
    told = dict.fromkeys(map(bare, settings.REFERENCE_HOSTS), "")
    for site, template in sites:
        host = bare(urlsplit(site).hostname or "")
        told[host] = told.get(host) or template
    told.pop("", None)
    return told


def bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def place(target: str, told: dict[str, str], *, campaign: str = "", is_scan: bool = False) -> str:
    """Return the target with slots, or as it is when its host (or a parent of it) is not told.

    Slots: address, parameters of a mail or a printed code, those of a friend's click, name of the reference, fragment.
    A parameter that the target has already is never written a second time.
    """
    try:
        host = bare(urlsplit(target).hostname or "")
    except ValueError:  # a bracket without its pair
        return target
    known = max((one for one in told if host == one or host.endswith(f".{one}")), key=len, default=None)
    if known is None:
        return target
    address, hash_, fragment = target.partition("#")
    own, friends = (
        _query(told[known], address, campaign=campaign, network=network, medium=medium)
        for network, medium in (SCAN if is_scan else MAIL, FRIEND)
    )
    return SLOT.join((address, own, friends, settings.REFERENCE_PARAMETER, f"{hash_}{fragment}"))


def _query(template: str, address: str, *, campaign: str, network: str, medium: str) -> str:
    written = {name for name, _value in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
    pairs = utm.filled(template, network=network, medium=medium, campaign=campaign)
    fresh = [(name, value) for name, value in pairs if name not in written]
    return urlencode(fresh, safe=NETWORK)


def fill(stored: str, reference: str, network: str = "") -> str:
    """Return the address with the reference and the parameters in their slots; without slot as it is.

    network  of the friend's page the click came from; '' for a mail's or a code's own
    """
    if SLOT not in stored:
        return stored
    address, own, friends, name, after = stored.split(SLOT)
    said = [friends.replace(NETWORK, network) if network else own, f"{name}={reference}" if reference else ""]
    query = "&".join(filter(None, said))
    return f"{address}{('&' if '?' in address else '?') if query else ''}{query}{after}"
