"""System checks of Fanfare: whatever would otherwise fail at the first send says so at the start, with a remedy.

fanfare.E001  a web address without https (deploy)        fanfare.W006  mails stay in the Outbox (deploy)
fanfare.W002  tracking host too long for short links      fanfare.W007  the broker serves one machine (deploy)
fanfare.W003  a secret lives in a file (deploy)           fanfare.E008  the currency does not exist
fanfare.E004  the address pepper is short                 fanfare.E009  an extension module cannot be found
fanfare.W005  a relay is spoken to in clear (deploy)      fanfare.E010  the database is too old
"""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from babel.core import get_global
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections

HOST_LENGTH = 28  # characters; longer hosts push token URLs over 72 and so over one quoted-printable line
LOCAL = {"localhost", "127.0.0.1", "::1"}
EXTENSIONS = (
    "EMAIL_BLOCKS",
    "SEGMENT_FIELDS",
    "TIMELINE_SOURCES",
    "REPORT_SECTIONS",
    "HIT_HANDLERS",
    "CONFIRMED_HOOKS",
    "AUTOMATIC_SOURCES",
)


@register(Tags.security, deploy=True)
def addresses_use_https(**_: Any) -> list[CheckMessage]:
    """E001: people and mail programs must reach the site encrypted."""
    return [
        Error(f"{name} is {value}.", hint=f"Set {name}=https://… (docs/production.md, TLS).", id="fanfare.E001")
        for name in ("SITE_URL", "TRACKING_URL")
        if not (value := getattr(settings, name)).startswith("https://")
    ]


@register()
def tracking_host_is_short(**_: Any) -> list[CheckMessage]:
    """W002: links of mails stay within 72 characters."""
    host = urlsplit(settings.TRACKING_URL).netloc
    if len(host) <= HOST_LENGTH:
        return []
    hint = f"Use a host of at most {HOST_LENGTH} characters for TRACKING_URL, e.g. go.example.com."
    return [Warning(f"The tracking host {host} has {len(host)} characters.", hint=hint, id="fanfare.W002")]


@register(Tags.security, deploy=True)
def secrets_are_given(**_: Any) -> list[CheckMessage]:
    """W003: secrets made under VAR_DIR are lost with that disk, and other nodes do not share them."""
    return [
        Warning(
            f"{name} is kept in a file under VAR_DIR.",
            hint=f"Set {name} in the environment and keep a copy apart from the backups.",
            id="fanfare.W003",
        )
        for name in settings.SECRETS_IN_FILES
    ]


@register(Tags.security)
def pepper_is_long(**_: Any) -> list[CheckMessage]:
    """E004: a short pepper lets a stolen suppression list be guessed back into addresses."""
    if len(settings.ADDRESS_PEPPER) >= 32:
        return []
    hint = "Use 32 or more random characters; set it once, for changing it forgets every suppression."
    return [Error("ADDRESS_PEPPER is shorter than 32 characters.", hint=hint, id="fanfare.E004")]


@register(Tags.security, deploy=True)
def relays_are_encrypted(**_: Any) -> list[CheckMessage]:
    """W005: mail and the relay's password must not cross a network in clear."""
    return [
        Warning(
            f"Relay {relay['name']} is spoken to without TLS.",
            hint="Use smtp+starttls:// or smtps:// in EMAIL_RELAYS.",
            id="fanfare.W005",
        )
        for relay in settings.FANFARE_RELAYS
        if relay["kind"] == "smtp" and relay["options"]["tls"] == "none" and relay["options"]["host"] not in LOCAL
    ]


@register(deploy=True)
def mails_leave(**_: Any) -> list[CheckMessage]:
    """W006: with the Outbox alone nobody gets any mail."""
    if any(relay["kind"] != "outbox" for relay in settings.FANFARE_RELAYS):
        return []
    hint = "Set EMAIL_RELAYS, e.g. main=smtp+starttls://user:password@smtp.example.com:587."
    return [Warning("No relay sends mail: all stay in the Outbox.", hint=hint, id="fanfare.W006")]


@register(deploy=True)
def broker_is_shared(**_: Any) -> list[CheckMessage]:
    """W007: with PostgreSQL there may be several nodes, and files do not reach the others."""
    if not settings.BROKER_URL.startswith("filesystem:") or "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        return []
    hint = "Set BROKER_URL=redis://… or amqp://…, or silence this check on a single machine."
    return [Warning("The filesystem broker serves one machine only.", hint=hint, id="fanfare.W007")]


@register()
def currency_exists(**_: Any) -> list[CheckMessage]:
    """E008: amounts need a currency with a known number of decimals."""
    if settings.BASE_CURRENCY in get_global("all_currencies"):
        return []
    hint = "Use an ISO 4217 code such as EUR."
    return [Error(f"BASE_CURRENCY {settings.BASE_CURRENCY} does not exist.", hint=hint, id="fanfare.E008")]


@register()
def extensions_exist(**_: Any) -> list[CheckMessage]:
    """E009: a misspelt module would leave out blocks, fields or report sections silently."""
    return [
        Error(f"{name} names {module}, which cannot be found.", hint="Correct config/settings.py.", id="fanfare.E009")
        for name in EXTENSIONS
        for module in getattr(settings, name)
        if not is_module(module)
    ]


def is_module(name: str) -> bool:
    """Say whether a dotted module name can be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@register(Tags.database)
def database_is_recent(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """E010: claims need UPDATE … RETURNING (SQLite 3.35) and what PostgreSQL 15 brought."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        old = sqlite3.sqlite_version if sqlite3.sqlite_version_info < (3, 35) else ""
        return [too_old(f"SQLite {old}", "SQLite 3.35")] if old else []
    if "default" not in (databases or ()):
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0])
    except DatabaseError:
        return []  # the command that needs the database will say so
    return [too_old(f"PostgreSQL {version // 10000}", "PostgreSQL 15")] if version < 150_000 else []


def too_old(found: str, wanted: str) -> CheckMessage:
    return Error(f"{found} is too old.", hint=f"Use {wanted} or newer.", id="fanfare.E010")
