"""Tokens: what is signed is read, everything else is refused."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.tracking import tokens
from campaigns.tracking.tokens import Codec, Purpose, Token

OLD, NEW = (3, b"o" * 32), (4, b"n" * 32)
ids = st.integers(1, tokens.MAX_CAMPAIGN), st.integers(0, tokens.MAX_DELIVERY)


@given(*ids, st.sampled_from(Purpose))
def test_a_token_says_what_was_signed(campaign, delivery, purpose):
    token = tokens.make(purpose, campaign, delivery)
    assert len(token) == 32 and token == token.lower()
    assert tokens.read(token, purpose) == tokens.read(token.upper()) == Token(campaign, delivery, purpose)


def test_the_layout_is_the_documented_one():
    raw = bytes.fromhex(Codec([NEW]).make(Purpose.CLICK, 0x010203, 0x04050607))
    assert raw[:8].hex() == "42" + "010203" + "04050607" and len(raw) == 16


def test_every_bit_counts():
    token = tokens.make(Purpose.CLICK, 7, 42)
    for bit in range(128):
        assert tokens.read(f"{int(token, 16) ^ (1 << bit):032x}") is None


def test_mutated_and_invented_tokens_are_refused():
    codec, token = Codec([NEW]), Codec([NEW]).make(Purpose.OPEN, 7, 42)
    for _ in range(100_000):
        at = secrets.randbelow(32)
        mutant = token[:at] + secrets.choice("0123456789abcdef") + token[at + 1 :]
        assert codec.read(mutant) is None or mutant == token
        assert codec.read(secrets.token_hex(16)) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    assert tokens.read(text) is None


@pytest.mark.parametrize("cut", ["", "ab", " " * 32, "ab " * 10 + "ab", "٣" * 32, "g" * 32])
def test_cut_and_foreign_texts_are_refused(cut):
    assert tokens.read(cut) is None


def test_a_token_of_one_purpose_opens_no_other():
    for made in Purpose:
        token = tokens.make(made, 7, 42)
        assert [p for p in Purpose if tokens.read(token, p)] == [made]


def test_purposes_have_keys_of_their_own():
    macs = {Codec([NEW]).make(p, 7, 42)[16:] for p in Purpose}
    assert len(macs) == len(Purpose)


def test_a_rotated_key_keeps_old_tokens_valid():
    token = Codec([OLD]).make(Purpose.UNSUBSCRIBE, 7, 42)
    ring = Codec([NEW, OLD])
    assert ring.read(token) and ring.make(Purpose.OPEN, 1)[0] == "4"
    assert Codec([NEW]).read(token) is None


@pytest.mark.parametrize(("campaign", "delivery"), [(0, 1), (2**24, 1), (1, 2**32), (1, -1)])
def test_ids_that_do_not_fit_are_refused(campaign, delivery):
    with pytest.raises(ValueError, match="does not fit"):
        tokens.make(Purpose.OPEN, campaign, delivery)


def test_header_urls_stay_within_72_characters(settings):
    settings.TRACKING_URL = "https://" + "h" * 28
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.WEB, Purpose.PREFERENCES, Purpose.OFFER, Purpose.SHARE):
        assert len(tokens.url(purpose, tokens.make(purpose, tokens.MAX_CAMPAIGN, tokens.MAX_DELIVERY))) <= 72
    assert tokens.url(Purpose.CLICK, "t", 3).endswith("/c/t/3")


def test_public_tokens_are_typed_by_people():
    token = tokens.public_token(80)
    assert len(token) == 16 and len(tokens.public_token(128)) == 26
    typed = token.lower().replace("0", "o").replace("1", "l")
    assert tokens.normalise_public(f"{typed[:4]}-{typed[4:]}") == token
