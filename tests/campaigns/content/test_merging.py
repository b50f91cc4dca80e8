"""A compiled mail in a provider's merge language: Anymail's own payload builders say what each provider is told."""

import json

import pytest
from anymail.exceptions import AnymailUnsupportedFeature
from django.core.mail import EmailMultiAlternatives, get_connection

from campaigns.content import batch
from campaigns.content.merging import ALONE, LANGUAGES, merged
from tests.make import make_contact, make_delivery, make_mail

KEYS = {
    "amazon_ses": {},
    "brevo": {"api_key": "k"},
    "mailersend": {"api_token": "k"},
    "mailgun": {"api_key": "k", "sender_domain": "brand.example"},
    "mailjet": {"api_key": "k", "secret_key": "s"},
    "mailtrap": {"api_token": "k"},
    "mandrill": {"api_key": "k"},
    "postal": {"api_key": "k", "api_url": "https://postal.example"},
    "postmark": {"server_token": "k"},
    "resend": {"api_key": "k"},
    "scaleway": {"secret_key": "k", "project_id": "p"},
    "sendgrid": {"api_key": "k"},
    "sparkpost": {"api_key": "k"},
    "unisender_go": {"api_key": "k", "api_url": "https://u.example"},
}
BLOCKS = [{"type": "heading", "text": "Bonjour {{ contact.first_name }} & co"}, {"type": "footer"}]


def backend(esp):
    return get_connection(f"anymail.backends.{esp}.EmailBackend", **KEYS[esp])


def told(esp, message):
    """What Anymail would tell the provider: its payload as text."""
    made = backend(esp)
    payload = made.build_message_payload(message, made.send_defaults)
    asked = payload.get_request_params("https://esp.example/")
    return "\n".join(str(asked.get(name) or "") for name in ("json", "data", "files")).replace("\\", "")


def letters(n=2):
    campaign = make_mail(blocks=BLOCKS, subject="May, {{ contact.first_name }}")
    people = [make_contact(email=f"fan{k}@example.com", topic=campaign.topic, first_name=f"Zoe{k}") for k in range(n)]
    rows = [make_delivery(campaign=campaign, contact=person) for person in people]
    return [made.letter for made in batch.messages(campaign, rows)]


@pytest.mark.django_db
@pytest.mark.parametrize("esp", LANGUAGES)
def test_one_call_tells_a_provider_everybodys_own_way_out_and_values(esp):
    ann, dan = letters()
    message = merged([ann, dan], LANGUAGES[esp])

    said = told(esp, message)
    for letter in (ann, dan):
        assert said.count(letter.values["t_"]["unsubscribe"]) >= 2  # in the header and in the footer
        assert letter.person.first_name in said
    assert said.count("Bonjour") == 2  # text and HTML once for all
    assert "One-Click" in said and LANGUAGES[esp].field.format("ff0") in said


@pytest.mark.django_db
def test_a_mail_is_the_same_by_fields_as_on_the_wire():
    (letter,) = letters(1)
    message = merged([letter], LANGUAGES["mailgun"])

    text, own = message.body, message.merge_data["fan0@example.com"]
    for name, value in own.items():
        text = text.replace(f"%recipient.{name}%", value)
    assert text == letter.mail.plain(letter.values) and "Zoe0" in text
    assert message.alternatives[0][0].count("%recipient.") >= 2
    assert message.from_email == "Maison <news@mail.brand.example>"


def message_with_fields():
    message = EmailMultiAlternatives("May", "Hello {{ff0}}", "a@brand.example", ["ann@example.com", "dan@example.com"])
    message.merge_data = {"ann@example.com": {"ff0": "own-of-ann"}, "dan@example.com": {"ff0": "own-of-dan"}}
    message.merge_headers = {
        name: {"List-Unsubscribe": f"<https://x.example/{name}>", "List-Id": "fans.brand.example"}
        for name in message.merge_data
    }
    return message


def test_every_provider_of_anymail_is_in_one_of_the_two_tables():
    assert set(LANGUAGES) | set(ALONE) == set(KEYS) and not set(LANGUAGES) & set(ALONE)


@pytest.mark.parametrize("esp", ["mailersend", "mandrill", "postal", "resend", "scaleway", "unisender_go"])
def test_a_provider_that_cannot_take_own_headers_or_fields_says_so_itself(esp):
    with pytest.raises(AnymailUnsupportedFeature):
        told(esp, message_with_fields())


def test_postmark_takes_fields_only_with_a_stored_template_and_says_so():
    with pytest.raises(AnymailUnsupportedFeature, match="merge_data without template_id"):
        told("postmark", message_with_fields())


@pytest.mark.parametrize(
    ("esp", "each", "text", "fields"),
    [
        ("mailtrap", "requests", ("base", "text"), "template_variables"),
        ("brevo", "messageVersions", ("textContent",), "params"),
    ],
)
def test_values_reach_only_what_a_stored_template_would_read(esp, each, text, fields):
    said = json.loads(told(esp, message_with_fields()))
    words = said
    for name in text:
        words = words[name]

    assert words == "Hello {{ff0}}" and not said.get("template_uuid") and not said.get("templateId")
    assert [one[fields] for one in said[each]] == [{"ff0": "own-of-ann"}, {"ff0": "own-of-dan"}]
    assert [one["headers"]["List-Unsubscribe"] for one in said[each]] == [
        "<https://x.example/ann@example.com>",
        "<https://x.example/dan@example.com>",
    ]
    assert "own-of" not in json.dumps([one for name, one in said.items() if name != each])
