"""Logs as one JSON object a line, with the request's id, and never an e-mail address or a token.

{"at": "2026-05-01T09:00:00.000+00:00", "level": "INFO", "logger": "campaigns.delivery.sender",
 "message": "campaign=7 sent=500", "request": "3f9a…"}                          (one line)
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.views.debug import SafeExceptionReporterFilter

from contacts.scrubbing import scrub

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonLine(logging.Formatter):
    """One record as one scrubbed JSON line; the traceback, if any, in `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if current := request_id.get():
            line["request"] = current
        if record.exc_info:
            line["error"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class RequestId:
    """Middleware: name each request, so that its log lines can be read together; the answer carries X-Request-Id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(secrets.token_hex(8))
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


class HiddenSettings(SafeExceptionReporterFilter):
    """What DEBUG's error page hides: also URLs, which hold passwords, and the pepper of the address hash."""

    hidden_settings = re.compile(f"{SafeExceptionReporterFilter.hidden_settings.pattern}|PEPPER|URL", re.IGNORECASE)


def configuration(level: str) -> dict[str, Any]:
    """Return Django's LOGGING for one least level, all to standard error."""
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ImproperlyConfigured(f"Unexpected value LOG_LEVEL={level}, use DEBUG, INFO, WARNING or ERROR")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "config.logs.JsonLine"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django": {"handlers": [], "level": level, "propagate": True}},
    }
