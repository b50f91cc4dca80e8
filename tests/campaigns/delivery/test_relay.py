import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from campaigns.delivery import relay, sender
from campaigns.models import Delivery, OutboxMail, RelayState
from tests.campaigns.delivery.test_smtp import make_queue, states
from tests.ports import free_port

PORT = free_port()
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_mails")]


class Inbox(Message):
    def __init__(self):
        super().__init__()
        self.mails = []

    def handle_message(self, message):
        self.mails.append(message)


@pytest.fixture
def aiosmtpd_server():
    controller = Controller(Inbox(), hostname="127.0.0.1", port=PORT)
    controller.start()
    yield controller
    controller.stop()


def test_a_real_smtp_server_gets_every_mail(aiosmtpd_server, settings):
    settings.FANFARE_RELAYS = [
        {
            "name": "real",
            "kind": "smtp",
            "url": "",
            "weight": 1,
            "options": {"host": "127.0.0.1", "port": PORT, "connections": 2},
        }
    ]
    campaign = make_queue(25)
    sender.run(campaign)

    mails = aiosmtpd_server.handler.mails
    assert states(campaign) == {"sent": 25}
    assert sorted(mail["To"] for mail in mails) == sorted(f"fan{n}@example.com" for n in range(25))
    assert mails[0].get_payload() == "Hello\r\n" and mails[0]["X-MailFrom"] == "bounce@mail.brand.example"


def test_the_outbox_keeps_mail_and_ledger_together():
    campaign = make_queue(120)

    assert sender.run(campaign).sent == 120
    assert OutboxMail.objects.count() == 120 and OutboxMail.objects.values("delivery").distinct().count() == 120


class Provider(BaseHTTPRequestHandler):
    """A provider's API: Postmark's, as Anymail calls it."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked)
        status = self.server.answer(len(self.server.asked))
        if status is None:
            self.connection.close()
            return
        mails = asked if isinstance(asked, list) else [asked]
        body = [
            {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{n}", "To": mail["To"]} for n, mail in enumerate(mails)
        ]
        payload = json.dumps(body if isinstance(asked, list) else body[0]).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args):
        pass


@pytest.fixture
def provider(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.asked, server.answer = [], lambda n: 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = {"server_token": "t", "api_url": f"http://127.0.0.1:{server.server_port}/"}
    settings.FANFARE_RELAYS = [
        {"name": "post", "kind": "anymail", "url": "", "weight": 1, "options": {"esp": "postmark", "settings": options}}
    ]
    yield server
    server.shutdown()
    server.server_close()


def test_a_providers_api_gets_one_call_a_mail_with_our_headers(provider):
    campaign = make_queue(3)
    sender.run(campaign)

    assert states(campaign) == {"sent": 3} and len(provider.asked) == 3
    asked = min(provider.asked, key=lambda asked: asked["To"])
    assert asked["To"] == "fan0@example.com" and asked["Subject"] == "May" and asked["TextBody"].strip() == "Hello"
    assert Delivery.objects.first().reply.startswith("id-") and Delivery.objects.first().relay == "post"


def test_calls_to_a_provider_without_batches_run_beside_each_other(provider, settings):
    settings.FANFARE_RELAYS[0]["options"]["connections"] = 8
    provider.answer = lambda n: time.sleep(0.2) or 200
    campaign = make_queue(16)
    began = time.monotonic()
    sender.run(campaign)

    assert states(campaign) == {"sent": 16} and time.monotonic() - began < 16 * 0.2 / 2


def test_a_provider_that_breaks_off_leaves_doubt_and_is_left_alone(provider):
    provider.answer = lambda n: None if n == 2 else 200
    campaign = make_queue(6)
    sender.run(campaign)

    assert states(campaign) == {"sent": 3, "ambiguous": 1, "queued": 2}
    assert RelayState.objects.get(name="post").open_until


def test_a_provider_that_cannot_be_reached_has_nothing(provider, settings):
    provider.shutdown()
    provider.server_close()
    campaign = make_queue(2)
    sender.run(campaign)

    assert states(campaign) == {"queued": 2}


@pytest.mark.parametrize(("status", "found"), [(500, "queued"), (429, "queued"), (401, "queued"), (400, "failed")])
def test_a_providers_refusal_is_the_providers_or_the_mails_fault(provider, status, found):
    provider.answer = lambda n: status
    campaign = make_queue(1)
    sender.run(campaign)

    assert states(campaign) == {found: 1}


def test_relays_share_the_traffic_by_weight_and_a_broken_one_is_passed_over(settings):
    from campaigns.delivery import breaker

    settings.FANFARE_RELAYS = [
        {"name": "a", "kind": "outbox", "url": "", "options": {}, "weight": 1},
        {"name": "b", "kind": "outbox", "url": "", "options": {}, "weight": 1},
        {"name": "c", "kind": "outbox", "url": "", "options": {}, "weight": 0},
    ]
    campaign = make_queue(0)
    relays = relay.Relays()

    assert {relays.choose(campaign).name for _ in range(50)} == {"a", "b"}
    breaker.failed("a", "down")
    assert {relays.choose(campaign).name for _ in range(20)} == {"b"}
    campaign.sender.relay = "c"
    assert relays.choose(campaign).name == "c"
    campaign.sender.relay = "gone"
    assert relays.choose(campaign) is None
