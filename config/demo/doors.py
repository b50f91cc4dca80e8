"""Browsers, robots and mail programs as the demo plays them: requests to the site's own WSGI callable, no network.

    ann = Visitor(PHONE, "192.0.2.7", "fr")
    page = ann.get("/s/0123…")
    ann.post(page, network="bluesky")        # the page's own form, with what it holds hidden

What stands in front of Django stands here too: hits go into the spool and wait for the ingest.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from campaigns.tracking.front import Front
from campaigns.tracking.spool import Spool

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/138.0.0.0 Mobile Safari/537.36"
)
COMPUTER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)
APPLE_PRIVACY = "Mozilla/5.0"  # Apple's mail privacy protection loads every pixel under this bare name

EMPTY: Mapping[str, str] = MappingProxyType({})


class ClosedDoor(RuntimeError):
    """The site refused what the demo did; the message says which address and how it answered."""


@dataclass(frozen=True)
class Form:
    """A page's form: where it goes, and what it holds before anybody types."""

    action: str
    fields: dict[str, str]
    buttons: list[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """What the site answered to a visitor."""

    url: str
    status: int
    headers: dict[str, str]
    text: str

    @property
    def forms(self) -> list[Form]:
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms


@dataclass
class Visitor:
    """Somebody with a browser, an address and, where the site signs people in, cookies."""

    user_agent: str = PHONE
    ip: str = "192.0.2.1"
    language: str = "en"
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def get(self, url: str, *, referer: str = "") -> Page:
        """Open an address; redirects are not followed."""
        return self._ask("GET", url, b"", referer)

    def post(self, page: Page, form: int = 0, **fields: str) -> Page:
        """Send one of the page's forms with these fields filled in.

        Raises:  ClosedDoor when the page has no such form or the site does not take it.
        """
        if len(page.forms) <= form:
            raise ClosedDoor(f"{page.url} answered {page.status} and has no form {form}.")
        chosen = page.forms[form]
        body = urlencode({**chosen.fields, **fields}).encode()
        answer = self._ask("POST", urljoin(page.url, chosen.action or page.url), body, page.url)
        if answer.status >= 400:
            raise ClosedDoor(f"{answer.url} answered {answer.status} to {sorted({**chosen.fields, **fields})}.")
        return answer

    def submit(self, page: Page, action: str, **fields: str) -> Page:
        """Send the page's form that goes to that address, with these fields filled in.

        Raises:  ClosedDoor when the page has no such form.
        """
        for number, form in enumerate(page.forms):
            if form.action == action:
                return self.post(page, number, **fields)
        raise ClosedDoor(f"{page.url} answered {page.status} and has no form to {action}.")

    def press(self, page: Page, name: str, value: str, **fields: str) -> Page:
        """Press the button of that name and value, with its form's fields.

        Raises:  ClosedDoor when the page has no such button.
        """
        for number, form in enumerate(page.forms):
            if (name, value) in form.buttons or form.fields.get(name) == value:
                return self.post(page, number, **{name: value}, **fields)
        raise ClosedDoor(f"{page.url} answered {page.status} and has no button {name}={value}.")

    def send(self, url: str, fields: dict[str, str]) -> Page:
        """Post fields to an address without a page before, as a mail program's own button does."""
        return self._ask("POST", url, urlencode(fields).encode(), "")

    def call(self, url: str, body: bytes, *, key: str, once: str) -> Page:
        """Post JSON to the API with a partner's key and an idempotency key."""
        more = {"HTTP_AUTHORIZATION": f"Bearer {key}", "HTTP_IDEMPOTENCY_KEY": once, "CONTENT_TYPE": "application/json"}
        return self._ask("POST", url, body, "", more)

    def _ask(self, method: str, url: str, body: bytes, referer: str, more: Mapping[str, str] = EMPTY) -> Page:
        answered: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            answered.update(status=int(status[:3]), headers=headers)

        with _one_connection():
            chunks = _site()({**self._environ(method, url, body, referer), **more}, start_response)
            try:
                content = b"".join(chunks)
            finally:
                getattr(chunks, "close", lambda: None)()
        for name, value in answered["headers"]:
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        headers = {name.lower(): value for name, value in answered["headers"]}
        return Page(url, answered["status"], headers, content.decode("utf-8", "replace"))

    def _environ(self, method: str, url: str, body: bytes, referer: str) -> dict[str, Any]:
        site, parts = urlsplit(settings.SITE_URL), urlsplit(url)
        said = {
            "HTTP_USER_AGENT": self.user_agent,
            "HTTP_ACCEPT_LANGUAGE": self.language,
            "HTTP_REFERER": urljoin(settings.SITE_URL, referer) if referer else "",
            "HTTP_COOKIE": "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items()),
        }
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": site.hostname,
            "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": parts.netloc or site.netloc,
            "REMOTE_ADDR": self.ip,
            "CONTENT_TYPE": "application/x-www-form-urlencoded" if method == "POST" else "",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": site.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{name: value for name, value in said.items() if value},
        }


class _Forms(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.forms.append(Form(given.get("action", ""), {}, []))
            self.is_open = True
        elif self.is_open and tag == "button" and given.get("name"):
            self.forms[-1].buttons.append((given["name"], given.get("value", "")))
        elif self.is_open and tag == "input" and given.get("name") and _is_held(given):
            self.forms[-1].fields[given["name"]] = given.get("value", "on" if _is_box(given) else "")

    def handle_endtag(self, tag: str) -> None:
        self.is_open = self.is_open and tag != "form"


def _is_held(given: dict[str, str]) -> bool:
    """Whether a browser sends this input untouched: boxes only when ticked, buttons never, the rest always."""
    return "checked" in given if _is_box(given) else given.get("type") not in ("submit", "button")


def _is_box(given: dict[str, str]) -> bool:
    return given.get("type") in ("checkbox", "radio")


# --- The site, with a clock that can stand in the past for hits ------------------------------------------------------


class _ClockedSpool(Spool):
    """A spool whose lines bear the time of the story: opens of the first days are stored as such."""

    def append(self, record: bytes) -> None:
        moment = getattr(_clock, "at", None)
        if moment is not None:
            _now, rest = record.split(b"\t", 1)
            record = b"%d\t%s" % (int(moment.timestamp() * 1_000_000_000), rest)
        super().append(record)


_clock = threading.local()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let hits inside this block bear that time."""
    _clock.at = moment
    try:
        yield
    finally:
        _clock.at = None


@contextmanager
def _one_connection() -> Iterator[None]:
    """Let a request leave the database connection open: the demo itself goes on with it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@cache
def _site() -> Front:
    from config.wsgi import django_application

    return Front(django_application, spool=_ClockedSpool())


def close() -> None:
    """Let the spool's file go, so that the ingest may read it to its end and delete it."""
    _site().spool.close()
