"""Campaigns nobody would write by hand, on the wire. GENERATED_CAMPAIGNS says how many (60; a full run has 2,000)."""

import email
import email.policy
import os
import random

import dkim as dkimpy
import pytest

from campaigns.content import batch
from campaigns.models import Sender
from contacts.models import Contact
from tests.campaigns.content.test_dkim import published
from tests.make import make_contact, make_delivery, make_mail, make_sender

pytestmark = pytest.mark.django_db
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


def test_whatever_is_written_is_correct_on_the_wire(signing):
    dns = published(signing)
    for seed in range(MANY):
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
        assert dkimpy.verify(made.message, dnsfunc=dns), seed
