"""TLS and sign-in against a real server: never in clear when TLS was asked for."""

import ssl
import time
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from campaigns.delivery import sender
from campaigns.delivery.opening import Access, CannotOpen, open_connection
from campaigns.models import RelayState
from tests.campaigns.delivery.test_relay import Inbox
from tests.campaigns.delivery.test_smtp import make_queue, states
from tests.ports import free_port
from tests.sink import DRIP, Sink

PORT = free_port()
PEM = str(Path(__file__).with_name("localhost.pem"))


def sign_in(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"ann" and data.password == b"right", handled=False)


@pytest.fixture
def tls_server():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(PEM)
    controller = Controller(
        Inbox(), hostname="127.0.0.1", port=PORT, tls_context=context, require_starttls=True, authenticator=sign_in,
        auth_required=True,
    )  # fmt: skip
    controller.start()
    yield controller
    controller.stop()


def access(**options):
    return {"host": "127.0.0.1", "port": PORT, "tls": "starttls", "username": "ann", "password": "right", **options}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("plain_mails")
def test_mails_go_out_over_verified_tls_after_signing_in(tls_server, settings):
    options = access(ca_file=PEM, connections=2)
    settings.FANFARE_RELAYS = [{"name": "tls", "kind": "smtp", "url": "", "weight": 1, "options": options}]
    campaign = make_queue(30)
    sender.run(campaign)

    assert states(campaign) == {"sent": 30} and len(tls_server.handler.mails) == 30


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("plain_mails")
@pytest.mark.parametrize(
    ("options", "why"), [({}, "CERTIFICATE_VERIFY_FAILED"), ({"ca_file": PEM, "password": "wrong"}, "535")]
)
def test_a_certificate_nobody_vouches_for_or_a_wrong_password_sends_nothing(tls_server, settings, options, why):
    options = access(**options)
    settings.FANFARE_RELAYS = [{"name": "tls", "kind": "smtp", "url": "", "weight": 1, "options": options}]
    campaign = make_queue(2)
    sender.run(campaign)

    assert states(campaign) == {"queued": 2} and tls_server.handler.mails == []
    assert why in RelayState.objects.get().last_error and "right" not in RelayState.objects.get().last_error


def test_a_server_without_starttls_is_refused():
    with Sink() as sink, pytest.raises(CannotOpen, match="STARTTLS"):
        open_connection(Access("127.0.0.1", sink.port, tls="starttls"))


def test_a_dripping_greeting_is_cut_at_the_deadline():
    began = time.monotonic()
    dripping = Sink(lambda phase, n, line: DRIP if phase == "greeting" else None)
    with dripping as sink, pytest.raises(CannotOpen, match="no answer in time"):
        open_connection(Access("127.0.0.1", sink.port, timeout=1.0))
    assert time.monotonic() - began < 2.5


def test_an_endless_reply_is_cut():
    endless = Sink(lambda phase, n, line: "220-" + "x" * 3_000_000 if phase == "greeting" else None)
    with endless as sink, pytest.raises(CannotOpen):
        open_connection(Access("127.0.0.1", sink.port, timeout=5.0))
