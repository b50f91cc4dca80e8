"""Read settings from the environment and refuse what is not understood.

    flag("DEBUG", False)                       # True or False, nothing else
    relays("main=smtp+starttls://u:p@mx:587")  # → [Relay(name="main", kind="smtp", …)]

Every function raises ImproperlyConfigured with the variable, the value (never a secret one) and the remedy.
"""

from __future__ import annotations

import ipaddress
import json
import os
import pkgutil
import re
import secrets
import warnings
from pathlib import Path
from typing import Any, Literal, TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}  # RFC 5321, 6409, 8314
TLS = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "implicit"}


class Relay(TypedDict):
    """One way out for mail.

    name     unique, shown in the admin and in logs
    kind     "outbox" (mails stay in the admin), "smtp" or "anymail"
    url      scheme and host as written, without user, password and options: fit to be shown
    options  smtp: host, port, username, password, tls ("none", "starttls", "implicit"), connections;
             anymail: esp (Anymail's name of the provider), settings (that backend's keyword arguments)
    weight   share of the traffic among the relays, 0 = only when chosen by name
    """

    name: str
    kind: Literal["outbox", "smtp", "anymail"]
    url: str
    options: dict[str, Any]
    weight: int


def text(name: str, default: str) -> str:
    """Return the variable, stripped; empty counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """Return True or False; anything else is refused."""
    value = text(name, str(default))
    if value not in {"True", "False"}:
        raise ImproperlyConfigured(f"Unexpected value {name}={value}, use True or False")
    return value == "True"


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number not below `least`."""
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"Unexpected value {name}={value}, use a whole number, {least} or more")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return the comma-separated words of the variable."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def pairs(name: str) -> dict[str, str]:
    """Return the comma-separated NAME=value pairs of the variable."""
    found = {}
    for word in words(name):
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise ImproperlyConfigured(f"Unexpected value in {name} ({key[:20]}…), use NAME=value,NAME=value")
        found[key.strip()] = value.strip()
    return found


BOUNCE_WORDS = ("hard", "full", "refused", "later", "slower", "ours")


def bounce_rules(name: str) -> dict[str, str]:
    """Return what the operator says of enhanced status codes: 5.4.4=hard,5.7.133=refused."""
    found = pairs(name)
    for status, word in found.items():
        if not re.fullmatch(r"[45](\.\d{1,3}){0,2}\.?", status) or word not in BOUNCE_WORDS:
            raise ImproperlyConfigured(
                f"Unexpected value {name}={status}={word}, use a status like 5.4.4 and one of {', '.join(BOUNCE_WORDS)}"
            )
    return found


def web_address(name: str, default: str) -> str:
    """Return an http(s) origin without a trailing slash, e.g. https://mail.example.com."""
    value = text(name, default)
    try:
        parts, _ = urlsplit(value), urlsplit(value).port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ImproperlyConfigured(f"Unexpected value {name}={value}, use an origin like https://mail.example.com")
    return f"{parts.scheme}://{parts.netloc}"


def networks(name: str) -> list[Network]:
    """Return IP networks, e.g. 127.0.0.1,10.0.0.0/8."""
    try:
        return [ipaddress.ip_network(word) for word in words(name)]
    except ValueError as why:
        raise ImproperlyConfigured(f"Unexpected value {name}: {why}, use addresses like 127.0.0.1,10.0.0.0/8") from why


def currency(name: str, default: str) -> str:
    """Return an ISO 4217 code: three capital letters."""
    value = text(name, default)
    if not (len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
        raise ImproperlyConfigured(f"Unexpected value {name}={value}, use an ISO 4217 code like EUR")
    return value


def secret(name: str, kept_in: Path) -> str:
    """Return the secret of the environment, else the one kept in a file, made once and readable by its owner only."""
    if value := text(name, ""):
        return value
    try:
        return kept_in.read_text().strip()
    except FileNotFoundError:
        return keep(kept_in, secrets.token_hex(32))


def keep(path: Path, value: str) -> str:
    """Write a new secret once; when another process was first, return what it wrote."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, value.encode() + b"\n")
        os.fsync(descriptor)
        os.link(fresh, path)  # atomic: the file is there whole, or was there already
    except FileExistsError:
        return path.read_text().strip()
    finally:
        os.close(descriptor)
        fresh.unlink()
    return value


def key_ring(name: str, kept_in: Path) -> list[tuple[int, bytes]]:
    """Return (id 0-15, key of 32 bytes or more) pairs; the first signs, all verify. Written 1:hex,0:hex."""
    written = text(name, "")
    if not written:
        kept = secret("", kept_in)
        written = kept if ":" in kept else f"0:{kept}"  # the first key is kept alone, a rotated ring whole
    ring: dict[int, bytes] = {}
    for word in written.split(","):
        number_, _, digits = word.strip().partition(":")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            key = b""
        if not number_.isdecimal() or int(number_) > 15 or int(number_) in ring or len(key) < 32:
            raise ImproperlyConfigured(
                f"Unexpected value in {name} (key {number_!r}), use id:hex,id:hex with distinct ids 0-15 and "
                "64 or more hex digits each, the signing key first"
            )
        ring[int(number_)] = key
    return list(ring.items())


HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


def dkim_keys(name: str) -> dict[str, tuple[str, bytes]]:
    """Return selector and RSA key (PEM) of each domain that we sign for. Written domain:selector:path-or-PEM,…"""
    found: dict[str, tuple[str, bytes]] = {}
    for word in words(name):
        domain, selector, key = ([part.strip() for part in word.split(":", 2)] + ["", ""])[:3]
        at = f"{name} (entry {len(found) + 1})"
        if not (HOST.fullmatch(domain) and HOST.fullmatch(selector) and key) or domain.lower() in found:
            raise ImproperlyConfigured(
                f"Unexpected value in {at}, use domain:selector:path-or-PEM, each domain once and in ASCII (xn--…)"
            )
        found[domain.lower()] = (selector, signing_key(f"{name} ({domain})", key))
    return found


def signing_key(where: str, written: str) -> bytes:
    """Return the PEM of an RSA key of at least 2,048 bits, given itself (line ends may be \\n) or by its path."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    is_pem = written.startswith("-----BEGIN")
    try:
        pem = written.replace("\\n", "\n").encode() if is_pem else Path(written).read_bytes()
    except OSError as why:
        raise ImproperlyConfigured(f"{where}: the key file cannot be read ({why.strerror}), correct its path") from why
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:  # RFC 8301: shorter ones count as unsigned
        raise ImproperlyConfigured(
            f"{where}: no RSA key of 2048 bits or more without a password; make one with openssl genrsa 2048"
        )
    return pem


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of one SQLite or PostgreSQL database; the URL holds a password and is never shown."""
    try:
        with warnings.catch_warnings(action="ignore"):  # its warning shows the password
            found: dict[str, Any] = dict(environ.Env.db_url_config(text(name, default)))
        known = found["ENGINE"] in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}
    except (ValueError, KeyError, AttributeError):
        known = False
    if not known:
        raise ImproperlyConfigured(
            f"Unexpected value in {name}, use sqlite:////absolute/path or postgres://user:password@host:5432/name"
        )
    return found


def relays(written: str) -> list[Relay]:
    """Return the relays of a JSON list or of the compact form name=url,name=url.

    outbox://                                            mails stay in the admin (default)
    main=smtp+starttls://user:password@host:587          or smtp:// (no TLS), smtps:// (TLS from the start)
    post=postmark://?server_token=…&weight=2             any provider of Anymail, with its settings
    [{"name": "main", "url": "smtps://…", "weight": 1, "options": {"connections": 10}}]
    """
    if written.lstrip().startswith("["):
        try:
            entries = [(str(e.get("name", "")), str(e["url"]), e) for e in json.loads(written)]
        except (ValueError, KeyError, TypeError, AttributeError) as why:
            raise ImproperlyConfigured(f'EMAIL_RELAYS: {why!r}, use [{{"name": "…", "url": "…"}}]') from None
    else:
        entries = [(*named(word), {}) for word in written.split(",") if word.strip()]
    found = [relay(name, url, extra) for name, url, extra in entries]
    names = [each["name"] for each in found]
    if not found or len(set(names)) != len(names):
        raise ImproperlyConfigured(f"EMAIL_RELAYS: names must be there and differ, got {names}. Use name=url,name=url")
    return found


def named(word: str) -> tuple[str, str]:
    """Split `name=url`; the name may be left out."""
    name, equals, rest = word.strip().partition("=")
    return (name.strip(), rest.strip()) if equals and "://" not in name else ("", word.strip())


def relay(name: str, url: str, extra: dict[str, Any]) -> Relay:
    """Parse one relay; errors name the relay and its scheme, never its password."""
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        raise ImproperlyConfigured(f"EMAIL_RELAYS: relay {name or '?'} has a broken URL") from None
    query = dict(parse_qsl(parts.query))
    scheme = parts.scheme or url
    name = name or scheme
    weight = whole(name, "weight", extra.get("weight", query.pop("weight", "1")))
    options = {**query, **extra.get("options", {})}
    url = f"{scheme}://{parts.hostname or ''}"
    if scheme == "outbox":
        return Relay(name=name, kind="outbox", url=url, options=options, weight=weight)
    if scheme in SMTP_PORTS and parts.hostname:
        options = {
            "host": parts.hostname,
            "port": port or SMTP_PORTS[scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "tls": TLS[scheme],
            **options,
            "connections": whole(name, "connections", options.get("connections", 4)),
        }
        return Relay(name=name, kind="smtp", url=url, options=options, weight=weight)
    if scheme.replace("-", "_") in providers():
        esp = scheme.replace("-", "_")  # a URL scheme has no underscore
        ours = {key: whole(name, key, options.pop(key)) for key in ("connections", "batch") if key in options}
        options = {"esp": esp, "settings": options, **ours}
        return Relay(name=name, kind="anymail", url=url, options=options, weight=weight)
    raise ImproperlyConfigured(
        f"EMAIL_RELAYS: relay {name} has the scheme {scheme!r}, use outbox://, smtp://host, smtp+starttls://host, "
        f"smtps://host or one of Anymail's: {', '.join(sorted(providers()))}"
    )


def whole(relay_name: str, option: str, value: object) -> int:
    """Return an option of a relay as a whole number."""
    if not str(value).isdecimal():
        raise ImproperlyConfigured(f"EMAIL_RELAYS: relay {relay_name} has {option}={value}, which is no whole number")
    return int(str(value))


def providers() -> set[str]:
    """Return Anymail's names of the providers that it can send through."""
    import anymail.backends

    found = {module.name for module in pkgutil.iter_modules(anymail.backends.__path__)}
    return {name for name in found if not name.startswith(("base", "_")) and name != "console"}


def cache(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of the cache at a URL: redis://, rediss:// or locmemcache://."""
    url = text(name, default)
    if urlsplit(url).scheme not in {"redis", "rediss", "locmemcache"}:
        raise ImproperlyConfigured(f"Unexpected scheme in {name}, use redis://host:6379/1 or leave it out")
    return dict(environ.Env.cache_url_config(url))
