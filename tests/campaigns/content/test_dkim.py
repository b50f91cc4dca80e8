"""Signed by us: verified by another implementation once an SMTP server took the mail; nothing without a key."""

import re

import dkim as dkimpy
import pytest
from django.core.management import call_command
from django.utils import timezone

from campaigns import domains
from campaigns.content import batch, dkim
from campaigns.delivery import sender, trial
from campaigns.delivery.ledger import Delivery
from campaigns.delivery.provider import Mail, anymail_message
from tests.make import make_contact, make_delivery, make_mail
from tests.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
DOMAIN = "mail.brand.example"


def published(signer, others=None):
    """A DNS that holds what `doctor` tells to publish, read as a zone file is, and others' records."""
    zone = {f"{signer.name}.": "".join(re.findall('"([^"]*)"', signer.record)).encode()} | (others or {})
    return lambda name, timeout=5: zone.get(name.decode() if isinstance(name, bytes) else name)


def sent(settings, **fields):
    """What an SMTP server got of a campaign to Ann."""
    campaign = make_mail(state="sending", started_at=timezone.now(), audience_at=timezone.now(), **fields)
    make_delivery(campaign=campaign, contact=make_contact(topic=campaign.topic, first_name="Zoé"))
    with Sink() as sink:
        options = {"host": "127.0.0.1", "port": sink.port, "connections": 1, "timeout": 5}
        settings.FANFARE_RELAYS = [{"name": "main", "kind": "smtp", "url": "", "options": options, "weight": 1}]
        sender.run(campaign)
    return sink.messages[0]


def names(message):
    h = re.search(rb" h=([^;]+);", message)[1]
    return re.sub(rb"\s", b"", h).decode().split(":")


BLOCKS = [{"type": "text", "html": "<p>Bonjour\n\n  {{ contact.first_name }}  <br> été</p>"}, {"type": "footer"}]


def test_what_a_server_received_verifies_and_covers_the_one_click_headers(settings, signing):
    message = sent(settings, blocks=BLOCKS, subject="{{ contact.first_name }}, “spring”  has come")

    assert dkimpy.verify(message, dnsfunc=published(signing))
    one_click = ["list-unsubscribe", "list-unsubscribe-post"]
    assert names(message)[:4] == ["from", "from", "to", "subject"]
    assert names(message)[4:8] == ["date", "message-id", "mime-version", "content-type"]
    assert names(message)[8:] == [*one_click, "list-id", "feedback-id"]
    assert b"d=mail.brand.example" in message and max(map(len, message.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "change",
    [
        lambda mail: mail.replace(b"=C3=A9", b"=C3=A8", 1),
        lambda mail: mail.replace(b"List-Unsubscribe: <http", b"List-Unsubscribe: <xttp"),
        lambda mail: mail.replace(b"=One-Click", b"=Two-Click"),
        lambda mail: mail.replace(b"MIME-Version", b"From: eve@evil.example\r\nMIME-Version"),
    ],
    ids=["body", "link", "one-click", "second From"],
)
def test_any_change_on_the_way_breaks_it(settings, signing, change):
    message = sent(settings, blocks=BLOCKS)
    changed = change(message)

    assert changed != message and dkimpy.verify(message, dnsfunc=published(signing))
    assert not dkimpy.verify(changed, dnsfunc=published(signing))


def test_transactional_and_test_mails_are_signed_too(settings, signing):
    welcome = make_mail(kind="transactional", trigger="welcome", state="sending")
    row = make_delivery(campaign=welcome, contact=make_contact(), occasion="a")
    mails = [batch.messages(welcome, [row])[0].message, trial.message(welcome, "marie@example.com")]

    assert all(dkimpy.verify(mail, dnsfunc=published(signing)) for mail in mails)
    assert "list-id" not in names(mails[0])


def test_a_domain_without_a_key_is_not_signed(settings, signing):
    settings.DKIM_KEYS = {"other.example": settings.DKIM_KEYS[DOMAIN]}
    assert b"DKIM-Signature" not in sent(settings)


def test_a_provider_gets_no_signature_over_bytes_it_will_not_send(signing):
    campaign = make_mail(state="sending")
    row = make_delivery(campaign=campaign)
    made = batch.messages(campaign, [row])[0]

    mail = Mail(Delivery(id=row.pk), made.envelope_from, made.recipient, made.message)
    assert b"DKIM-Signature" in made.message
    assert "DKIM-Signature" not in anymail_message(mail).extra_headers


def test_the_check_says_what_to_publish_and_sees_another_key(signing, monkeypatch):
    zone = {}
    monkeypatch.setattr(domains, "texts", lambda name: zone.get(name, []))

    def answer():
        return next(one for one in domains.ask(DOMAIN, envelope=DOMAIN) if one.kind == "DKIM")

    missing = answer()
    assert missing.state == "bad" and f'f1._domainkey.{DOMAIN}. TXT "v=DKIM1; k=rsa; p=' in missing.remedy
    zone[signing.name] = ["v=DKIM1; k=rsa; p=MIIB"]
    assert answer().state == "bad" and "another key" in answer().said
    zone[signing.name] = ["".join(re.findall('"([^"]*)"', signing.record))]
    assert answer().state == "good"


def test_doctor_asks_the_dns_whether_the_key_it_signs_with_is_the_published_one(signing, zone, capsys):
    make_mail()

    def doctor():
        with pytest.raises(SystemExit):  # the installation of a test has no worker
            call_command("doctor")
        return capsys.readouterr().out

    assert f"BAD     DKIM of {DOMAIN}: not published\n        → Publish this TXT record: {signing.name}." in doctor()
    zone[signing.name] = ["v=DKIM1; k=rsa; p=MIIB"]
    assert f"BAD     DKIM of {DOMAIN}: another key is published" in doctor()
    zone[signing.name] = [signing.record.strip('"')]
    assert f"good    DKIM of {DOMAIN}: published\n" in doctor()


def test_a_relays_own_selector_is_asked_besides_ours(signing, monkeypatch):
    monkeypatch.setattr(domains, "texts", lambda name: [])
    kinds = [one.kind for one in domains.ask(DOMAIN, envelope=DOMAIN, selector="s1")]
    assert kinds == ["SPF", "DKIM", "DKIM", "DMARC"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"", b""), (b"\r\n\r\n", b""), (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n")],
    ids=["empty", "blank", "RFC 6376 §3.4.5"],
)
def test_a_body_is_made_canonical_as_the_standard_says(body, expected):
    assert dkim.canonical_body(body) == expected
