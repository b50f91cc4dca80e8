"""QR codes: read back before they are handed out; cameras' pictures read or refused with a sentence."""

import io
import random

import pytest
from PIL import Image, ImageFilter

from campaigns.links import public
from campaigns.models import Link
from social import qr
from social.offers import codes
from social.offers.redemption import Who, claim, redeem
from tests.make import make_contact, make_offer, make_place


def test_the_printed_address_is_capitals_and_reads_back():
    text = qr.address("7K2M9PQRWX7K2M9PQRWX7K2M9P")

    assert text == text.upper() and text.startswith("HTTP")
    assert qr.read_photo(qr.png(text)) == [text]


def test_capitals_make_a_smaller_code_than_small_letters():
    token = codes.make(25)
    width = {
        text: Image.open(io.BytesIO(qr.png(text, box_size=1))).width
        for text in (qr.address(token), qr.claim_url(token).lower())
    }

    assert width[qr.address(token)] < width[qr.claim_url(token).lower()]


def test_the_quiet_zone_is_inside_the_file():
    picture = Image.open(io.BytesIO(qr.png("HTTPS://X.EXAMPLE/Q/1", box_size=1))).convert("L")
    side = picture.width

    for edge in range(4):
        assert {picture.getpixel((edge, y)) for y in range(side)} == {255}
        assert {picture.getpixel((x, side - 1 - edge)) for x in range(side)} == {255}


def test_the_svg_is_the_same_code_on_white():
    drawn = qr.svg("HTTPS://X.EXAMPLE/Q/1")

    assert drawn.startswith("<svg") and 'fill="#fff"' in drawn and "<path" in drawn and "<script" not in drawn


def test_a_text_too_long_is_refused_with_a_sentence():
    with pytest.raises(qr.QRTooLong, match="too long"):
        qr.png("x" * 3_000)


@pytest.mark.parametrize("quality", [25, 90])
def test_a_picture_turned_blurred_and_small_is_read(quality):
    text = qr.address("7K2M9PQRWX7K2M9PQRWX7K2M9P")
    code = Image.open(io.BytesIO(qr.png(text))).convert("RGB")
    scene = Image.new("RGB", (1_400, 1_000), (196, 180, 160))
    scene.paste(code.rotate(17, expand=True, fillcolor=(196, 180, 160)), (300, 200))
    out = io.BytesIO()
    scene.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=quality)

    assert qr.read_photo(out.getvalue()) == [text]


def test_a_picture_with_two_codes_gives_both():
    scene = Image.new("L", (1_000, 500), 255)
    for number, token in enumerate(("AAAA", "BBBB")):
        scene.paste(Image.open(io.BytesIO(qr.png(f"HTTPS://X.EXAMPLE/{token}"))).convert("L"), (number * 500, 50))
    out = io.BytesIO()
    scene.save(out, "PNG")

    assert len(qr.read_photo(out.getvalue())) == 2


def bomb():
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        random.Random(1).randbytes(5_000),
        b"x" * 12_000_001,
        bomb(),
    ],
    ids=["empty", "text", "cut", "noise", "large", "bomb"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data):
    with pytest.raises(qr.BadPhoto) as why:
        qr.read_photo(data)
    assert str(why.value).endswith(".")


def test_a_picture_without_a_code_gives_nothing():
    out = io.BytesIO()
    Image.new("L", (200, 200), 128).save(out, "PNG")

    assert qr.read_photo(out.getvalue()) == []


@pytest.mark.django_db
def test_a_claims_code_shows_the_voucher_and_a_used_one_says_so(client):
    hers = claim(make_offer(), make_contact(first_name="Ann"), via="mail")

    assert codes.display(hers.code.value) in client.get(f"/Q/{hers.token}").text
    assert codes.display(hers.code.value) in client.get(f"/q/{hers.token.lower()}").text
    redeem(hers.token, place=make_place(), who=Who("device:1"), key="1")
    assert "has been used" in client.get(f"/Q/{hers.token}").text


@pytest.mark.django_db
def test_a_posters_code_leads_where_the_marketer_said(client):
    link = public(Link.Kind.QR, target="https://brand.example/spring")

    assert client.get(f"/Q/{link.token}")["Location"] == "https://brand.example/spring"


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["A" * 26, "A" * 16, "f" * 32, "!", "7K2M9PQRWXG"])
def test_unknown_codes_get_the_same_plain_page(client, token):
    page = client.get(f"/q/{token}")

    assert page.status_code == 404 and not page.cookies
    assert "This page is not here" in page.text
