"""A batch evaluated by the column gives the very bytes that one mail after the other gives."""

import pytest

from campaigns.content import batch, mime
from campaigns.content.columns import Column, Pieces
from campaigns.content.evaluate import WIRE_HTML, WIRE_TEXT
from tests.make import make_attribute, make_contact, make_delivery, make_mail

NAMES = [
    "Ann",
    "",
    "Zoé",
    "O'Neill <b>",
    ".dot",
    "From here",
    "a=b",
    "x|y",
    "F" * 80,
    "François",
    "{{ contact.email }}",
]
BLOCKS = [
    {"type": "heading", "text": "Hi {{ contact.first_name | default: 'you' }} {{ contact.last_name }}"},
    {
        "type": "text",
        "html": "<p>{{ contact.attributes.x }} {{ contact.attributes.x | upcase }} {{ brand.name }}</p>"
        "{% if contact.language == 'fr' %}<p>{{ contact.first_name }}</p>{% endif %}"
        "{% for item in contact.attributes.beans %}{{ item }},{% endfor %}<p><a href='https://shop.example/'>go</a></p>",
    },
    {"type": "footer"},
]


def queue(names, **attributes):
    for name in ("x", "beans"):
        make_attribute(name=name)
    campaign = make_mail(blocks=BLOCKS, subject="{{ contact.first_name }}, look")
    rows = []
    for k, name in enumerate(names):
        own = {"x": [k, "a", None, 1.5, True][k % 5], "beans": ["b"] * (k % 3), **attributes}
        language = ("fr", "en")[k % 2]
        person = make_contact(
            email=f"p{k}@example.com", topic=campaign.topic, first_name=name, language=language, attributes=own
        )
        consents = {"tracks_opens": k % 2 == 0, "tracks_clicks": k % 3 == 0}
        rows.append(make_delivery(campaign=campaign, contact=person, **consents))
    return campaign, rows


@pytest.mark.django_db
def test_a_batch_gives_the_bytes_of_its_mails_made_one_by_one(monkeypatch):
    monkeypatch.setattr(mime.time, "time", lambda: 1_800_000_000)
    campaign, rows = queue(NAMES)

    made = batch.messages(campaign, rows)

    assert [each.error for each in made] == [""] * len(NAMES)
    for each in made:
        assert each.message == mime.message(each.letter.mail, each.letter.person, each.letter.values)
        assert b"\n." not in each.message and b"\nFrom " not in each.message
    assert len({each.message for each in made}) == len(NAMES)


@pytest.mark.django_db
def test_one_persons_bad_value_costs_only_her_own_mail():
    campaign, rows = queue(["Ann", "Ben\x07", "Cara"])

    made = batch.messages(campaign, rows)

    assert [bool(each.error) for each in made] == [False, True, False]
    assert b"Cara" in made[2].message and made[1].message == b""


@pytest.mark.parametrize("texts", [[name] for name in NAMES] + [["Ann", "Dan"], ["Ann", "Zoé"], ["a", "b|c"], NAMES])
@pytest.mark.parametrize("encoder", [WIRE_HTML, WIRE_TEXT])
def test_a_column_of_texts_is_encoded_like_each_text(encoder, texts):
    assert list(encoder.column(Column(texts))) == [encoder.value(text) for text in texts]


def test_what_is_neither_all_text_nor_all_numbers_is_not_encoded_by_the_column():
    assert WIRE_TEXT.column(Column([1, 20])) == [b"1=\r\n", b"20=\r\n"]
    assert WIRE_TEXT.column(Column([1, "a"])) is None and WIRE_TEXT.column(Column([True])) is None


def test_what_is_remembered_of_texts_has_an_end():
    pieces = Pieces(str.encode, most=3)

    assert [pieces[text] for text in "abcd"] == [b"a", b"b", b"c", b"d"] and len(pieces) == 1
