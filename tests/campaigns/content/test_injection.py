"""What template engines would evaluate is text here, or an error that says where.

INJECTION_PAYLOADS says how many of the 204 are compiled into mails of their own (about 25).
"""

import email
import email.policy
import os

import pytest

from campaigns.content import batch
from campaigns.content.findings import BadContent
from campaigns.content.quoted import mailbox
from tests.make import make_contact, make_delivery, make_mail, make_offer

pytestmark = pytest.mark.django_db
PRODUCT = "31337094011"  # of the first that is asked; long, so that no token holds it by chance
FRAMES = [
    "{{%s}}",
    "{{ %s | safe }}",
    "{%% if %s %%}x{%% endif %%}",
    "{%% include '%s' %%}",
    "${%s}",
    "#{%s}",
    "<%%= %s %%>",
    "{%s}",
    "%%(%s)s",
    "%%%s%%",
    "[[%s]]",
    "*{%s}",
    "@(%s)",
    "{{= %s }}",
    "{{{%s}}}",
    "{{#with %s}}{{/with}}",
    "{php}%s{/php}",
]
ASKED = [
    "31337*1000003",
    "settings.SECRET_KEY",
    "contact.__class__",
    "''.__class__.__mro__",
    "env.SECRET_KEY",
    "request.user",
    "self.__init__.__globals__",
    "config.items()",
    "0.__class__",
    "mautic.db_password",
    "event.__init__.__code__",
    "cycler",
]
PAYLOADS = [frame % asked for frame in FRAMES for asked in ASKED]
SLOW = PAYLOADS[:: max(1, len(PAYLOADS) // int(os.environ.get("INJECTION_PAYLOADS", "25")))]


def parsed(message):
    return email.message_from_bytes(message, policy=email.policy.default)


def bodies(message):
    return [parsed(message).get_body((kind,)).get_content() for kind in ("plain", "html")]


def is_harmless(settings, text):
    return not any(word in text for word in (PRODUCT, settings.SECRET_KEY, "<class", "<built-in", "postgres://"))


def test_there_are_two_hundred():
    assert len(set(PAYLOADS)) >= 200


def test_a_contacts_name_is_never_evaluated():
    campaign = make_mail(
        subject="{{ contact.first_name }}",
        blocks=[{"type": "text", "html": "<p>{{ contact.first_name }}</p>"}, {"type": "footer"}],
    )
    rows = [
        make_delivery(campaign=campaign, contact=make_contact(email=f"a{n}@example.com", first_name=payload))
        for n, payload in enumerate(PAYLOADS)
    ]
    for payload, made in zip(PAYLOADS, batch.messages(campaign, rows), strict=True):
        assert parsed(made.message)["subject"] == payload and payload in bodies(made.message)[0]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_senders_name_is_never_evaluated(payload):
    raw = b"From: " + mailbox(payload, "news@brand.example") + b"\r\n\r\n"
    assert parsed(raw)["from"].addresses[0].display_name == payload


def check(settings, payload, contact, **fields):
    """Refused with the place and a sentence, or made with nothing evaluated."""
    try:
        campaign = make_mail(**fields)
    except BadContent as bad:
        assert all(finding.where and finding.message for finding in bad.findings), payload
        return
    made = batch.messages(campaign, [make_delivery(campaign=campaign, contact=contact)])[0]
    if not made.error:
        told = [made.message.decode(), *bodies(made.message), str(parsed(made.message)["subject"])]
        assert all(is_harmless(settings, text) for text in told), payload


@pytest.mark.parametrize("place", ["subject", "html", "link"])
def test_what_is_written_into_a_mail_is_text_or_a_located_error(settings, place):
    contact = make_contact()
    for payload in SLOW:
        written = {"subject": "Hi", "html": "x", "link": "", place: payload}
        text = {"type": "text", "html": f"<p>{written['html']}</p>"}
        button = {"type": "button", "label": "Go", "link": "https://shop.example/" + written["link"]}
        check(settings, payload, contact, subject=written["subject"], blocks=[text, button, {"type": "footer"}])


def test_an_offers_words_are_text_or_a_located_error(settings):
    contact = make_contact()
    for payload in SLOW:
        offer = make_offer()
        offer.texts.update(title=payload[:80], body=payload, terms=payload)
        check(settings, payload, contact, blocks=[{"type": "offer", "offer": offer.pk}, {"type": "footer"}])
