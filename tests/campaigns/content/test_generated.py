"""Campaigns nobody would write by hand, on the wire. GENERATED_CAMPAIGNS says how many (60; a full run has 2,000)."""

import email
import email.policy
import os
import random
import smtplib
from base64 import b64encode

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from campaigns.content import batch
from campaigns.models import Sender
from contacts.models import Contact
from tests.campaigns.content.test_dkim import published
from tests.make import make_contact, make_delivery, make_mail, make_sender
from tests.sink import Sink

pytestmark = pytest.mark.django_db
ROUND = 100  # mails that are made before they are passed on
MANY = int(os.environ.get("GENERATED_CAMPAIGNS", "60"))
SNIPPETS = [
    "",
    "été",
    "مرحبا بكم",
    "שלום",
    "👩‍👩‍👧‍👦🎉",
    ".",
    "..",
    "From me",
    "=?utf-8?q?x?=",
    "a=3D=",
    "x" * 200,
    "花" * 200,
    "é" * 200,
    "\u202eabc",
    "e\u0301" * 30,
    "<b>&amp;",
    '"quoted" \\',
    "tab\there",
    "line\nline",
    "trailing  ",
    "-- ",
    "ﬀ 𝔘𝔫𝔦",
]
ADDRESSES = [
    "ann@example.com",
    "ann@exämple.example",
    "a.b+c@bücher.example",
    "x@例え.example",
    "o'neil@пример.example",
]


def flat(text):
    """Names and subjects are one line."""
    return " ".join(text.split())


def generated(seed):
    chance = random.Random(seed)

    def words():
        return " ".join(chance.choices(SNIPPETS, k=chance.randint(0, 3)))

    blocks = [{"type": "text", "html": f"<p>{words()}{{{{ contact.first_name }}}}</p>"} for _n in range(3)]
    name, address = flat(words())[:100], chance.choice(ADDRESSES)
    make_sender()
    Sender.objects.update(from_name=flat(words())[:100] or "M")
    campaign = make_mail(
        subject=flat(words())[:150] + " {{ contact.first_name }}", blocks=[*blocks, {"type": "footer"}], name=f"n{seed}"
    )
    contact = make_contact(email=address, first_name=name, topic=campaign.topic)
    made = batch.messages(campaign, [make_delivery(campaign=campaign, contact=contact)])[0]
    Contact.objects.filter(pk=contact.pk).update(email=None)
    return made


@pytest.fixture(scope="module")
def relay_key():
    """A relay's key, 1,024 bits for dkimpy's slow arithmetic: its PEM and its record."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem, b"v=DKIM1; k=rsa; p=" + b64encode(public)


def passed_on(messages, pem):
    """What arrives when a relay signs our bytes once more, `simple` this time, and hands them on by another client,
    which would mend a bare line end and double a dot.
    """
    with Sink(features=("SIZE 1000000",)) as sink, smtplib.SMTP("127.0.0.1", sink.port) as client:
        for message in messages:
            strict = dkimpy.sign(message, b"r1", b"relay.example", pem, canonicalize=(b"simple", b"simple"))
            client.sendmail("b@mail.brand.example", ["ann@example.com"], strict + message)
    return sink.messages


def test_whatever_is_written_is_correct_on_the_wire(signing, relay_key):
    pem, record = relay_key
    dns = published(signing, {"r1._domainkey.relay.example.": record})
    for at in range(0, MANY, ROUND):
        messages = [on_the_wire(seed) for seed in range(at, min(at + ROUND, MANY))]
        arrived = passed_on(messages, pem)
        assert len(arrived) == len(messages)
        for n, message in enumerate(arrived):
            signatures = dkimpy.DKIM(message)
            assert signatures.verify(0, dnsfunc=dns) and signatures.signature_fields[b"c"] == b"simple/simple", at + n
            assert signatures.verify(1, dnsfunc=dns) and signatures.signature_fields[b"d"] == b"mail.brand.example"


def on_the_wire(seed):
    """One generated mail, its form looked at."""
    made = generated(seed)
    assert made.error == "", (seed, made.error)
    mail = email.message_from_bytes(made.message, policy=email.policy.default)
    parts = [mail, *mail.walk()]
    names = [name.lower() for name in mail]
    plain = email.message_from_bytes(made.message, policy=email.policy.compat32)
    lists = "".join(str(v) for k, v in plain.items() if k.lower().startswith("list-") or k.lower() == "message-id")
    lines = made.message.split(b"\r\n")
    assert not any(part.defects for part in parts) and mail.get_body(("plain",)).get_content(), seed
    assert len(names) == len(set(names)) and "=?" not in lists, seed
    assert max(map(len, lines)) <= 998 and not any(line.startswith(b".") for line in lines), seed
    assert made.message.isascii() and not {10, 13} & set(made.message.replace(b"\r\n", b"")), seed
    return made.message
