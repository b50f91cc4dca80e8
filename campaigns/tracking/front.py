"""What stands before Django: opens, clicks, friends' visits and QR codes are stored in the spool and answered at once.

    application = wrap(get_wsgi_application())

    /o/<token>.gif   the pixel, whatever the token
    /c/<token>/<n>   302 to the link's target; a target with merge tags goes on to Django
    /q/<T> /Q/<T>    302 to the code's target, else Django
    /p/<t>?asked     the button of a mail that asks for consent: stored, then Django's page; /p/<t> is not stored
    /v/<T> /w/<t>    stored, then Django's page; so is an offer's page /f/<t>, not its picture /f/<t>/qr.png

No query, no session, no cookie. A forged token is answered like an unknown one: the pixel, or the plain 404.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from campaigns.tracking.references import fill
from campaigns.tracking.spool import Spool, line
from campaigns.tracking.targets import Targets
from campaigns.tracking.tokens import Codec, Purpose, codec, normalise_public

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

GIF = (  # 1 x 1, transparent, 43 bytes
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
PRIVATE = [("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex")]
# A picture leads nowhere and a 302 is not indexed: each sends only the headers that do something there.
GIF_HEADERS = [("Content-Type", "image/gif"), ("Content-Length", str(len(GIF))), ("Cache-Control", "no-store")]
AWAY_HEADERS = [("Content-Length", "0"), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")]
NOT_STORED = ("X-Not-Stored", "disk full")  # a redirect that is no acknowledgement: the person goes on, nothing counts
NOT_FOUND = b"<!doctype html><title>404</title><p>This page does not exist. / Cette page n'existe pas.\n"
NOT_FOUND_HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", str(len(NOT_FOUND))),
    ("Content-Security-Policy", "default-src 'none'"),
    *PRIVATE,
]
PIXEL, NOTHING = [GIF], list[bytes]()
METHODS = frozenset(("GET", "HEAD"))
SAYING = frozenset(("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ", "HTTP_X_PURPOSE"))  # who only prefetches
OPEN, CLICKED = int(Purpose.OPEN), int(Purpose.CLICK)
CLICK = re.compile(r"/c/([0-9A-Fa-f]{32})/([0-9]{1,6})/?\Z")
PUBLIC = re.compile(r"/[vqQ]/([0-9A-TV-Za-tv-z-]{12,40})/?\Z")  # Crockford as typed; a 32-digit code is a mail token's
SHARED = re.compile(r"s=([0-9A-TV-Za-tv-z]{12,31})(?:&n=([a-z][a-z0-9_-]{0,23}))?(?:&|\Z)")
OFFER = re.compile(r"/f/([0-9A-Fa-f]{32})(?:/[\w-]{1,40})?\Z")  # without the picture: a mail that is opened loads it
ASKED = "asked"  # what the button's address says behind its "?"
PREFETCH = re.compile("prefetch|prerender|preview", re.IGNORECASE)
SPOOLED = "fanfare.spooled"  # in environ: the hit is stored, Django must not store it again


def wrap(django: Application) -> Application:
    """Return the WSGI application that answers tracking itself and hands everything else to Django."""
    return Front(django)


class Front:
    """The callable; one per process, its spool file opened at the first hit."""

    def __init__(self, django: Application, *, tokens: Codec | None = None, spool: Spool | None = None) -> None:
        self.django = django
        self.tokens = tokens or codec()
        self.spool = spool or Spool()
        self.targets = Targets()
        self.warned_at = 0.0
        self.routes = {
            "/o/": self.open,
            "/c/": self.click,
            "/v/": self.visit,
            "/w/": self.read,
            "/f/": self.offer,
            "/p/": self.choices,
            "/q/": self.scan,
            "/Q/": self.scan,
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        route = self.routes.get(environ["PATH_INFO"][:3])
        if route is None or environ["REQUEST_METHOD"] not in METHODS:
            return self.django(environ, start_response)
        return route(environ, start_response)

    def open(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Store an open; the answer is the pixel even for a token that is none."""
        path = environ["PATH_INFO"]
        token = path[3:35]
        is_ours = path[35:] == ".gif" and self.tokens.verify(token, OPEN) is not None
        if is_ours and not self.store("o", token.lower(), 0, environ):
            return _busy(start_response)
        start_response("200 OK", GIF_HEADERS)
        return NOTHING if environ["REQUEST_METHOD"] == "HEAD" else PIXEL

    def click(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Store a click and redirect; what this node cannot resolve alone goes on to Django."""
        found = CLICK.match(environ["PATH_INFO"])
        raw = self.tokens.verify(found[1], CLICKED) if found else None
        if found is None or raw is None:
            return not_found(environ, start_response)
        number = int(found[2])
        stored = self.store("c", found[1].lower(), number, environ)  # a full disk must not keep people from the shop
        target = self.targets.get(f"c:{int.from_bytes(raw[1:4], 'big')}:{number}")
        if target is None:
            return self.django(environ, start_response)
        reference, network = (found[1].lower(), "") if any(raw[4:8]) else came_from(environ)
        return redirect(fill(target, reference, network), start_response, is_stored=stored)

    def scan(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Store the scan of a public QR code and redirect; a code of one contact's offer goes on to Django."""
        token = _public(environ)
        stored = bool(token) and self.store("q", token, 0, environ)
        target = self.targets.get(f"t:{token}") if token else None
        if target is None:
            return self.django(environ, start_response)
        return redirect(fill(target, token), start_response, is_stored=stored)

    def visit(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Store a visit to a friend's page, which Django then shows."""
        if token := _public(environ):
            self.store("v", token, 0, environ)
        return self.django(environ, start_response)

    def read(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Store that the web version was read; Django shows it."""
        token = environ["PATH_INFO"][3:].rstrip("/")
        if self.tokens.read(token, Purpose.WEB) is not None:
            self.store("w", token.lower(), 0, environ)
        return self.django(environ, start_response)

    def offer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Store that an offer's page was read; Django shows it."""
        found = OFFER.match(environ["PATH_INFO"])
        if found and self.tokens.read(found[1], Purpose.OFFER) is not None:
            self.store("f", found[1].lower(), 0, environ)
        return self.django(environ, start_response)

    def choices(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Store that the button of a mail that asks for consent was followed; the footer's same page is not counted."""
        token = environ["PATH_INFO"][3:].rstrip("/")
        if environ.get("QUERY_STRING") == ASKED and self.tokens.read(token, Purpose.PREFERENCES) is not None:
            self.store("p", token.lower(), 0, environ)
        return self.django(environ, start_response)

    def store(self, kind: str, token: str, number: int, environ: Environ) -> bool:
        """Append the hit to the spool; False (and a log line a minute) when the disk takes no more."""
        environ[SPOOLED] = True
        try:
            self.spool.append(line(kind, token, number, flags(environ), environ))
        except OSError as why:
            if time.monotonic() - self.warned_at > 60:
                self.warned_at = time.monotonic()
                logger.error("hits are not stored: %s; free some disk space", why.strerror or why)
            return False
        return True


def flags(environ: Environ) -> str:
    """Return 'h' for a HEAD request, 'p' for a prefetch by header, in this order; '' for a plain request."""
    head = "h" if environ["REQUEST_METHOD"] == "HEAD" else ""
    if environ.keys().isdisjoint(SAYING):
        return head
    said = " ".join(environ.get(name, "") for name in SAYING)
    return f"{head}p" if PREFETCH.search(said) else head


def redirect(target: str, start_response: StartResponse, *, is_stored: bool) -> Iterable[bytes]:
    """Answer 302 to a target that was stored by a marketer, never one from the request; say when nothing was stored."""
    headers = AWAY_HEADERS if is_stored else [*AWAY_HEADERS, NOT_STORED]
    start_response("302 Found", [("Location", target), *headers])
    return NOTHING


def not_found(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Answer the same plain 404 for forged, cut, unknown and foreign tokens."""
    start_response("404 Not Found", NOT_FOUND_HEADERS)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [NOT_FOUND]


def _public(environ: Environ) -> str:
    """Return the public token of the path as stored; '' for none, and for the 32 digits of one contact's offer."""
    found = PUBLIC.match(environ["PATH_INFO"])
    return normalise_public(found[1]) if found and len(found[1]) != 32 else ""


def came_from(environ: Environ) -> tuple[str, str]:
    """Return share link and network of the friend's page a crowd's click came from (`?s=…&n=facebook`), else ''."""
    found = SHARED.match(environ.get("QUERY_STRING", ""))
    return (normalise_public(found[1]), found[2] or "friend") if found else ("", "")


def _busy(start_response: StartResponse) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [("Retry-After", "60"), ("Content-Length", "0"), *PRIVATE])
    return []
