"""What goes over the wire: quoted-printable, RFC 2047, ASCII addresses."""

import email
import email.policy
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.content.quoted import Unsendable, ascii_address, encoded_words, header, mailbox, quoted

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=300)


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXT, max_size=5))
def test_runs_and_slots_join_in_any_order_and_decode_to_the_text(parts):
    wire = b"".join(quoted(part) for part in parts)

    assert quopri.decodestring(wire).decode().replace("\r\n", "\n") == "".join(parts)
    for line in wire.split(b"\r\n"):
        assert len(line) <= 78 and not line.startswith((b".", b"From ")) and b"\n" not in line and b"\r" not in line
        assert line.isascii()


@pytest.mark.parametrize("text", ["\x00", "a\x0bb", "\x0c", "\x1b[0m", "\x7f", "\ud800"])
def test_control_characters_and_half_characters_are_refused(text):
    with pytest.raises(Unsendable):
        quoted(text)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200))
def test_a_header_decodes_to_its_value_and_never_breaks_a_line(value):
    raw = header("Subject", value)

    assert all(len(line) <= 78 or b" " not in line for line in raw.split(b"\r\n"))
    assert raw.endswith(b"\r\n") and b"\n" not in raw.replace(b"\r\n", b"") and raw.isascii()
    parsed = email.message_from_bytes(raw + b"\r\n", policy=email.policy.default)
    assert len(parsed.keys()) == 1
    assert " ".join(parsed["Subject"].split()) == " ".join(value.split())


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "\x00", "a\x85b", "a\u2028b", "\x7f"])
def test_line_breaks_of_every_kind_are_refused_in_headers(value):
    with pytest.raises(Unsendable):
        header("Subject", value)


def test_encoded_words_stand_on_lines_of_their_own():
    words = encoded_words("é" * 100)

    assert len(words) > 1 and all(len(word) <= 75 for word in words)
    assert b"?==?" not in header("Subject", "é" * 100)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Maison", b"Maison <news@x.example>"),
        ("Smith, Jr", b'"Smith, Jr" <news@x.example>'),
        ('The "best"', b'"The \\"best\\"" <news@x.example>'),
        ("", b"<news@x.example>"),
    ],
)
def test_a_mailbox_quotes_its_name(name, expected):
    assert mailbox(name, "news@x.example") == expected


def test_a_mailbox_encodes_a_french_name():
    parsed = email.message_from_bytes(
        b"From: " + mailbox("Brûlerie du Port", "a@x.example") + b"\r\n\r\n", policy=email.policy.default
    )

    assert parsed["From"].addresses[0].display_name == "Brûlerie du Port"


def test_a_domain_goes_out_in_ascii():
    assert ascii_address("ann@exämple.example") == "ann@xn--exmple-cua.example"


@pytest.mark.parametrize(
    "address",
    ["jlópez@example.mx", "a b@x.example", "@x.example", "x", "a@", "a@x..y", "<a>@x.example", "a" * 65 + "@x.example"],
)
def test_what_few_servers_accept_is_refused(address):
    with pytest.raises(Unsendable):
        ascii_address(address)
