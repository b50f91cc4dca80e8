"""Networks on which one may be a fan: those one shares to that are networks of people, and those one only follows.

names()                                    # → {"facebook": "Facebook", "instagram": "Instagram", …}
seen("Mozilla/5.0 … Instagram 340.0")      # → "instagram": whose own browser, or whose pages, a person comes from
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from social.networks import registry

SHOP = "shop"  # a code that hangs in our shops only: as good a proof as a post's
FOLLOWED_ONLY = {
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "snapchat": "Snapchat",
    "twitch": "Twitch",
}
# Browsers inside the apps, and the pages people come from. Checked on 2026-11-24 against the apps' own strings.
IN_APP = {
    "instagram": ("Instagram ",),
    "tiktok": ("trill_", "musical_ly", "BytedanceWebview"),
    "snapchat": ("Snapchat/",),
}
REFERRERS = {
    "instagram": ("instagram.com",),
    "tiktok": ("tiktok.com",),
    "youtube": ("youtube.com", "youtu.be"),
    "snapchat": ("snapchat.com",),
    "twitch": ("twitch.tv",),
}


def names() -> dict[str, str]:
    """Return key and name of every network a fan proof may be about, the usual ones first, our shops last."""
    shared = {
        key: network.name
        for key, network in registry.networks().items()
        if network.kind == "network" and not network.is_retired
    }
    first = {key: name for key, name in shared.items() if key == "facebook"}
    return {**first, **FOLLOWED_ONLY, **shared, SHOP: _("our shops")}


def to_follow() -> dict[str, str]:
    """Return the networks of `names` on which one can follow somebody."""
    return {key: name for key, name in names().items() if key != SHOP}


def name_of(key: str) -> str:
    """Return a network's name, or its key when nobody knows it any more."""
    return names().get(key, key)


def seen(user_agent: str, referrer: str = "") -> str:
    """Return the network in whose own browser, or from whose pages, a person came; '' when nothing tells (mostly)."""
    for key, tokens in IN_APP.items():
        if any(token in user_agent for token in tokens):
            return key
    try:
        host = (urlsplit(referrer).hostname or "").lower()
    except ValueError:
        return ""
    for key, hosts in REFERRERS.items():
        if any(host == known or host.endswith(f".{known}") for known in hosts):
            return key
    return registry.observed(user_agent, referrer)
