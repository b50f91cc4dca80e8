import base64
import json
import random

import pytest
from django.test import Client

from campaigns.delivery import webhooks
from campaigns.models import Event
from campaigns.tracking.tokens import Purpose, make
from contacts.models import Suppression
from tests.campaigns.delivery.test_bounces import sent
from tests.make import make_delivery

pytestmark = pytest.mark.django_db
SECRET = "hook:0123456789"
AUTH = {"headers": {"Authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()}}


@pytest.fixture(autouse=True)
def set_up(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def post(body, provider="postmark", **extra):
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    client = Client(raise_request_exception=False)
    return client.post(f"/hooks/{provider}", text, content_type="application/json", **(extra or AUTH))


def postmark(row, kind="HardBounce", **fields):
    token = make(Purpose.BOUNCE, row.campaign_id, row.pk)
    record = "SpamComplaint" if kind == "SpamComplaint" else "Delivery" if kind == "Delivery" else "Bounce"
    return {
        "RecordType": record, "Type": kind, "ID": 4323, "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": "ann@example.com", "Recipient": "ann@example.com", "BouncedAt": "2026-05-12T09:00:00Z",
        "DeliveredAt": "2026-05-12T09:00:00Z", "Metadata": {"delivery": str(row.pk), "token": token}, **fields,
    }  # fmt: skip


def state(row):
    row.refresh_from_db()
    return row.state, bool(row.bounced_at), bool(row.complained_at)


def test_a_hard_bounce_is_taken_once_and_replays_change_nothing():
    row = sent()

    answers = [post(postmark(row, Details="smtp;550 5.1.1 no such user")).status_code for _ in range(5)]

    assert answers == [200] * 5
    assert state(row) == ("sent", True, False)
    assert Suppression.objects.get().reason == "hard_bounce"
    assert Event.objects.filter(kind="bounce").count() == 1


def test_the_order_of_reports_does_not_matter():
    said, row = [], make_delivery(state="ambiguous")
    rows = [row, *(sent(campaign=row.campaign, contact=row.contact, occasion=f"o{n}") for n in range(2))]
    for each, order in zip(rows, ([0, 1, 2], [2, 1, 0], [1, 2, 0]), strict=True):
        reports = [
            postmark(each, "Delivery"),
            postmark(each, Details="550 5.1.1 gone"),
            postmark(each, "SpamComplaint"),
        ]
        for n in order:
            assert post(reports[n]).status_code == 200
        said.append(state(each))

    assert said == [("sent", True, True)] * 3


def test_unsigned_and_wrongly_signed_reports_change_nothing(settings):
    row = sent()
    wrong = {"headers": {"Authorization": "Basic " + base64.b64encode(b"hook:guess").decode()}}

    answers = [post(postmark(row), **extra).status_code for extra in ({"REMOTE_ADDR": "192.0.2.1"}, wrong)]
    settings.ANYMAIL = {}
    answers.append(post(postmark(row)).status_code)

    assert answers == [403, 403, 403]
    assert state(row) == ("sent", False, False)


def test_reports_about_unknown_mails_are_harmless():
    row = sent()
    bodies = [
        postmark(row, Metadata={}),
        postmark(row, Metadata={"delivery": "999999999"}),
        postmark(row, Metadata={"delivery": "٣"}),
        postmark(row, Metadata={"delivery": "9" * 40}),
        postmark(row, Metadata=["delivery"]),
    ]

    assert {post(body).status_code for body in bodies} <= {200, 400}
    assert state(row) == ("sent", False, False)
    assert not Suppression.objects.exists()


def test_no_body_makes_any_provider_fail():
    rng, row = random.Random(7), sent()
    good = json.dumps(postmark(row, Metadata={})).encode()
    bodies = [b"", b"[]", b"{}", b"null", b"[1]", b'{"a": {"b": null}}', b"\xff\xfe", b"mandrill_events=[{}]"]
    for _ in range(20):
        cut = bytearray(good[: rng.randrange(len(good))])
        bodies.append(bytes(rng.randrange(256) if rng.random() < 0.05 else byte for byte in cut))

    answers = {(name, post(body, name).status_code) for name in webhooks.VIEWS for body in bodies}

    assert {status for _name, status in answers} <= {200, 400, 403}
    assert len(webhooks.VIEWS) >= 12
    assert state(row) == ("sent", False, False)


def test_an_unknown_provider_is_a_404_and_a_get_is_refused(client):
    assert post({}, "pigeon").status_code == 404
    assert client.get("/hooks/postmark").status_code == 405


def test_a_signed_report_needs_no_shared_secret(settings):
    import hashlib
    import hmac
    import time

    row = sent()
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    now, token = str(int(time.time())), "t" * 50
    signature = hmac.new(b"key", (now + token).encode(), hashlib.sha256).hexdigest()
    data = {
        "event": "failed", "severity": "permanent", "timestamp": float(now), "recipient": "ann@example.com",
        "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
        "message": {"headers": {"message-id": make(Purpose.BOUNCE, row.campaign_id, row.pk) + "@mail.brand.example"}},
        "user-variables": {},
    }  # fmt: skip
    good = {"signature": {"timestamp": now, "token": token, "signature": signature}, "event-data": data}
    forged = {**good, "signature": {**good["signature"], "signature": "0" * 64}}

    assert post(forged, "mailgun").status_code == 403
    assert state(row) == ("sent", False, False)
    assert post(good, "mailgun").status_code == 200
    assert state(row) == ("sent", True, False)

    long_ago = str(int(now) - 30 * 86_400)
    signature = hmac.new(b"key", (long_ago + token).encode(), hashlib.sha256).hexdigest()
    stale = {**good, "signature": {"timestamp": long_ago, "token": token, "signature": signature}}
    assert {post(each, "mailgun").status_code for each in (good, stale)} <= {200, 403}
    assert Event.objects.filter(kind="bounce").count() == 1 and Suppression.objects.count() == 1
