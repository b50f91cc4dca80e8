"""The registry of networks: what each is called, how its composer is opened, how long a text may be, what it forbids.

registry.get("bluesky").takes_text                       # → True
registry.composer_url("x", "Look 👀", "https://a.example/v/ABC")
registry.remaining("x", "Look 👀", "https://a.example/v/ABC")   # → 250
registry.robot_label("Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; …)")  # → "bluesky"

A network is a line of `networks.json`, not code: docs/how-to-add-a-network.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from social.networks.graphemes import graphemes, weight

HERE = Path(__file__).parent
KINDS = ("network", "message", "direct", "copy", "sheet")
UNITS = ("graphemes", "weighted", "none")
VALUES = ("text", "url", "title", "image")
ELLIPSIS = "…"


class BadRegistry(ValueError):
    """networks.json or robots.json holds something that cannot be used; the message says where and what."""


class UnknownNetwork(LookupError):
    """The registry has no such network, or it is retired and cannot be shared on any more."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a network's own page of writing is opened: base address and parameters, each made of values and constants."""

    base: str
    place: str
    parameters: Mapping[str, tuple[str, ...]]
    joiner: str


@dataclass(frozen=True, slots=True)
class Length:
    """How a network counts a text. `url` = what an address counts (None = as written); unit none = no text travels."""

    unit: str
    max: int | None
    url: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What the network reads of the page for its card: tags, image in pixels, bytes, how long it is kept."""

    reads: tuple[str, ...]
    width: int | None
    height: int | None
    max_bytes: int | None
    cache: str


@dataclass(frozen=True, slots=True)
class Reward:
    """Whether the press of its button may be rewarded: `forbidden` or `warn`, why, and where the network says so."""

    press: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Network:
    """One network of the registry. `robots` are the labels of robots.json that confirm a share on it."""

    key: str
    name: str
    kind: str
    colour: str
    is_default: bool
    phone_only: bool
    composer: Endpoint | None
    length: Length
    preview: Preview
    robots: tuple[str, ...]
    in_app: tuple[str, ...]
    referrers: tuple[str, ...]
    reward: Reward
    checked_on: date
    retired_on: date | None

    @property
    def is_retired(self) -> bool:
        return self.retired_on is not None

    @property
    def takes_text(self) -> bool:
        """Whether a written text travels to the composer, not the link alone."""
        return self.composer is not None and any("text" in parts for parts in self.composer.parameters.values())


@dataclass(frozen=True, slots=True)
class Robot:
    """A part of a browser name by which a network's preview robot is known, and the label it gives."""

    match: str
    label: str
    what: str

    def is_in(self, user_agent: str) -> bool:
        needle = self.match.lower()
        agent = user_agent.lower()
        return agent.startswith(needle[1:]) if needle.startswith("^") else needle in agent


# --- Loading -----------------------------------------------------------------------------------------------------


def _wrong(where: str, why: str) -> BadRegistry:
    return BadRegistry(f"networks.json, {where}: {why}.")


def _composer(where: str, raw: dict[str, Any] | None) -> Endpoint | None:
    if raw is None:
        return None
    parameters = {name: tuple(parts) for name, parts in raw["parameters"].items()}
    for name, parts in parameters.items():
        for part in parts:
            if part not in VALUES and not part.startswith("="):
                raise _wrong(where, f"parameter {name} uses {part!r}; use {', '.join(VALUES)} or =constant")
    if raw["place"] not in ("query", "fragment"):
        raise _wrong(where, f"place {raw['place']!r} is neither query nor fragment")
    return Endpoint(base=raw["base"], place=raw["place"], parameters=parameters, joiner=raw["joiner"])


def _length(where: str, raw: dict[str, Any]) -> Length:
    if raw["unit"] not in UNITS:
        raise _wrong(where, f"unit {raw['unit']!r} is not one of {', '.join(UNITS)}")
    if (raw["unit"] == "none") != (raw["max"] is None):
        raise _wrong(where, "length.max is given exactly when a unit is")
    return Length(**raw)


def _network(raw: dict[str, Any]) -> Network:
    where = str(raw.get("key", "an entry without a key"))
    try:
        network = Network(
            **{name: raw[name] for name in ("key", "name", "kind", "colour", "is_default", "phone_only")},
            composer=_composer(where, raw["composer"]),
            length=_length(where, raw["length"]),
            preview=Preview(**{**raw["preview"], "reads": tuple(raw["preview"]["reads"])}),
            robots=tuple(raw["robots"]),
            in_app=tuple(raw["in_app"]),
            referrers=tuple(raw["referrers"]),
            reward=Reward(**raw["reward"]),
            checked_on=date.fromisoformat(raw["checked_on"]),
            retired_on=date.fromisoformat(raw["retired_on"]) if raw["retired_on"] else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(where, str(error)) from error
    _check(network, raw)
    return network


def _check(network: Network, raw: dict[str, Any]) -> None:
    if unknown := set(raw) - set(Network.__dataclass_fields__):
        raise _wrong(network.key, f"unknown names {', '.join(sorted(unknown))}")
    if network.kind not in KINDS:
        raise _wrong(network.key, f"kind {network.kind!r} is not one of {', '.join(KINDS)}")
    if network.reward.press not in ("forbidden", "warn"):
        raise _wrong(network.key, "reward.press is forbidden or warn")
    if network.composer is None and not network.is_retired and network.kind not in ("copy", "sheet"):
        raise _wrong(network.key, "a network that is not retired needs a composer")
    if network.is_retired and network.is_default:
        raise _wrong(network.key, "a retired network cannot be on by default")


@cache
def networks() -> dict[str, Network]:
    """Return every network by its key, retired ones too, in the registry's order.

    Raises:  BadRegistry naming the entry and what is wrong with it.
    """
    entries = [_network(raw) for raw in json.loads((HERE / "networks.json").read_text(encoding="utf-8"))]
    table = {network.key: network for network in entries}
    if len(table) != len(entries):
        raise BadRegistry("networks.json: two entries have the same key.")
    known = {robot.label for robot in robots()}
    for network in entries:
        if missing := set(network.robots) - known:
            raise _wrong(network.key, f"robots {', '.join(sorted(missing))} are not in robots.json")
    return table


@cache
def robots() -> tuple[Robot, ...]:
    """Return the preview robots, the most particular first."""
    return tuple(Robot(**raw) for raw in json.loads((HERE / "robots.json").read_text(encoding="utf-8")))


def get(key: str) -> Network:
    """Return one network, retired or not.

    Raises:  UnknownNetwork.
    """
    try:
        return networks()[key]
    except KeyError:
        raise UnknownNetwork(f"There is no network {key!r} in the registry.") from None


def choices() -> list[tuple[str, str]]:
    """Return (key, name) of every network, retired ones marked, for lists in the admin."""
    return [(key, f"{network.name} †" if network.is_retired else network.name) for key, network in networks().items()]


# --- Composing ---------------------------------------------------------------------------------------------------


def _url_cost(length: Length, url: str, *, with_joiner: int) -> int:
    cost = weight(url, unit=length.unit) if length.url is None else length.url
    return cost + with_joiner if cost else 0


def room(network: str, url: str) -> int | None:
    """Return how many characters, as the network counts them, are left for the text beside the address; None = any."""
    entry = get(network)
    if entry.length.max is None or entry.composer is None:
        return None
    return max(0, entry.length.max - _url_cost(entry.length, url, with_joiner=len(entry.composer.joiner)))


def remaining(network: str, text: str, url: str) -> int | None:
    """Return how many characters may still be written; below 0 = too long; None = no limit, or no text at all."""
    entry, space = get(network), room(network, url)
    return None if space is None else space - weight(text, unit=entry.length.unit)


def fit(network: str, text: str, url: str, *, tail: str = "") -> str:
    """Return the text cut to what the network takes beside the address, whole characters only, … where it was cut.

    tail  an end that must not be cut (what the sharer gains): what stands before it gives way.
    """
    entry, space = get(network), room(network, url)
    clusters = graphemes(text)
    if space is None or weight(clusters, unit=entry.length.unit) <= space:
        return text
    if tail and text.endswith(tail) and (kept := weight(f" {tail}", unit=entry.length.unit)) < space:
        return f"{_cut(text.removesuffix(tail).rstrip(), space - kept, entry.length.unit)} {tail}"
    return _cut(text, space, entry.length.unit)


def _cut(text: str, space: int, unit: str) -> str:
    clusters = graphemes(text)
    if weight(clusters, unit=unit) <= space:
        return text
    budget = space - weight(ELLIPSIS, unit=unit)
    kept: list[str] = []
    for cluster in clusters:
        budget -= weight([cluster], unit=unit)
        if budget < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + ELLIPSIS if space > 0 else ""


def composer_url(network: str, text: str, url: str, *, title: str = "", image: str = "", tail: str = "") -> str:
    """Return the address that opens the network's composer with the text and the link in it, percent-encoded.

    The text is cut to the network's length by whole characters; empty values leave their parameter out.
    Raises:  UnknownNetwork for a network that is retired or has no composer (copy, share sheet).
    Source:  RFC 3986 (space is %20, never +), RFC 6068 for mailto, RFC 5724 for sms.
    """
    composer = get(network).composer
    if composer is None:
        raise UnknownNetwork(f"{network!r} opens no composer.")
    values = {
        "text": fit(network, _clean(text), url, tail=_clean(tail)),
        "url": url,
        "title": " ".join(title.split()),
        "image": image,
    }
    pairs = []
    for name, parts in composer.parameters.items():
        found = [part[1:] if part.startswith("=") else values[part] for part in parts]
        if value := composer.joiner.join(filter(None, found)):
            pairs.append(f"{name}={quote(value, safe='')}")
    return f"{composer.base}{'?' if composer.place == 'query' else '#'}{'&'.join(pairs)}"


def _clean(text: str) -> str:
    """Without what no composer can take: lone surrogates, NUL and other controls; line breaks stay."""
    keep = "\n\t"
    return "".join(
        c for c in text.strip() if c in keep or not (ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF or c == "\x7f")
    )


# --- Recognising -------------------------------------------------------------------------------------------------


def robot_label(user_agent: str) -> str:
    """Return the label of the preview robot that calls itself so, '' for anything else."""
    return next((robot.label for robot in robots() if robot.is_in(user_agent)), "")


def confirms(network: str, label: str) -> bool:
    """Whether this robot's fetch is what a share on this network leads to."""
    return network in networks() and label in networks()[network].robots


def observed(user_agent: str, referrer: str = "") -> str:
    """Return the network in whose own browser, or from whose pages, a person came; '' when nothing tells (mostly)."""
    for network in networks().values():
        if any(token in user_agent for token in network.in_app):
            return network.key
    host = (urlsplit(referrer).hostname or "").lower()
    for network in networks().values():
        if any(host == known or host.endswith(f".{known}") for known in network.referrers):
            return network.key
    return ""
