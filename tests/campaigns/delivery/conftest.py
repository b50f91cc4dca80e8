"""A campaign of small plain mails, so that these tests are about the ledger and the wire and not about content."""

import pytest

from campaigns.content.batch import Outgoing
from campaigns.delivery import desk

PADDING = {"octets": 0}


def plain_messages(campaign, deliveries):
    """Messages without templates: what `campaigns.content.batch.stream` promises, in five lines."""
    made = []
    for row in deliveries:
        email = row.contact.email
        body = f"From: news@mail.brand.example\r\nTo: {email}\r\nSubject: May\r\nMessage-ID: <{row.pk}@brand>\r\n"
        body += "\r\nHello\r\n"
        body += ("x" * 70 + "\r\n") * (PADDING["octets"] // 72)
        made.append(Outgoing(row.pk, "bounce@mail.brand.example", email, body.encode()))
    return made


@pytest.fixture
def plain_mails(monkeypatch):
    """The sender is tested with ready messages; tests/test_journey.py sends real ones."""
    monkeypatch.setattr("campaigns.content.batch.stream", plain_messages)


@pytest.fixture(autouse=True)
def fresh_windows():
    desk.WINDOWS.clear()


@pytest.fixture
def relay_to(settings):
    """Name a sink as the one relay."""

    def to(sink, **options):
        options = {"host": "127.0.0.1", "port": sink.port, "connections": 3, "timeout": 5, **options}
        settings.FANFARE_RELAYS = [
            {"name": "main", "kind": "smtp", "url": "smtp://sink", "options": options, "weight": 1}
        ]

    return to
