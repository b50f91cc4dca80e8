"""Networks on which one may be a fan: those one shares to that are networks of people, and those one only follows."""

from __future__ import annotations

from social.networks import registry

FOLLOWED_ONLY = {
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "snapchat": "Snapchat",
    "twitch": "Twitch",
}


def names() -> dict[str, str]:
    """Return key and name of every network a fan proof may be about, the usual ones first."""
    shared = {
        key: network.name
        for key, network in registry.networks().items()
        if network.kind == "network" and not network.is_retired
    }
    first = {key: name for key, name in shared.items() if key == "facebook"}
    return {**first, **FOLLOWED_ONLY, **shared}


def name_of(key: str) -> str:
    """Return a network's name, or its key when nobody knows it any more."""
    return names().get(key, key)
