"""Every provider that the installed Anymail reads, in its own shape and with its own protection: a bounce, a complaint
and a delivery report each find our mail, in any order, however often they come.
"""

import base64
import hashlib
import hmac
import itertools
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client

from campaigns.delivery import webhooks
from campaigns.models import Event
from campaigns.tracking.tokens import Purpose, make
from contacts.models import Suppression
from tests.make import make_delivery

pytestmark = pytest.mark.django_db
SECRET = "hook:0123456789"
BASIC = "Basic " + base64.b64encode(SECRET.encode()).decode()
GONE, TIME = "550 5.1.1 <ann@example.com>: no such user", 1_794_650_400
ADDRESS = "ann@example.com"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = RSA.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Mail:
    """What a provider knows of one mail of ours."""

    def __init__(self, row):
        self.row, self.token = row, make(Purpose.BOUNCE, row.campaign_id, row.pk)
        self.metadata = {"delivery": str(row.pk), "token": self.token}
        self.message_id = f"<{self.token}@mail.brand.example>"


def amazon_ses(mail, kind):
    names = {"bounce": "Bounce", "complaint": "Complaint", "delivered": "Delivery"}
    more = {
        "bounce": {"bounceType": "Permanent", "bounceSubType": "General",
                   "bouncedRecipients": [{"emailAddress": ADDRESS, "diagnosticCode": f"smtp; {GONE}"}]},
        "complaint": {"complainedRecipients": [{"emailAddress": ADDRESS}], "complaintFeedbackType": "abuse"},
        "delivery": {"smtpResponse": "250 ok", "recipients": [ADDRESS]},
    }  # fmt: skip
    name = names[kind]
    event = {"eventType": name, name.lower(): more[name.lower()], "mail": {
        "messageId": "0100018f-1", "destination": [ADDRESS],
        "headers": [{"name": "X-Metadata", "value": json.dumps(mail.metadata)}]}}  # fmt: skip
    note = {
        "Type": "Notification",
        "MessageId": "n1",
        "Timestamp": "2026-11-14T10:00:00Z",
        "Message": json.dumps(event),
    }
    return note, {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "n1"}


def brevo(mail, kind):
    name = {"bounce": "hard_bounce", "complaint": "spam", "delivered": "delivered"}[kind]
    return {"event": name, "email": ADDRESS, "ts_epoch": TIME * 1000, "message-id": "<1@smtp-relay.mailin.fr>",
            "reason": GONE, "X-Mailin-custom": json.dumps(mail.metadata)}  # fmt: skip


def mailersend(mail, kind):
    name = {"bounce": "hard_bounced", "complaint": "spam_complaint", "delivered": "delivered"}[kind]
    morph = {"bounce": {"object": "recipient_bounce", "reason": GONE}, "complaint": {"object": "spam_complaint"}}.get(
        kind
    )
    return {"type": f"activity.{name}", "data": {
        "object": "activity", "id": "62f1", "type": name, "created_at": "2026-11-14T10:00:00.000000Z", "morph": morph,
        "email": {"object": "email", "id": "62f2", "tags": [mail.token], "message": {"id": "62f3"},
                  "recipient": {"email": ADDRESS}}}}  # fmt: skip


def mailgun(mail, kind):
    status = {"code": 550, "message": GONE[4:]}
    event = {"bounce": {"event": "failed", "severity": "permanent", "delivery-status": status},
             "complaint": {"event": "complained"}, "delivered": {"event": "delivered"}}[kind]  # fmt: skip
    return {"event-data": {**event, "timestamp": TIME, "recipient": ADDRESS, "id": "e1",
                           "user-variables": mail.metadata,
                           "message": {"headers": {"message-id": mail.message_id.strip("<>")}}}}  # fmt: skip


def mailjet(mail, kind):
    event = {"bounce": {"event": "bounce", "hard_bounce": True, "error": "user unknown", "smtp_reply": GONE},
             "complaint": {"event": "spam", "source": "JMRPP"}, "delivered": {"event": "sent"}}[kind]  # fmt: skip
    return [
        {**event, "time": TIME, "MessageID": 19421777835146490, "email": ADDRESS, "Payload": json.dumps(mail.metadata)}
    ]


def mailtrap(mail, kind):
    name = {"bounce": "bounce", "complaint": "spam", "delivered": "delivery"}[kind]
    return {"events": [{"event": name, "message_id": "1df37d17", "sending_stream": "transactional", "email": ADDRESS,
                        "timestamp": TIME, "event_id": "e1", "response": GONE, "response_code": 550,
                        "custom_variables": mail.metadata}]}  # fmt: skip


def mandrill(mail, kind):
    name = {"bounce": "hard_bounce", "complaint": "spam", "delivered": "send"}[kind]
    event = {"event": name, "_id": "abc", "ts": TIME,
             "msg": {"email": ADDRESS, "diag": f"smtp;{GONE}", "metadata": mail.metadata, "tags": []}}  # fmt: skip
    return {"mandrill_events": json.dumps([event])}


def postal(mail, kind):
    about = {"id": 9, "token": "x", "direction": "outgoing", "message_id": mail.message_id.strip("<>"), "to": ADDRESS}
    payload = {"bounce": {"original_message": about, "bounce": {"id": 10}, "output": GONE},
               "delivered": {"message": about, "status": "Sent", "output": "250 ok"}}[kind]  # fmt: skip
    return {"event": "MessageBounced", "timestamp": TIME, "uuid": "u1", "payload": payload}


def postmark(mail, kind):
    record = {"bounce": "Bounce", "complaint": "SpamComplaint", "delivered": "Delivery"}[kind]
    at = "2026-11-14T10:00:00Z"
    return {
        "RecordType": record, "Type": "HardBounce" if kind == "bounce" else "SpamComplaint", "ID": 1, "Details": GONE,
        "MessageID": "883953f4", "Email": ADDRESS, "Recipient": ADDRESS, "BouncedAt": at, "DeliveredAt": at,
        "Metadata": mail.metadata,
    }  # fmt: skip


def resend(mail, kind):
    name = {"bounce": "bounced", "complaint": "complained", "delivered": "delivered"}[kind]
    data = {"email_id": "56761188", "to": [ADDRESS], "created_at": "2026-11-14T10:00:00.000Z",
            "headers": [{"name": "X-Metadata", "value": json.dumps(mail.metadata)}]}  # fmt: skip
    if kind == "bounce":
        data["bounce"] = {"message": "The recipient's mail server permanently rejected it: a hard bounce message"}
    return {"type": f"email.{name}", "created_at": "2026-11-14T10:00:00.000Z", "data": data}


def sendgrid(mail, kind):
    name = {"bounce": "bounce", "complaint": "spamreport", "delivered": "delivered"}[kind]
    return [{"event": name, "email": ADDRESS, "timestamp": TIME, "sg_event_id": "e1", "smtp-id": mail.message_id,
             "type": "bounce", "status": "5.1.1", "reason": GONE, **mail.metadata}]  # fmt: skip


def sparkpost(mail, kind):
    name = {"bounce": "bounce", "complaint": "spam_complaint", "delivered": "delivery"}[kind]
    event = {"type": name, "bounce_class": "10", "raw_rcpt_to": ADDRESS, "event_id": "1", "timestamp": str(TIME),
             "transmission_id": "65832150921904138", "rcpt_meta": mail.metadata}  # fmt: skip
    if kind == "bounce":
        event["raw_reason"] = GONE
    return [{"msys": {"message_event": event}}]


def unisender_go(mail, kind):
    name = {"bounce": "hard_bounced", "complaint": "spam", "delivered": "delivered"}[kind]
    event = {"job_id": "1a", "email": ADDRESS, "status": name, "event_time": "2026-11-14 10:00:00",
             "metadata": mail.metadata, "delivery_info": {"delivery_status": "err_user_unknown",
                                                          "destination_response": GONE}}  # fmt: skip
    return {"auth": "AUTH", "events_by_user": [
        {"user_id": 1, "events": [{"event_name": "transactional_email_status", "event_data": event}]}]}  # fmt: skip


SHAPES = {
    shape.__name__: shape
    for shape in (
        amazon_ses, brevo, mailersend, mailgun, mailjet, mailtrap, mandrill, postal, postmark, resend, sendgrid,
        sparkpost, unisender_go,
    )
}  # fmt: skip
KINDS = {"postal": ["bounce", "delivered"]}


@pytest.fixture(autouse=True)
def keys(settings):
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": SECRET, "MAILERSEND_SIGNING_SECRET": "signing", "MANDRILL_WEBHOOK_KEY": "key",
        "POSTAL_WEBHOOK_KEY": base64.b64encode(PUBLIC).decode(), "UNISENDER_GO_API_KEY": "apikey",
        "MAILGUN_WEBHOOK_SIGNING_KEY": "mailgun",
    }  # fmt: skip


def post(provider, shaped):
    """Post a report with the provider's own protection: signature, or the shared secret."""
    body, headers = shaped if isinstance(shaped, tuple) else (shaped, {})
    headers = {"Authorization": BASIC, **headers}
    client, path = Client(raise_request_exception=False), f"/hooks/{provider}"
    if provider == "mandrill":
        signed = f"http://{SECRET}@testserver{path}" + "".join(key + body[key] for key in sorted(body))
        headers["X-Mandrill-Signature"] = base64.b64encode(hmac.digest(b"key", signed.encode(), "sha1")).decode()
        return client.post(path, body, headers=headers)
    if provider == "mailgun":
        stamp, token = str(TIME), hashlib.sha256(json.dumps(body).encode()).hexdigest()[:50]
        mark = hmac.new(b"mailgun", (stamp + token).encode(), "sha256").hexdigest()
        body = {"signature": {"timestamp": stamp, "token": token, "signature": mark}, **body}
    raw = json.dumps(body).encode()
    if provider == "unisender_go":
        raw = raw.replace(b"AUTH", hashlib.md5(raw.replace(b"AUTH", b"apikey")).hexdigest().encode())  # noqa: S324
    if provider == "mailersend":
        headers["Signature"] = hmac.new(b"signing", raw, "sha256").hexdigest()
    if provider == "postal":
        signature = RSA.sign(raw, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
        headers["X-Postal-Signature"] = base64.b64encode(signature).decode()
    return client.post(path, raw, content_type="application/json", headers=headers)


def state(row):
    row.refresh_from_db()
    return row.state, bool(row.bounced_at), bool(row.complained_at)


def test_no_provider_of_the_installed_anymail_is_left_out():
    assert set(SHAPES) == set(webhooks.VIEWS)


@pytest.mark.parametrize("provider", SHAPES)
def test_reports_find_our_mail_in_any_order_and_replays_change_nothing(provider):
    kinds = KINDS.get(provider, ["bounce", "complaint", "delivered"])
    orders = list(itertools.permutations(kinds))
    first = make_delivery(state="ambiguous")
    rows = [first] + [
        make_delivery(campaign=first.campaign, contact=first.contact, occasion=f"o{n}", state="ambiguous")
        for n in range(1, len(orders))
    ]

    answers = [
        post(provider, SHAPES[provider](Mail(row), kind)).status_code
        for row, order in zip(rows, orders, strict=True)
        for kind in (*order, *order)
    ]

    assert set(answers) == {200}
    assert {state(row) for row in rows} == {("sent", True, "complaint" in kinds)}
    assert Event.objects.filter(kind="bounce").count() == len(rows)
    assert "hard_bounce" in set(Suppression.objects.values_list("reason", flat=True))


@pytest.mark.parametrize("provider", SHAPES)
def test_nothing_unprotected_is_believed(provider, settings):
    row = make_delivery(state="sent", sent_at="2026-11-14T10:00Z")
    body = SHAPES[provider](Mail(row), "bounce")
    body, headers = body if isinstance(body, tuple) else (body, {})
    client, path = Client(raise_request_exception=False), f"/hooks/{provider}"

    if provider == "mandrill":
        answer = client.post(path, body, headers=headers)
    else:
        answer = client.post(path, json.dumps(body), content_type="application/json", headers=headers)

    assert answer.status_code == 403
    assert state(row) == ("sent", False, False)
