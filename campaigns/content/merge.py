"""The merge language: Liquid over a plain dict of texts, numbers and lists. What a marketer writes is data, never code.

    template = parse("Hello {{ contact.first_name | default: 'you' }}", language="en")
    unknown_names(template, known)      # → [] or the names nobody fills in

The tags, filters and names are described in docs/merge-language.md.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import quote

from babel import Locale
from babel.dates import format_date
from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, Undefined
from liquid.exceptions import LiquidError, UnknownFilterError
from liquid.undefined import is_undefined

from campaigns.content import people_names
from contacts.money import locale_of, money

TAGS = {"if", "unless", "case", "for", "break", "continue", "assign", "capture", "cycle", "comment", "raw", "tablerow"}
FORBIDDEN_FILTERS = {"safe", "escapejs", "base64_decode", "base64_url_safe_decode"}
KNOWN: dict[str, set[str]] = {
    "contact": {"first_name", "last_name", "email", "language", "attributes"},
    "brand": {"name", "website", "postal_address", "privacy_url"},
    "campaign": {"name", "topic"},
    "links": {"unsubscribe", "preferences", "web", "confirm", "offer", "share"},
}
INTERNAL = "t_"  # tokens of one mail: {{ t_.click }}; only the compiler writes them


class Language(Environment):
    """Liquid without files, raw output and endless loops."""

    loop_iteration_limit: ClassVar[int | None] = 10_000
    local_namespace_limit: ClassVar[int | None] = 100_000  # bytes
    output_stream_limit: ClassVar[int | None] = 500_000  # bytes
    logical_not_operator = True
    logical_parentheses = True
    suppress_blank_control_flow_blocks = False


@lru_cache(maxsize=16)
def environment(language: str, autoescape: bool) -> Language:
    """Return the merge language for one language's dates and money, with or without HTML escaping."""
    env = Language(autoescape=autoescape, strict_filters=True)
    keep = TAGS | {name for name in env.tags if not name.isidentifier()} | {"literal", "output", "content", "illegal"}
    env.tags = {name: tag for name, tag in env.tags.items() if name in keep or name.startswith("TOKEN")}
    env.filters = {name: call for name, call in env.filters.items() if name not in FORBIDDEN_FILTERS}
    locale = locale_of(language)
    env.add_filter("money", lambda value, currency="EUR": amount(value, currency, language))
    env.add_filter("day", lambda value, style="long": day(value, style, locale))
    env.add_filter("name", lambda value: "" if _is_missing(value) else people_names.tidy(str(value)))
    env.add_filter("of", lambda value: "" if _is_missing(value) else people_names.of(str(value), language))
    env.add_filter("web_address", web_address)
    env.add_filter("url_part", lambda value: quote("" if _is_missing(value) else str(value), safe=""))
    return env


def _is_missing(value: object) -> bool:
    return value is None or is_undefined(value)


def amount(minor: object, currency: str, language: str) -> str:
    """Return an amount in minor units as people write it: 1250, EUR → 12,50 € in French; '' when it is missing."""
    try:
        return money(int(str(minor)), currency, language)
    except ValueError:
        return ""


def day(value: object, style: str, locale: Locale) -> str:
    """Return an ISO date as people write it: 2026-05-01 → 1 mai 2026 in French; '' when it is no date."""
    try:
        date = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])
        return str(
            format_date(date, format=style if style in {"short", "medium", "long", "full"} else "long", locale=locale)
        )
    except ValueError:
        return ""


def web_address(value: object) -> str:
    """Return a value that may stand as a link's whole target, else '#': no javascript:, data: or relative address."""
    text = "" if _is_missing(value) else str(value).strip()
    return text if re.match(r"https?://[^\s<>\"']+$", text) else "#"


def parse(source: str, *, language: str, autoescape: bool) -> BoundTemplate:
    """Return the syntax tree of a text. Raises: liquid.exceptions.LiquidError, whose message names what is wrong."""
    env = environment(language, autoescape)
    template = env.from_string(source)
    unknown = [name for name in template.analyze(include_partials=False).filters if name not in env.filters]
    if unknown:  # Liquid would say so only when somebody's mail reaches that branch
        raise UnknownFilterError(_("there is no filter “%(name)s”") % {"name": unknown[0]}, token=None)
    return template


def used_names(template: BoundTemplate) -> list[list[Any]]:
    """Return the paths a template takes from outside, e.g. [["contact", "first_name"]]."""
    found = template.analyze(include_partials=False).globals
    return [list(variable.segments) for variables in found.values() for variable in variables]


def unknown_names(template: BoundTemplate, attributes: Iterable[str], blocks: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names that nothing fills in, as written: `contact.frist_name`. Anything under `event.` may come."""
    known_attributes = set(attributes)
    unknown = [
        ".".join(map(str, path)) for path in used_names(template) if not _is_known(path, known_attributes, blocks)
    ]
    return list(dict.fromkeys(unknown))


def _is_known(path: list[Any], attributes: set[str], blocks: Mapping[str, Iterable[str]]) -> bool:
    head, rest = path[0], path[1:]
    if head in {"event", INTERNAL}:
        return bool(rest)
    if head == "b":
        return len(rest) >= 2 and rest[1] in set(blocks.get(str(rest[0]), ()))
    if head not in KNOWN or not rest or rest[0] not in KNOWN[head]:
        return False
    return rest[0] != "attributes" or (len(rest) >= 2 and rest[1] in attributes)


def remedy(name: str, attributes: Iterable[str]) -> str:
    """Return what to write instead of an unknown name."""
    import difflib

    known = [f"{head}.{tail}" for head, tails in KNOWN.items() for tail in tails if tail != "attributes"]
    known += [f"contact.attributes.{attribute}" for attribute in attributes]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return _("Write {{ %(name)s }}.") % {"name": close[0]}
    return _("Take a name from the list of merge values, or add the attribute first.")


__all__ = ["LiquidError", "Undefined", "environment", "parse", "remedy", "unknown_names", "used_names"]
