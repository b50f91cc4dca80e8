"""Ask a web address that somebody typed, without letting it lead into our own network.

    status("https://shop.example/sale")     # → 200, or Refused, Unreachable
    post("https://crm.example/hook", b"{}", {"content-type": "application/json"})    # → 204
    fetch("https://pds.example/xrpc/…")     # → Answer(status=200, body=b"…"), or Refused, Unreachable, TooLarge

The name is resolved once and the connection goes to that very address, so that a second answer of the DNS changes
nothing (rebinding). Redirects are not followed; `status` reads nothing of the answer's body, `fetch` no more than it
was told, and both have the connection cut when their whole time is over.

Source: OWASP, Server-Side Request Forgery Prevention; RFC 6890 (special addresses), RFC 6052 (NAT64).
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

TIMEOUT = 5.0  # seconds, to connect and for the answer's first line
NAT64 = ipaddress.ip_network("64:ff9b::/96")
SPECIAL = [  # not for the public, whatever this Python's tables say: protocol assignments, IPv4-compatible, local NAT64
    ipaddress.ip_network(network) for network in ("192.0.0.0/24", "::/96", "64:ff9b:1::/48")
]
AGENT = "Fanfare link check"
MOST_BYTES = 256_000  # of an answer's body
DEADLINE = 10.0  # seconds for a whole `fetch`; a server that drips a byte a second gets no more

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(ValueError):
    """The address may not be asked: it is no web address, or leads into a private network."""


class Unreachable(OSError):
    """Nobody answered; the message says how far it came."""


class TooLarge(Unreachable):
    """The answer was longer than asked for; nothing of it is kept."""


@dataclass(frozen=True)
class Answer:
    """What came back; the names of `headers` are in small letters."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    most: int = MOST_BYTES,
    deadline: float = DEADLINE,
) -> Answer:
    """Return the answer of an address, whatever its status; a redirect is an answer like others.

    Raises:  Refused, Unreachable, TooLarge.
    """
    with _asked(url, method, min(TIMEOUT, deadline), deadline, headers or {}, body) as answer:
        length = answer.getheader("Content-Length") or ""
        if length.isdigit() and int(length) > most:
            raise TooLarge(_("the answer is too long"))
        found = answer.read(most + 1)
        if len(found) > most:
            raise TooLarge(_("the answer is too long"))
        return Answer(answer.status, found, {name.lower(): value for name, value in answer.getheaders()})


def status(url: str, *, timeout: float = TIMEOUT) -> int:
    """Return the status with which the address answers HEAD, or GET where HEAD is not known.

    Raises:  Refused, Unreachable.
    """
    found = _ask(url, "HEAD", timeout)
    return _ask(url, "GET", timeout) if found in {405, 501} else found


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float = TIMEOUT) -> int:
    """Send a body and return the status of the answer, of which nothing more is read.

    Raises:  Refused, Unreachable.
    """
    return _ask(url, "POST", timeout, body, headers)


def _ask(
    url: str, method: str, timeout: float, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> int:
    with _asked(url, method, timeout, 3 * timeout, headers or {}, body) as answer:
        return answer.status


@contextmanager
def _asked(
    url: str, method: str, timeout: float, deadline: float, headers: Mapping[str, str], body: bytes | None
) -> Iterator[http.client.HTTPResponse]:
    scheme, host, port, path = parts(url)
    address = resolve(host, port)
    connection = _connection(scheme, host, port, timeout)
    try:
        connection.sock = _open(address, port, timeout, host if scheme == "https" else "")
        with _cut_after(connection.sock, deadline):
            named = f"[{host}]" if ":" in host else host
            standard = port == {"http": 80, "https": 443}[scheme]
            own = {"Host": named if standard else f"{named}:{port}", "User-Agent": AGENT, "Connection": "close"}
            connection.request(method, path, body=body, headers={**own, **headers})
            yield connection.getresponse()
    except Unreachable:
        raise
    except (OSError, http.client.HTTPException, ValueError) as why:
        raise Unreachable(_reason(why)) from None
    finally:
        connection.close()


@contextmanager
def _cut_after(connected: socket.socket, deadline: float) -> Iterator[None]:
    """Shut the connection from outside when its time is over: timeouts of a socket begin anew with every byte."""
    twin = socket.socket(fileno=os.dup(connected.fileno()))

    def cut() -> None:
        with suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        twin.close()


def _connection(scheme: str, host: str, port: int, timeout: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(host, port, timeout=timeout)


def _open(address: Address, port: int, timeout: float, name: str) -> socket.socket:
    """Return a socket to exactly this address, with TLS checked against the name."""
    plain = socket.create_connection((str(address), port), timeout=timeout)
    if not name:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def parts(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path with query of a web address.

    Raises:  Refused.
    """
    try:
        split = urlsplit(url)
        host, port = (split.hostname or "").encode("idna").decode(), split.port
    except ValueError:
        raise Refused(_("It is no web address.")) from None
    is_clean = url.isascii() and url.isprintable() and " " not in url
    if split.scheme not in {"http", "https"} or not host or split.username or split.password or not is_clean:
        raise Refused(_("It is no web address."))
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return split.scheme, host, port or (443 if split.scheme == "https" else 80), path


def resolve(host: str, port: int) -> Address:
    """Return the address to connect to: the first, when every address of the name may be asked.

    Raises:  Refused when one of them is private; Unreachable when the name has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(_("the name is not known")) from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses or not all(map(is_outside, addresses)):
        raise Refused(_("It leads into a private network."))
    return addresses[0]


def is_outside(address: Address) -> bool:
    """Say whether an address belongs to the public internet, or to settings.OUTSIDE_ALSO."""
    if is_ours(address):
        return True
    inner = _inside(address)
    if inner is not None:
        return is_outside(inner)
    is_special = any(address in network for network in SPECIAL)
    return address.is_global and not address.is_multicast and not is_special


def is_ours(address: Address) -> bool:
    """Say whether settings.OUTSIDE_ALSO names the address: a network of our own that may be asked, even in clear."""
    return any(address in network for network in settings.OUTSIDE_ALSO)


def _inside(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 one carries: mapped, NAT64, 6to4, Teredo."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def _reason(why: Exception) -> str:
    if isinstance(why, TimeoutError):
        return str(_("no answer in time"))
    if isinstance(why, ssl.SSLError):
        return str(_("its certificate is not right"))
    return str(_("no answer"))
