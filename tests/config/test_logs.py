"""Log lines are JSON, carry the request's id, and hold neither an address nor a token."""

import json
import logging
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from config import logs

TOKEN = "0123456789abcdef0123456789abcdef"


def line(message, *arguments, error=None):
    record = logging.LogRecord("campaigns.delivery", logging.INFO, __file__, 1, message, arguments, error)
    return json.loads(logs.JsonLine().format(record))


def test_a_line_says_when_how_bad_and_who():
    found = line("campaign=%s sent=%s", 7, 500)
    assert found["message"] == "campaign=7 sent=500" and found["logger"] == "campaigns.delivery"
    assert found["at"].endswith("+00:00") and found["level"] == "INFO"


@pytest.mark.parametrize(
    "secret",
    [
        "ann@example.com",
        "ann+x@exämple.fr",
        "<ann@example.com>",
        "to=ann@mail.example.co.uk;",
        "'ann@example.com'",
        "é@exämple.fr",
    ],
)
def test_addresses_are_replaced(secret):
    assert line("refused %s by relay", secret)["message"].count("@") == 0


@pytest.mark.parametrize(
    "text",
    [
        f"GET /o/{TOKEN}.gif",
        f"/c/{TOKEN}/3",
        TOKEN.upper(),
        f"bounce+{TOKEN}@b.example",
        "/Q/0G7MZK4PX2TQ9H1A",
        "/v/0g7m-zk4p-x2tq-9h1a",
    ],
)
def test_tokens_are_replaced(text):
    message = line("hit %s", text)["message"]
    assert TOKEN not in message.lower() and "zk4p" not in message.lower()


def test_a_password_in_a_url_is_replaced():
    assert "hunter2" not in line("cannot reach %s", "redis://:hunter2@redis:6379/0")["message"]
    assert "hunter2" not in line("cannot reach %s", "amqp://guest:hunter2@mq:5672//")["message"]


def test_ordinary_words_and_numbers_stay():
    text = "campaign=7 sent=500 in 3.1 s, sha256 0123456789abcdef, /campaigns/12/report"
    assert line(text)["message"] == text


def test_a_traceback_is_scrubbed_too():
    try:
        raise ValueError("no such mailbox: ann@example.com")
    except ValueError:
        found = line("failed", error=sys.exc_info())
    assert "ValueError" in found["error"] and "ann@" not in found["error"]


def test_the_lines_of_one_request_share_an_id_and_the_answer_carries_it(client):
    seen = []
    middleware = logs.RequestId(
        lambda request: seen.append(line("x")["request"]) or __import__("django.http").http.HttpResponse()
    )
    response = middleware(RequestFactory().get("/"))

    assert response["X-Request-Id"] == seen[0] and "request" not in line("outside")
    assert client.get("/healthz")["X-Request-Id"] != client.get("/healthz")["X-Request-Id"]


def test_the_log_level_is_checked():
    with pytest.raises(ImproperlyConfigured, match="LOG_LEVEL=LOUD"):
        logs.configuration("LOUD")


def test_the_error_page_hides_urls_and_pepper():
    hidden = logs.HiddenSettings()
    for name in ("ADDRESS_PEPPER", "TOKEN_KEYS", "CELERY_BROKER_URL", "PASSWORD"):
        assert hidden.cleanse_setting(name, "hunter2") == hidden.cleansed_substitute
    assert hidden.cleanse_setting("TIME_ZONE", "UTC") == "UTC"
